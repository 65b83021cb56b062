import { reasonOf } from "../../kit/errors";
import { type Slots, slotsFor } from "../../kit/slots";
import type { Service } from "../../platform/model/addresses";

/** How one step of a smoke test went. */
export interface StepResult {
  /** Stable, for programs: `imap.oauthbearer`. */
  readonly id: string;
  readonly title: string;
  /** False also for a step that could not run because one it needs failed. */
  readonly ok: boolean;
  /** Why the step did not run. With `ok` it was left out on purpose. */
  readonly skipped?: string;
  /** Milliseconds. */
  readonly ms: number;
  /** What was seen, in a few words. */
  readonly detail?: string;
  readonly error?: string;
  /** Of a failed step: whose log holds the explanation. */
  readonly service?: Service;
  /** Of a failed step: that service's log lines. */
  readonly log?: readonly string[];
}

/** A step that others can need; its value is theirs. */
export interface Step<T> {
  readonly id: string;
  readonly title: string;
  readonly outcome: Promise<Outcome<T>>;
}

type Outcome<T> = { kind: "done"; value: T } | { kind: "failed" } | { kind: "skipped"; why: string };

type Needs = Readonly<Record<string, Step<unknown>>>;
type Values<N extends Needs> = { [K in keyof N]: N[K] extends Step<infer T> ? T : never };

export interface StepOptions<N extends Needs> {
  readonly id: string;
  readonly title: string;
  /** Whose logs may explain a failure, the likeliest first. */
  readonly services: readonly [Service, ...Service[]];
  /** Steps whose values it uses; it does not run when one of them failed. */
  readonly needs?: N;
  /** Steps that must have ended, well or not. */
  readonly after?: readonly Step<unknown>[];
  /** Why it is left out on purpose. */
  readonly skip?: string | undefined;
}

/** Finds the log lines that explain a failure since a time; nothing where no log can be read. */
export type Explain = (
  services: readonly [Service, ...Service[]],
  since: Date,
) => Promise<Pick<StepResult, "service" | "log">>;

export interface PlanRunOptions {
  /** Called once a step, in the order in which the steps were added, as soon as that order allows. */
  readonly onStep?: ((result: StepResult) => void) | undefined;
  readonly explain: Explain;
  /** Steps running at the same time. @default 4 */
  readonly concurrency?: number;
  /** Milliseconds after which a step has failed. @default 30000 */
  readonly stepTimeout?: number;
}

/** An ordered list of steps; those that do not wait for each other run at the same time. */
export interface Plan {
  /** Those added so far. */
  readonly steps: readonly Step<unknown>[];
  step<T, N extends Needs = Record<never, never>>(
    options: StepOptions<N>,
    work: (values: Values<N>, say: (detail: string) => void) => Promise<T>,
  ): Step<T>;
  run(options: PlanRunOptions): Promise<StepResult[]>;
}

export function createPlan(): Plan {
  const steps: Step<unknown>[] = [];
  const starts: ((running: Running) => Promise<StepResult>)[] = [];

  return {
    steps,
    step(options, work) {
      const { id, title, services } = options;
      let settle: (outcome: Outcome<Awaited<ReturnType<typeof work>>>) => void = () => {};
      const outcome = new Promise<Outcome<Awaited<ReturnType<typeof work>>>>((resolve) => {
        settle = resolve;
      });
      starts.push(async ({ slot, stepTimeout, explain }) => {
        const leaveOut = (why: string): StepResult => {
          settle({ kind: "skipped", why });
          return { id, title, ok: true, skipped: why, ms: 0 };
        };
        if (options.skip) return leaveOut(options.skip);

        await Promise.all((options.after ?? []).map((step) => step.outcome));
        const values: Record<string, unknown> = {};
        for (const [name, step] of Object.entries(options.needs ?? {})) {
          const needed = await step.outcome;
          if (needed.kind === "skipped") return leaveOut(needed.why);
          if (needed.kind === "failed") {
            settle({ kind: "failed" });
            return { id, title, ok: false, skipped: `not run: needs "${step.title}"`, ms: 0 };
          }
          values[name] = needed.value;
        }

        return slot(async () => {
          const since = new Date();
          const start = performance.now();
          let detail: string | undefined;
          const elapsed = () => Math.round(performance.now() - start);
          try {
            const value = await withDeadline(
              stepTimeout,
              work(values as never, (text) => {
                detail = text;
              }),
            );
            settle({ kind: "done", value: value as never });
            return { id, title, ok: true, ms: elapsed(), ...(detail && { detail }) };
          } catch (error) {
            const ms = elapsed();
            settle({ kind: "failed" });
            return { id, title, ok: false, ms, error: reasonOf(error), ...(await explain(services, since)) };
          }
        });
      });
      const step = { id, title, outcome };
      steps.push(step);
      return step;
    },

    async run({ onStep, explain, concurrency = 4, stepTimeout = 30_000 }) {
      const slot = slotsFor(concurrency);
      const running = starts.map((start) => start({ slot, stepTimeout, explain }));
      const results: StepResult[] = [];
      for (const step of running) {
        const result = await step;
        results.push(result);
        onStep?.(result);
      }
      return results;
    },
  };
}

interface Running {
  readonly slot: Slots;
  readonly stepTimeout: number;
  readonly explain: Explain;
}

async function withDeadline<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
