import { KitError } from "../../kit/errors";
import { containerNames } from "../../platform/model/addresses";
import type { Deployment } from "../deployment/deployment";
import { type EngineState, isHealthy, volumeSizes } from "../engine/engine";
import { deployedRealms } from "./deployed-realms";
import { lossCounts } from "./loss-counts";
import { mailLoss } from "./mail-loss";

/** What people have on a volume of an environment, whether it is up or not. */
export interface LastingData {
  readonly volume: string;
  /** In words. */
  readonly holds: string;
  /** As the engine tells it: `48.2MB`. @default it does not */
  readonly size?: string;
}

/** What the volumes of an environment hold that cannot be made again. */
export async function lastingData({ ownVolumes }: Pick<EngineState, "ownVolumes">): Promise<LastingData[]> {
  const lasting = ownVolumes.flatMap(({ name: volume, holds }) =>
    holds === undefined ? [] : [{ volume, holds }],
  );
  const sizes = await volumeSizes(lasting.map(({ volume }) => volume));
  return lasting.map((one) => {
    const size = sizes.get(one.volume);
    return { ...one, ...(size !== undefined && { size }) };
  });
}

/** `accounts and logins (volume demo-postgres-data, 48.2MB)` */
export function lastingDataLine({ holds, volume, size }: LastingData): string {
  return `${holds} (volume ${volume}${size === undefined ? "" : `, ${size}`})`;
}

/**
 * What people have in an environment, counted as far as its services run, line by line: for whoever is to say that it may go.
 *
 * @param open fails where the environment file cannot be read
 */
export async function countedData(
  environment: string,
  { containers, ownVolumes }: Pick<EngineState, "containers" | "ownVolumes">,
  open: () => Deployment,
): Promise<string[]> {
  const { keycloak } = containerNames(environment);
  const { counts } = await mailLoss(environment, containers, "would be removed");
  const volumes = await lastingData({ ownVolumes });
  const realms = containers.some((one) => one.name === keycloak && isHealthy(one))
    ? await ofRealms(open)
    : [];
  return [...volumes.map(lastingDataLine), ...realms, ...counts];
}

async function ofRealms(open: () => Deployment): Promise<string[]> {
  try {
    const deployment = open();
    const all = await Promise.all(
      deployedRealms(deployment).map(async (realm) =>
        (await lossCounts(deployment, { ...realm, what: "", fix: "" })).map(
          (line) => `realm ${realm.realm}: ${line}`,
        ),
      ),
    );
    return all.flat();
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return [];
  }
}
