import { ExitCode, KitError } from "./errors";
import { RunError, type RunOptions, run } from "./run";

/**
 * Runs the `docker` command.
 *
 * @throws KitError when the engine does not answer, or refuses; its cause is the RunError
 */
export async function docker(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await run("docker", args, options);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { DOCKER_HOST } = process.env;
    const unanswered =
      error.reason === "command not found" ||
      /cannot connect|error during connect|dial /i.test(error.tail.join());
    throw unanswered
      ? new KitError(
          "the Docker engine does not answer",
          [
            {
              where: DOCKER_HOST ? `DOCKER_HOST ${DOCKER_HOST}` : "docker",
              what: error.tail.at(-1) ?? error.reason,
              fix: DOCKER_HOST
                ? "Start that engine, or unset DOCKER_HOST for this machine's own"
                : "Start it: `up` does, and installs one where there is none",
            },
          ],
          { exitCode: ExitCode.machine, cause: error },
        )
      : new KitError("the Docker engine does not do it", [{ what: error.reason, lines: error.tail }], {
          exitCode: ExitCode.machine,
          cause: error,
        });
  }
}
