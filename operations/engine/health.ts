import { setTimeout } from "node:timers/promises";
import { ExitCode, KitError, type Problem } from "../../kit/errors";
import type { Progress } from "../../setup/progress/progress";
import type { Deployment } from "../deployment/deployment";
import { crashLimit } from "./crash-watch";
import { type ContainerState, containers, isHealthy, isSettled, lastLogLines } from "./engine";

/**
 * Waits until every container of the environment is healthy. Terraform has waited for those that it made; others may have
 * been repaired, or start because the engine did.
 *
 * @throws KitError that names those which are not, with their last log lines
 */
export async function untilHealthy(deployment: Deployment, progress: Progress): Promise<void> {
  const { name, startTimeoutSeconds } = deployment.environment;
  const sick = async () => (await containers(name)).filter((container) => !isSettled(container));
  const first = await sick();
  if (first.length === 0) return;
  const before = new Map(first.map(({ id, restarts }) => [id, restarts]));
  const crashes = ({ id, restarts }: ContainerState) => restarts - (before.get(id) ?? 0) >= crashLimit;
  const end = performance.now() + startTimeoutSeconds * 1000;
  await progress.step("wait until all services are healthy", async (detail) => {
    for (let waiting = first; waiting.length > 0; waiting = await sick()) {
      detail(`waits for ${waiting.map((one) => one.name).join(", ")}`);
      const crashing = waiting.filter(crashes);
      if (crashing.length > 0 || performance.now() > end) {
        const problems = (crashing.length > 0 ? crashing : waiting).map((one) =>
          sickness(deployment, one, new Set(crashing.map(({ name }) => name))),
        );
        throw new KitError(`environment ${name} is not healthy`, await Promise.all(problems), {
          exitCode: ExitCode.deployment,
        });
      }
      await setTimeout(500);
    }
  });
}

/**
 * The problems of a deployment that failed, and of the containers that do not work.
 *
 * @param crashing names of those for which it was ended
 */
export async function explained(
  deployment: Deployment,
  problems: readonly Problem[],
  crashing: ReadonlySet<string>,
): Promise<Problem[]> {
  const sick = (await containers(deployment.environment.name)).filter((container) =>
    crashing.size > 0 ? crashing.has(container.name) : !isHealthy(container),
  );
  const sicknesses = await Promise.all(sick.map((container) => sickness(deployment, container, crashing)));
  // The log lines explain more than what Terraform says of these containers; that it was interrupted explains nothing.
  const others = crashing.size > 0 ? [] : problems.filter(({ what }) => !/healthy state/.test(what));
  return [...others, ...sicknesses];
}

const directoryFix =
  "James cannot use the directory: see its words for whether directory.url, directory.bindDn, directory.ca or secret directoryBind is wrong";

async function sickness(
  { environment }: Deployment,
  { name, status, health, restarts }: ContainerState,
  crashing: ReadonlySet<string>,
): Promise<Problem> {
  const service = name.slice(environment.name.length + 1);
  const { startTimeoutSeconds } = environment;
  const lines = await lastLogLines(name, 15);
  const where = `service ${service}, container ${name}`;
  if (crashing.has(name) || restarts > crashLimit) {
    const what = `it ends whenever it is started, ${restarts} times by now, so nobody waits for it any longer; its last lines`;
    const directory =
      !environment.platform.services.ldap.managed &&
      lines.some((line) => /name=directory|ldapSDKVersion/.test(line));
    return { where, what, ...(directory && { fix: directoryFix }), lines };
  }
  if (status === "running" && health === "starting") {
    return {
      where,
      what: `not healthy within ${startTimeoutSeconds} s, startTimeoutSeconds; its last lines`,
      fix: "`up` again goes on with what has become healthy by then. A slow machine needs a larger startTimeoutSeconds (KIT_START_TIMEOUT_SECONDS)",
      lines,
    };
  }
  return {
    where,
    what: `the container is ${status}${health ? ` and ${health}` : ""}, restarted ${restarts} times; its last lines`,
    lines,
  };
}
