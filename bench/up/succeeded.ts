import { ExitCode, KitError } from "../../kit/errors";
import type { KitRun } from "../../test/e2e/support/kit";

/** The run, if it succeeded. @throws KitError with its last lines */
export function succeeded(run: KitRun, args: readonly string[]): KitRun {
  if (run.exitCode === 0) return run;
  throw new KitError(
    "a command of the kit failed",
    [
      {
        where: args.join(" "),
        what: `exit code ${run.exitCode}`,
        lines: run.output.trim().split("\n").slice(-15),
      },
    ],
    { exitCode: ExitCode.deployment },
  );
}
