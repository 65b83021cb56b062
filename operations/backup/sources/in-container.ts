import { PassThrough, Readable } from "node:stream";
import { ExitCode, KitError } from "../../../kit/errors";
import { RunError, run } from "../../../kit/run";

/** Where a script runs. */
export interface ScriptPlace {
  /** Name or id of a container that runs. */
  readonly container: string;
  /** @default the image's */
  readonly user?: string;
}

const arguments_ = ({ container, user }: ScriptPlace, script: string) => [
  ...["exec", "--interactive", ...(user === undefined ? [] : ["--user", user])],
  ...[container, "bash", "-euo", "pipefail", "-c", script],
];

/**
 * What a script of bash writes in a container, as it comes: nobody keeps it.
 *
 * @throws KitError at its end when the script failed: what it has written is then not all
 */
export async function* outputOf(place: ScriptPlace, script: string): AsyncGenerator<Uint8Array> {
  const stdout = new PassThrough();
  const stop = new AbortController();
  const done = run("docker", arguments_(place, script), { stdout, signal: stop.signal });
  done.catch(() => stdout.end());
  try {
    yield* stdout;
    await done;
  } catch (error) {
    throw failed(place, error);
  } finally {
    stop.abort();
  }
}

/** Runs a script in a container, with what it reads. @throws KitError when it fails */
export async function runIn(
  place: ScriptPlace,
  script: string,
  input: AsyncIterable<Uint8Array> = Readable.from([]),
): Promise<string> {
  try {
    const stdin = Readable.from(input, { objectMode: false });
    return (await run("docker", arguments_(place, script), { stdin })).stdout;
  } catch (error) {
    throw failed(place, error);
  }
}

function failed({ container }: ScriptPlace, error: unknown): unknown {
  if (!(error instanceof RunError)) return error;
  return new KitError(
    `${container} does not do it`,
    [{ where: container, what: error.reason, lines: error.tail }],
    {
      exitCode: ExitCode.deployment,
      cause: error,
    },
  );
}
