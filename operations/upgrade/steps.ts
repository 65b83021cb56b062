import { containerNames, type Service } from "../../platform/model/addresses";
import { databasesOf } from "../backup/stores";
import type { DeployedCopy } from "../deployment/deployed-copy";
import type { Deployment } from "../deployment/deployment";
import { imageReleases } from "../deployment/image-releases";
import type { PlannedChange } from "../terraform/planned-changes";
import { stackResources } from "../terraform/stack-resources";
import { type Demand, demandsOf } from "./demands";

/** The order in which services are changed: each after those that it connects to. */
const order: readonly Service[] = [
  "certificates",
  "postgres",
  "redis",
  "ldap",
  "keycloak",
  "james",
  "gateway",
];

/** A service with what it runs before and after. */
export interface UpgradeStep extends PlannedChange {
  readonly service: Service;
  /** Release, else image. @default nobody knows */
  readonly from?: string;
  readonly to?: string;
  /** Whether its image is another: it may change what it keeps in its database. */
  readonly image: boolean;
  /** The database that is copied before, since its image is another. @default none */
  readonly database?: string;
  readonly demands: readonly Demand[];
}

/** The services that a plan changes, in their order, one a step; what else it changes comes afterwards. */
export function upgradeSteps(
  { environment }: Pick<Deployment, "environment">,
  changes: readonly PlannedChange[],
  platforms: { readonly was?: string; readonly is: string },
  former?: DeployedCopy,
): UpgradeStep[] {
  const releases = imageReleases(environment);
  const databases = databasesOf(environment);
  const [before, after] = [imagesBy(platforms.was), imagesBy(platforms.is)];
  return order.flatMap((service): UpgradeStep[] => {
    const container = containerNames(environment.name)[service];
    const change = changes.find(
      ({ name, address, action }) =>
        name === service && address.startsWith("docker_container.") && action !== "delete",
    );
    if (!change) return [];
    const [was, is] = [before[container], after[container]];
    const from = former?.releases[service] ?? was;
    const to = releases[service] ?? is;
    const image = was !== is || change.reasons.some((reason) => /\bimage\b/.test(reason));
    const database = databases.find((one) => one.service === service)?.database;
    return [
      {
        ...change,
        service,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        image,
        ...(image && database !== undefined && { database }),
        demands: demandsOf(service, former?.releases[service], releases[service]),
      },
    ];
  });
}

/** References of images by the container that runs them. @param platformStack file of a platform's stack */
export function imagesBy(platformStack: string | undefined): Record<string, string> {
  if (platformStack === undefined) return {};
  const resources = stackResources(platformStack);
  const references = new Map(
    resources
      .filter(({ type }) => type === "docker_image")
      .map(({ name, values }) => [`\${docker_image.${name}.image_id}`, String(values.name)]),
  );
  return Object.fromEntries(
    resources
      .filter(({ type }) => type === "docker_container")
      .flatMap(({ values }) => {
        const reference = references.get(String(values.image));
        return reference === undefined ? [] : [[String(values.name), reference]];
      }),
  );
}
