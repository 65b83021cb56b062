import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { pipeline, type Readable, type Writable } from "node:stream";

/** How many last lines of output a `RunError` keeps. */
const TAIL_LINES = 40;

/** Milliseconds that running commands get to end by themselves when the kit is interrupted. */
const GRACE_MS = 20_000;

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the kit's own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string;
  /** Its standard input, instead of `input`: what it does not read is given up. */
  readonly stdin?: Readable;
  /** Takes its standard output, bytes as they are, and is ended with it; it is then no part of the result, nor read by line. */
  readonly stdout?: Writable;
  /** Called with each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds after which it is killed. @default no limit */
  readonly timeoutMs?: number;
  /** What its process group gets when the kit is interrupted. @default "SIGTERM" */
  readonly interruptSignal?: NodeJS.Signals;
  /** Asks it to end, as an interruption of the kit would; it then fails. */
  readonly signal?: AbortSignal;
}

/** A command that could not be started, failed, or took too long. */
export class RunError extends Error {
  override readonly name = "RunError";

  constructor(
    readonly command: string,
    /** Undefined when it never started, or was killed. */
    readonly exitCode: number | undefined,
    /** The last lines of both outputs. */
    readonly tail: readonly string[],
    readonly reason: string,
  ) {
    super([`${command}: ${reason}`, ...tail.map((line) => `  | ${line}`)].join("\n"));
  }
}

/**
 * Runs a command to its end. Its process group dies with the kit, however that ends: nothing keeps on working behind an
 * interrupted run.
 *
 * @throws RunError
 */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  // Before there is a command that an interrupted kit could leave behind.
  watchSignals();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      // A group of its own, so that a signal reaches what the command has started too.
      detached: true,
      stdio: [options.input === undefined && options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    // The arguments are left out: they may be long, and tell a reader little more.
    const name = [command, ...args.slice(0, 2)].join(" ");
    const tail: string[] = [];
    let reason: string | undefined;
    const onLine = (line: string) => {
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      options.onLine?.(line);
    };
    const stdout = collect(options.stdout ? null : child.stdout, onLine);
    // Its exit code says whether something was wrong; who reads or writes there hears of it, too.
    if (options.stdout && child.stdout) pipeline(child.stdout, options.stdout, () => {});
    const stderr = collect(child.stderr, onLine);
    const forget = remember(child, options.interruptSignal ?? "SIGTERM");
    const abort = () => kill(child, options.interruptSignal ?? "SIGTERM");
    options.signal?.addEventListener("abort", abort);
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            reason = `took longer than ${(options.timeoutMs as number) / 1000} s`;
            kill(child, "SIGKILL");
          }, options.timeoutMs);

    // A command may close its input before it has read it all; its exit code says whether that was wrong.
    child.stdin?.on("error", () => {});
    if (options.stdin && child.stdin) {
      const { stdin } = options;
      pipeline(stdin, child.stdin, (error) => {
        if (error && !isClosedInput(error)) {
          reason ??= error.message;
          kill(child, "SIGKILL");
        }
      });
    } else child.stdin?.end(options.input);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      forget();
      reject(
        new RunError(name, undefined, tail, error.code === "ENOENT" ? "command not found" : error.message),
      );
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
      forget();
      // Nobody waits for the result any more: the kit ends when its last command has.
      if (interrupted) return;
      if (code === 0 && reason === undefined) resolve({ stdout: stdout(), stderr: stderr() });
      else reject(new RunError(name, code ?? undefined, tail, reason ?? ended(code, signal)));
    });
  });
}

/** Whether a command has read no further: its exit code says whether that was wrong. */
function isClosedInput({ code = "" }: NodeJS.ErrnoException): boolean {
  return ["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"].includes(code);
}

function ended(code: number | null, signal: NodeJS.Signals | null): string {
  return code === null ? `ended by ${signal}` : `failed with exit code ${code}`;
}

function collect(stream: Readable | null, onLine: (line: string) => void): () => string {
  if (!stream) return () => "";
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
  return () => Buffer.concat(chunks).toString("utf8");
}

const running = new Map<ChildProcess, NodeJS.Signals>();
let watching = false;
let interrupted = false;

function remember(child: ChildProcess, interruptSignal: NodeJS.Signals): () => void {
  running.set(child, interruptSignal);
  tellReaper("+", child);
  return () => {
    running.delete(child);
    tellReaper("-", child);
  };
}

/** Reads which process groups come and go; kills what is left when the kit, which holds the other end, is gone. */
const reaperScript = `groups=" "
while read -r change group; do
  case $change in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -KILL "-$group"; done`;

let reaper: ChildProcess | undefined;

/** A kit that is killed by SIGKILL cannot end its commands itself. */
function startReaper(): void {
  // A group of its own: Ctrl-C in the terminal is for the kit.
  reaper = spawn("sh", ["-c", reaperScript], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  // Without it the kit works as well.
  reaper.on("error", () => {});
  reaper.stdin?.on("error", () => {});
  reaper.unref();
  (reaper.stdin as Socket | null)?.unref();
}

function tellReaper(change: "+" | "-", { pid }: ChildProcess): void {
  if (pid !== undefined) reaper?.stdin?.write(`${change} ${pid}\n`);
}

function watchSignals(): void {
  if (watching) return;
  watching = true;
  startReaper();
  // Covers process.exit() and uncaught errors.
  process.on("exit", () => killAll());
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(signal, () => interrupt(signal, exitCode));
  }
}

/** Asks every command to end, and ends the kit after them; at once when asked twice. */
function interrupt(signal: NodeJS.Signals, exitCode: number): void {
  // Its terminal is gone with SIGHUP.
  const tell = (text: string) => signal !== "SIGHUP" && process.stderr.write(`${signal}: ${text}\n`);
  const end = () => {
    tell("ended; the same command again goes on from here");
    process.exit(exitCode);
  };
  if (interrupted || running.size === 0) end();
  interrupted = true;
  tell(`waits up to ${GRACE_MS / 1000} s until what runs has ended; again ends it at once`);
  askAll();
  const deadline = Date.now() + GRACE_MS;
  setInterval(() => {
    if (running.size === 0 || Date.now() > deadline) end();
  }, 50);
}

function askAll(): void {
  for (const [child, signal] of running) kill(child, signal);
}

function killAll(): void {
  for (const child of running.keys()) kill(child, "SIGKILL");
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}
