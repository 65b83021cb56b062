import type { Problem } from "../../kit/errors";
import { isDurable } from "../../platform/model/resolve-storage";
import { copiedPlatform, type DeployedCopy, secretsChangedSince } from "../deployment/deployed-copy";
import type { Deployment } from "../deployment/deployment";
import { isHealthy } from "../engine/engine";
import { wantedContainers } from "../engine/wanted-containers";
import type { Examination } from "../plan/examination";
import { stackFile } from "../terraform/terraform";
import type { UpgradeStep } from "./steps";

/** What is known before anything is changed. */
export interface PlannedUpgrade {
  readonly deployment: Deployment;
  readonly found: Examination;
  /** As `PlannedPlatform.finished`. */
  readonly finished: readonly string[];
  /** Undefined: there is none. */
  readonly former: DeployedCopy | undefined;
  /** Whether one that was ended half-way goes on: then what runs is neither all of it. */
  readonly isUnfinished: boolean;
  readonly steps: readonly UpgradeStep[];
}

/** Why an environment cannot be upgraded, beside what people would lose: from what it could not go back, above all. */
export function upgradeProblems(upgrade: PlannedUpgrade): Problem[] {
  const { deployment, former, isUnfinished, steps } = upgrade;
  const { platform } = deployment.environment;
  const embedded = platform.services.keycloak.managed && platform.storage.identity !== "durable";
  return [
    ...(isDurable(platform)
      ? []
      : [
          {
            where: "storage",
            what: "the environment keeps what people have in memory, of which there is neither backup nor way back",
            got: "memory",
            fix: "Use `up`",
          },
        ]),
    ...(isDurable(platform) && embedded && steps.some(({ service, image }) => service === "keycloak" && image)
      ? [
          {
            where: "storage.identity",
            what: "another Keycloak changes its embedded database, of which there is no copy to go back to",
            got: "memory",
            fix: "Use `up`",
          },
        ]
      : []),
    ...foreignProblems(upgrade),
    ...(former ? formerProblems(upgrade, former) : noFormer(upgrade)),
    ...(isUnfinished ? [] : healthProblems(upgrade)),
    ...steps.flatMap(({ service, from, to, demands }) =>
      demands
        .filter(({ outcome }) => outcome === "refused")
        .map(({ what, fix }) => ({
          ...{ where: `service ${service}`, what, got: `${from} → ${to}` },
          ...(fix !== undefined && { fix }),
        })),
    ),
  ];
}

/** A service with another image, whose database nobody could copy. */
function foreignProblems({ deployment, steps }: PlannedUpgrade): Problem[] {
  const { managed, databases } = deployment.environment.platform.services.postgres;
  if (managed) return [];
  return steps
    .filter(({ service, image }) => image && service in databases)
    .map(({ service }) => ({
      where: `service ${service}`,
      what: "another image may change its database, which is in a PostgreSQL that is not the kit's, and of which it makes no copy",
      fix: "Copy it where it is run, and use `up`",
    }));
}

function noFormer({ deployment, found }: PlannedUpgrade): Problem[] {
  const isUp = found.present.containers.length > 0;
  return [
    {
      where: deployment.directory,
      what: isUp
        ? "there is no copy of what was deployed, to which it could go back: no `up` of this kit has ended"
        : "nothing is deployed",
      fix: isUp ? "Run `up` once with the settings that it runs with" : "Use `up`",
    },
  ];
}

function formerProblems(
  { deployment, found, isUnfinished }: PlannedUpgrade,
  former: DeployedCopy,
): Problem[] {
  const { platform } = deployment.environment;
  const databases = Object.keys(platform.services.postgres.databases).sort().join(", ");
  const rotated = secretsChangedSince(former, deployment);
  const otherwise = isUnfinished
    ? []
    : wantedContainers(stackFile(copiedPlatform(former)))
        .filter(
          ({ name, configuration }) =>
            !found.present.containers.some((one) => one.name === name && one.configuration === configuration),
        )
        .map(({ name }) => name);
  return [
    ...(otherwise.length > 0
      ? [
          {
            where: otherwise.join(", "),
            what: "what runs is not what the last `up` has brought up, so that nobody could go back to it",
            fix: "Run `up` with the settings from before, and then upgrade",
          },
        ]
      : []),
    ...(former.databases.join(", ") === databases
      ? []
      : [
          {
            where: "storage",
            what: "other services would keep what people have in PostgreSQL: that is no upgrade",
            got: databases,
            allowed: former.databases.join(", "),
            fix: "Use `up`, which says what would be lost",
          },
        ]),
    ...rotated.map((name) => ({
      where: `secret ${name}`,
      what: "it has another value since the last `up`, and services would be asked for both",
      fix: "Bring it to them first: `up` with the settings from before",
    })),
  ];
}

function healthProblems({ found, finished }: PlannedUpgrade): Problem[] {
  const { present, orphans, repairs, broken } = found;
  const sick = present.containers.filter((one) => !isHealthy(one)).map(({ name }) => name);
  const isWell = sick.length + orphans.size + repairs.length + broken.size + finished.length === 0;
  if (present.containers.length === 0 || isWell) return [];
  return [
    {
      where: sick.join(", ") || [...orphans.keys()].map(({ name }) => name).join(", ") || "its containers",
      what: "not all of it works, so that nobody could tell what the upgrade has broken",
      fix: "Mend it first: `up` with the settings from before",
    },
  ];
}
