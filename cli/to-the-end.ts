import { ExitCode, KitError } from "../kit/errors";
import { fileError } from "../kit/file-system";
import { RunError } from "../kit/run";

/**
 * Waits for a program's work. Node ends with code 0 as soon as nothing is left to wait for, also when the work is not
 * done: an answer that got lost would be a success.
 *
 * @param tell says what went wrong, and sets the exit code
 */
export async function toTheEnd(work: Promise<unknown>, tell: (error: unknown) => void): Promise<void> {
  const stop = () => tell(unfinished());
  process.once("beforeExit", stop);
  try {
    await work;
  } catch (error) {
    tell(error);
  } finally {
    process.off("beforeExit", stop);
  }
}

/** What is no bug of the kit: a file that the machine does not give, a program that failed. */
export function withoutBlame(thrown: unknown): unknown {
  if (!(thrown instanceof RunError)) return fileError(thrown) ?? thrown;
  const { command, reason, tail } = thrown;
  return new KitError(`${command} failed`, [{ where: command, what: reason, lines: tail }], {
    exitCode: ExitCode.machine,
    cause: thrown,
  });
}

/** For programs without output of their own: on standard error. */
export function tellPlainly(thrown: unknown): void {
  const error = withoutBlame(thrown);
  const known = error instanceof KitError;
  const text = known
    ? error.reported
      ? error.summary
      : error.message
    : ((error as Error).stack ?? String(error));
  process.stderr.write(`${text}\n`);
  process.exitCode = known ? error.exitCode : ExitCode.unexpected;
}

function unfinished(): KitError {
  return new KitError(
    "the command did not come to its end",
    [
      {
        what: "nothing is left that it could wait for: an answer got lost",
        fix: "Run it again: it goes on where it stopped. Should that not help, it is a bug",
      },
    ],
    { exitCode: ExitCode.unexpected },
  );
}
