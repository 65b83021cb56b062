import { jsonProgress } from "./progress-json";
import { lineProgress } from "./progress-lines";
import { liveProgress } from "./progress-live";
import {
  formatSeconds,
  oneLine,
  type ProgressStream,
  type ProgressView,
  type RunningStep,
  type Timing,
} from "./progress-view";

export { formatSeconds, type ProgressStream, type Timing } from "./progress-view";

/** Tells a person or a program what is being done. Steps may run at the same time. */
export interface Progress {
  /**
   * Runs `work` as a step with a time.
   *
   * @param title what is done, in the imperative: "build image redis"
   * @param work may call `detail` as often as it likes with what it does right now: the last line of a build's output
   */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** A step that needs no work. `why` says so: "uses the engine that runs, 20.10.24". */
  done(title: string, why: string): void;
  /** Something a person should know that is neither a step nor an error. */
  note(text: string): void;
  /** Every step that has ended, in order of its start. */
  timings(): readonly Timing[];
}

export interface ProgressOptions {
  /** One JSON object a line on standard output, and nothing else. @default false */
  readonly json?: boolean;
  /** Where it is written. @default process.stdout */
  readonly stream?: ProgressStream;
}

/** JSON where asked for, a live display on a terminal, plain lines elsewhere (a pipe, CI, `TERM=dumb`). */
export function createProgress(options: ProgressOptions = {}): Progress {
  const stream = options.stream ?? process.stdout;
  // A reader that has gone (`up | head`) must not end a deployment half-way.
  if (!process.stdout.listeners("error").includes(ignore)) process.stdout.on("error", ignore);
  if (options.json) return stepEvents(jsonProgress(stream));
  const live = stream.isTTY === true && process.env.TERM !== "dumb" && !process.env.CI;
  return stepEvents(live ? liveProgress(stream) : lineProgress(stream));
}

/** Says nothing, still keeps the times: for tests and for library users. */
export function silentProgress(): Progress {
  return stepEvents({ started: ignore, detail: ignore, ended: ignore, done: ignore, note: ignore });
}

function ignore(): void {}

function stepEvents(view: ProgressView): Progress {
  const timings: (Timing | undefined)[] = [];
  return {
    async step(title, work) {
      const step: RunningStep = { id: timings.length, title, startedAt: Date.now(), detail: "" };
      timings.push(undefined);
      view.started(step);
      const start = performance.now();
      const end = (ok: boolean, error?: unknown) => {
        const timing = { title, seconds: (performance.now() - start) / 1000, ok };
        timings[step.id] = timing;
        view.ended(step, timing, error);
      };
      try {
        const result = await work((text) => {
          step.detail = oneLine(text);
          view.detail(step);
        });
        end(true);
        return result;
      } catch (error) {
        end(false, error);
        throw error;
      }
    },
    done: (title, why) => view.done(title, why),
    note: (text) => view.note(text),
    timings: () => timings.filter((timing) => timing !== undefined),
  };
}

/** "Where the time went": the steps that took longer than half a second, longest first, as lines. */
export function summarizeTimings(timings: readonly Timing[]): string[] {
  return timings
    .filter((timing) => timing.seconds >= 0.5)
    .sort((a, b) => b.seconds - a.seconds)
    .map((timing) => `${formatSeconds(timing.seconds).padStart(10)}  ${timing.title}`);
}
