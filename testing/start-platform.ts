import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Outputs } from "../config/outputs";
import { ExitCode, KitError, type Problem } from "../kit/errors";
import { packageRoot } from "../kit/package-root";
import { connectPlatform, type Platform, platformVariable } from "./platform";

export interface StartPlatformOptions {
  /** Environment: a file of `environments/`, without .yaml, or the path of one. @default KIT_ENV, else as `up` chooses */
  readonly environment?: string;
  /** What it is called on the engine. @default a new name, so that several are up at once */
  readonly name?: string;
  /** How long it is wanted: `prune` removes it then, should nothing else have. @default "2h" */
  readonly ttl?: string;
  /** What `list` and `prune` find it by. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether the smoke test runs before. @default false */
  readonly smoke?: boolean;
  /** Folder of the project: that of `environments/`, and of `.kit/`. @default the working directory */
  readonly directory?: string;
  /** Takes a line for each step of bringing it up. @default standard error has it */
  readonly log?: (line: string) => void;
}

/** A platform that was started for tests. */
export interface StartedPlatform extends Platform {
  /** Removes it, with its mail and secrets. @throws KitError when that fails */
  stop(): Promise<void>;
}

/** Of `--json`. */
interface KitEvent {
  readonly event: string;
  readonly title?: string;
  readonly outputs?: Outputs;
  readonly error?: string;
  readonly exitCode?: ExitCode;
  readonly problems?: readonly Problem[];
  readonly stderr?: string;
}

/**
 * Brings a platform up, with ports and host names of its own: some 20 seconds on images that are there and two idle cores. It is removed by `stop()`,
 * else when this process is gone, whatever ended it; where the machine went down, by `prune` after `ttl`.
 *
 * @throws KitError with what `up` says; nothing is left then
 */
export async function startPlatform(options: StartPlatformOptions = {}): Promise<StartedPlatform> {
  const { environment, ttl = "2h", labels = {}, smoke = false, directory = process.cwd() } = options;
  const { name = `test-${randomBytes(4).toString("hex")}`, log = toStandardError } = options;
  const which = ["--json", ...(environment === undefined ? [] : ["--env", environment]), "--name", name];
  const label = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const up = [...which, "up", "--ports", "auto", "--ttl", ttl, ...label, ...(smoke ? [] : ["--no-smoke"])];
  // Whoever names it may want what is in it to last; a made-up name nobody finds again.
  const down = ["down", ...(options.name === undefined ? ["--delete-data", name] : [])];
  const keeper = keep(directory, { first: [up, [...which, "outputs"]], last: [...which, ...down] }, log);
  const stop = async () => {
    const failure = await keeper.end();
    if (failure) throw failure;
  };
  try {
    const outputs = await keeper.begun;
    log(`${name}: up`);
    return { ...connectPlatform(outputs), stop };
  } catch (error) {
    await keeper.end();
    throw error;
  }
}

/**
 * The global set-up of Vitest or Jest: `export default globalPlatform({ … })`. It starts a platform that all tests share, by
 * `connectPlatform()`. Vitest removes it by the function that it returns; Jest by a `globalTeardown` that is
 * `stopGlobalPlatform`. Where variable JAMES_OIDC_KIT_PLATFORM tells a platform already, that one is used, and left.
 */
export function globalPlatform(options: StartPlatformOptions = {}): () => Promise<() => Promise<void>> {
  return async () => {
    if (process.env[platformVariable]) return async () => {};
    const { outputs, stop } = await startPlatform(options);
    process.env[platformVariable] = JSON.stringify(outputs);
    shared.stop = stop;
    return stopGlobalPlatform;
  };
}

/** Removes what `globalPlatform` has started, if it has. */
export async function stopGlobalPlatform(): Promise<void> {
  const { stop } = shared;
  if (!stop) return;
  delete shared.stop;
  delete process.env[platformVariable];
  await stop();
}

/** Of this process: set-up and teardown of Jest are different files. */
const shared: { stop?: () => Promise<void> } = {};

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Runs commands of the kit by a process that outlives this one, for as long as is needed to take back what they did. */
function keep(
  directory: string,
  work: { readonly first: readonly string[][]; readonly last: readonly string[] },
  log: (line: string) => void,
) {
  const dist = join(packageRoot, "dist");
  const program = [process.execPath, join(dist, "cli/main.js")];
  const child = spawn(
    process.execPath,
    [join(dist, "testing/keeper.js"), JSON.stringify({ program, ...work })],
    { cwd: directory, detached: true, stdio: ["pipe", "pipe", "ignore"] },
  );
  let outputs: Outputs | undefined;
  let failure: KitEvent | undefined;
  let resolveBegun: (ended: KitEvent) => void;
  const ended = new Promise<KitEvent>((resolve) => {
    resolveBegun = resolve;
  });
  child.once("error", ({ message }) =>
    resolveBegun({ event: "kept", exitCode: ExitCode.unexpected, stderr: message }),
  );
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => {
      resolveBegun({ event: "kept", exitCode: ExitCode.unexpected, stderr: "its process was ended" });
      resolve();
    });
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event: KitEvent = JSON.parse(line);
    if (event.event === "start") log(`… ${event.title}`);
    if (event.event === "result" && event.outputs) outputs = event.outputs;
    if (event.event === "error") failure = event;
    if (event.event === "kept") {
      if (event.exitCode !== 0) failure ??= event;
      resolveBegun(event);
    }
  });
  const asError = ({ error, problems, exitCode = ExitCode.unexpected, stderr }: KitEvent) =>
    new KitError(
      error ?? "the kit ended without a word",
      problems ?? [{ what: `its exit code is ${exitCode}`, lines: (stderr ?? "").split("\n") }],
      { exitCode },
    );
  // While nobody waits for it, it keeps no process from ending.
  const unref = () => {
    child.unref();
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  };
  return {
    begun: ended.then((event) => {
      if (event.exitCode !== 0 || !outputs) throw asError(failure ?? event);
      unref();
      return outputs;
    }),
    async end(): Promise<KitError | undefined> {
      failure = undefined;
      child.ref();
      (child.stdout as unknown as { ref(): void }).ref();
      child.stdin.end();
      await closed;
      return failure && asError(failure);
    },
  };
}
