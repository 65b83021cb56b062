import { ExitCode, KitError } from "../../kit/errors";
import { type Deployment, withDeployment } from "../../operations/deployment/deployment";
import { containers } from "../../operations/engine/engine";
import type { Way } from "../../operations/verify/servers";
import { smokeTarget } from "../../operations/verify/smoke-target";
import { externalServiceLines, toldExternal } from "../../platform/model/external-services";
import type { SmokeReport } from "../../smoke";
import { type JunitSuite, reported, smokeSuite } from "../output/junit";
import { kitCommand } from "../output/kit-command";
import type { Output } from "../output/output";

export interface SmokeCommandOptions {
  /** By the public names, through whatever is before them. @default by the ports that this machine publishes */
  readonly public?: boolean;
  /** File of a report in JUnit's form. @default none */
  readonly junit?: string;
}

/** Uses the platform as its clients do. @throws KitError when it is not up, or a step fails */
export async function smoke(name: string, options: SmokeCommandOptions, output: Output): Promise<void> {
  await withDeployment(name, async (deployment) => {
    const { environment } = deployment;
    // One sentence says more than thirty failed steps, which would also make secrets that are not there yet.
    if ((await containers(environment.name)).length === 0) {
      throw new KitError(
        `environment ${environment.name} is not up`,
        [{ what: "the engine has no container of it", fix: `Bring it up: ${kitCommand(name, "up")}` }],
        { exitCode: ExitCode.deployment },
      );
    }
    await reported(options.junit, (add) =>
      smokeTest(deployment, output, { way: options.public ? "public" : "published", add }),
    );
  });
}

/** The smoke test of a deployment, realm by realm, one line a step. @param add is given the suite of each realm, for a report */
export async function smokeTest(
  deployment: Deployment,
  output: Output,
  { way = "published", add }: { way?: Way; add?: (suite: JunitSuite) => void } = {},
): Promise<void> {
  // Its clients take half a second to load, which no other command needs.
  const { formatReport, formatStep, runSmoke } = await import("../../smoke/index.js");
  const realms = deployment.environment.platform.realms;
  const reports: SmokeReport[] = [];
  for (const realm of realms) {
    // Where there is only one realm, its name is left out.
    const named = realms.length > 1 ? { realm: realm.name } : {};
    if (named.realm) output.result(named, `realm ${named.realm}`);
    const report = await runSmoke(smokeTarget(deployment, realm, way), {
      onStep: (step) => output.result({ smoke: step, ...named }, formatStep(step)),
    });
    reports.push(report);
    add?.(smokeSuite(realms.length > 1 ? `smoke ${realm.name}` : "smoke", report.steps));
  }
  const report: SmokeReport = {
    ok: reports.every(({ ok }) => ok),
    ms: reports.reduce((sum, { ms }) => sum + ms, 0),
    steps: reports.flatMap(({ steps }) => steps),
  };
  const { platform } = deployment.environment;
  output.result(
    { command: "smoke", ok: report.ok, milliseconds: report.ms, ...toldExternal(platform) },
    [formatReport(report), ...externalServiceLines(platform)].join("\n"),
  );
  if (!report.ok) {
    throw new KitError(
      "the smoke test failed",
      report.steps
        .filter(({ ok }) => !ok)
        .map(({ id, error, skipped, log }) => ({
          where: id,
          what: error ?? skipped ?? "it failed",
          ...(log && { lines: log }),
        })),
      { exitCode: ExitCode.smoke, reported: true },
    );
  }
}
