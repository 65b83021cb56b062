import { PassThrough } from "node:stream";
import { ExitCode, KitError } from "../../kit/errors";
import { RunError, run } from "../../kit/run";
import { ByteReader } from "../backup/archive/byte-reader";
import { type LogLine, levelOf } from "./log-line";

export interface LogOptions {
  /** Only what is as young, in milliseconds since 1970. @default all */
  readonly since?: number;
  /** Whether it goes on with what is written from now on. @default false */
  readonly follow?: boolean;
  /** Only so many last lines. @default all */
  readonly tail?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Bytes of a line; a longer one becomes several. */
const longest = 64 * 1024;

/**
 * What a container has written, line by line as it is read: a line that says no level has that of the one before.
 *
 * @throws KitError at its end when the engine does not give it all; that the container is removed meanwhile is none
 */
export async function* containerLog(
  { id, service }: { readonly id: string; readonly service: string },
  { since, follow, tail, signal }: LogOptions = {},
): AsyncGenerator<LogLine> {
  const args = [
    ...["logs", "--timestamps"],
    ...(since === undefined ? [] : ["--since", new Date(since).toISOString()]),
    ...(follow ? ["--follow"] : []),
    ...(tail === undefined ? [] : ["--tail", String(tail)]),
    id,
  ];
  const stdout = new PassThrough();
  // One stream of both outputs keeps their order.
  const done = run("sh", ["-c", 'exec docker "$@" 2>&1', "sh", ...args], {
    stdout,
    ...(signal && { signal }),
  });
  done.catch(() => stdout.end());
  const reader = new ByteReader(stdout);
  const complaints: string[] = [];
  let time = "";
  let level: LogLine["level"];
  let isWhole = true;
  while (!(await reader.isAtEnd())) {
    const bytes = (await reader.readLine(longest)).toString("utf8");
    const line = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)/s.exec(bytes);
    const begins = isWhole && line !== null;
    isWhole = bytes.endsWith("\n");
    if (begins) time = line[1] as string;
    // What the engine itself says has no time.
    else if (complaints.length > 0 || time === "" || bytes.startsWith("Error ")) {
      complaints.push(bytes.trimEnd());
      continue;
    }
    const text = readable(begins ? (line[2] as string) : bytes);
    level = (begins ? levelOf(text) : undefined) ?? level;
    yield { time, service, ...(level && { level }), text };
  }
  try {
    await done;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (signal?.aborted || /No such container|marked for removal/i.test(complaints.join())) return;
    throw new KitError(
      `the log of ${service} cannot be read`,
      [{ where: "docker logs", what: error.reason, lines: complaints.slice(-10) }],
      { exitCode: ExitCode.machine, cause: error },
    );
  }
}

/** Without colours, line ends and whatever else would change a terminal. */
function readable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it removes
  return text.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").replace(/[\x00-\x08\x0a-\x1f\x7f]/g, "");
}
