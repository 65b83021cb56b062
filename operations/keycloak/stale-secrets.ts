import { bindSecretName, secretOfClient } from "../../config/secrets";
import { configurationLabel } from "../../constructs/engine/labels";
import {
  bindVersionAttribute,
  secretVersionAttribute,
} from "../../constructs/keycloak/model/realm/mail-realm";
import { KitError } from "../../kit/errors";
import { RunError, run } from "../../kit/run";
import { containerNames } from "../../platform/model/addresses";
import type { RealmModel } from "../../platform/model/platform-model";
import type { Deployment } from "../deployment/deployment";
import { wantedContainers } from "../engine/wanted-containers";
import { type KeycloakAdmin, KeycloakUnreachable } from "./admin-api";
import { withKeycloakAdmin } from "./keycloak-admin";

/** A secret that a realm has, with how often it was changed. */
interface RunningSecret {
  readonly name: string;
  /** Who has it. */
  readonly owner: string;
  readonly version: number;
}

/**
 * Refuses to go on with secrets that are older than those of the running realm: somebody rotated one elsewhere. Each
 * client says in an attribute which rotation its secret is of, and the realm does for its federation.
 *
 * @returns false when Keycloak does not answer, so that nobody can tell; true where the kit changes none
 * @throws KitError that lists the older secrets
 */
export async function refuseStaleSecrets(deployment: Deployment): Promise<boolean> {
  const { environment, secrets } = deployment;
  if (environment.platform.identity === "none") return true;
  let running: RunningSecret[];
  try {
    running = await withKeycloakAdmin(deployment, async (admin) =>
      (
        await Promise.all(
          environment.platform.realms
            .filter(({ provision }) => provision !== "nothing")
            .map((realm) => runningSecrets(admin, realm, bindSecretName(environment.platform))),
        )
      ).flat(),
    );
  } catch (error) {
    if (error instanceof KeycloakUnreachable) return false;
    throw error;
  }
  const stale = running.filter(({ name, version }) => version > secrets.version(name));
  if (stale.length > 0) {
    throw new KitError(
      "secrets here are older than the running realm's",
      stale.map(({ name, owner, version }) => ({
        where: `secret ${name}`,
        what: `${owner} has value number ${version}, this store number ${secrets.version(name)}`,
        fix: "Take secrets.json from where it was rotated",
      })),
    );
  }
  return true;
}

async function runningSecrets(
  admin: KeycloakAdmin,
  realm: RealmModel,
  bindSecret: string,
): Promise<RunningSecret[]> {
  const found = await admin.realms.findOne({ realm: realm.name });
  if (!found) return [];
  const clients = (await admin.clients.find({ realm: realm.name })).flatMap(
    ({ clientId = "", attributes }) => {
      const name = secretOfClient(realm, clientId);
      const version = Number(attributes?.[secretVersionAttribute] ?? 1);
      return name === undefined ? [] : [{ name, owner: `client ${clientId}`, version }];
    },
  );
  if (realm.provision !== "realm") return clients;
  const version = Number(found.attributes?.[bindVersionAttribute] ?? 1);
  return [...clients, { name: bindSecret, owner: `the federation of realm ${realm.name}`, version }];
}

/**
 * What `up` asks before it gives a running Keycloak another realm. Otherwise nothing is asked: a login takes a while.
 *
 * @param stack the file of the platform's stack
 * @throws KitError as `refuseStaleSecrets`
 */
export async function refuseStaleRealm(deployment: Deployment, stack: string): Promise<void> {
  const { environment } = deployment;
  const { keycloak } = containerNames(environment.name);
  const running = await runningConfiguration(keycloak);
  const wanted = wantedContainers(stack).find(({ name }) => name === keycloak);
  const imports = environment.platform.identity === "import";
  const { managed } = environment.platform.services.keycloak;
  if (managed && (running === undefined || (imports && running === wanted?.configuration))) return;
  await refuseStaleSecrets(deployment);
}

async function runningConfiguration(container: string): Promise<string | undefined> {
  try {
    const format = `{{if .State.Running}}{{index .Config.Labels "${configurationLabel}"}}{{end}}`;
    const { stdout } = await run("docker", ["container", "inspect", "--format", format, container]);
    return stdout.trim() || undefined;
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  }
}
