import { RunError, run } from "../kit/run";
import type { Service } from "../platform/model/addresses";
import type { Redact } from "./redact";
import type { Explain } from "./steps/plan";
import type { SmokeTarget } from "./steps/target";

type Found = Required<Awaited<ReturnType<Explain>>>;

/** Lines that are told of a service's log. */
const MAX_LINES = 15;

/**
 * Asks the engine for the logs of a target's containers. A container that does not run explains most; then the first
 * service whose log tells of trouble since the step began; then the first that tells of the user. Services that are somebody
 * else's tell nothing.
 */
export function explainFromLogs(target: SmokeTarget, redact: Redact): Explain {
  const words = target.user ? [target.user.username, target.user.mail] : [];
  const containersOf = (services: readonly Service[]) =>
    services.flatMap((service) => {
      const container = target.containers[service];
      return container === undefined ? [] : [{ service, container }];
    });
  return async (services, since) => {
    const containers = containersOf(services);
    const [first] = containers;
    if (!first) return {};
    for (const { service, container } of containers) {
      const log = await endOfStopped(container);
      if (log) return { service, log: log.map(redact) };
    }
    const logs: Found[] = [];
    for (const { service, container } of containers) {
      const found = pickLines(await readLog(container, since), words);
      if (found.trouble) return { service, log: found.lines.map(redact) };
      if (found.lines.length > 0) logs.push({ service, log: found.lines.map(redact) });
    }
    if (logs[0]) return logs[0];
    return { service: first.service, log: [] };
  };
}

/**
 * The last 15 lines of a log that report trouble (a warning or worse, an exception, an HTTP status from 400) or name one
 * of the given words, without the frames of stack traces.
 */
export function pickLines(log: string, words: readonly string[]): { lines: string[]; trouble: boolean } {
  const bad = /warn|error|severe|fatal|crit|alert|emerg|exception|caused by|denied|" [45]\d\d /i;
  // Keycloak says it at the first login of every plain-http platform.
  const usual = /Non-secure context detected/;
  const isTrouble = (line: string) => bad.test(line) && !usual.test(line);
  const lines = linesOf(log)
    .filter((line) => !/^\s+at /.test(line))
    .filter((line) => isTrouble(line) || words.some((word) => line.includes(word)))
    .slice(-MAX_LINES);
  return { lines, trouble: lines.some(isTrouble) };
}

/** State and last lines of a container that does not run; undefined for one that does. */
async function endOfStopped(container: string): Promise<string[] | undefined> {
  const state = await engineSays(
    "inspect",
    "--format",
    "{{.State.Status}}, exit code {{.State.ExitCode}}",
    container,
  );
  if (state.failed) return [state.failed];
  if (state.output.startsWith("running")) return undefined;
  const log = await engineSays("logs", "--tail", `${MAX_LINES - 1}`, container);
  return [
    `container ${container} is not running: ${state.output.trim()}`,
    ...linesOf(log.failed ?? log.output),
  ];
}

async function readLog(container: string, since: Date): Promise<string> {
  // A little earlier: the engine's stamps and ours are not taken at the same moment.
  const from = new Date(since.getTime() - 200).toISOString();
  const log = await engineSays("logs", "--since", from, "--tail", "2000", container);
  return log.failed ?? log.output;
}

/** Standard output and error together, as containers use either for their logs. */
async function engineSays(...args: string[]): Promise<{ output: string; failed?: string }> {
  try {
    const { stdout, stderr } = await run("docker", args, { timeoutMs: 10_000 });
    return { output: stdout + stderr };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { output: "", failed: error.tail.at(-1) ?? error.reason };
  }
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}
