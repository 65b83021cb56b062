import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KitError } from "../config/errors";
import { realmsOf } from "../config/realms";
import { secretOfClient } from "../config/secrets";
import { ServiceContainer } from "../constructs/container/service-container";
import { secretVersionAttribute } from "../constructs/keycloak/mail-realm";
import { containerNames } from "../constructs/mail-platform/addresses";
import { RunError, run } from "../setup/run";
import type { Deployment } from "./deployment";
import { type KeycloakAdmin, KeycloakUnreachable, withKeycloakAdmin } from "./keycloak-admin";

/**
 * Refuses to go on with secrets that are older than those of the running realm: somebody rotated one elsewhere. Each
 * client says in an attribute which rotation its secret is of.
 *
 * @returns false when Keycloak does not answer, so that nobody can tell
 * @throws KitError that lists the older secrets
 */
export async function refuseStaleSecrets(deployment: Deployment): Promise<boolean> {
  const { environment, secrets } = deployment;
  const realms = realmsOf(environment);
  let clients: Awaited<ReturnType<KeycloakAdmin["clients"]["find"]>>[];
  try {
    clients = await withKeycloakAdmin(deployment, (admin) =>
      Promise.all(
        realms.map(async ({ name: realm }) =>
          (await admin.realms.findOne({ realm })) ? admin.clients.find({ realm }) : [],
        ),
      ),
    );
  } catch (error) {
    if (error instanceof KeycloakUnreachable) return false;
    throw error;
  }
  const stale = realms.flatMap((realm, index) =>
    (clients[index] ?? []).flatMap(({ clientId = "", attributes }) => {
      const name = secretOfClient(realm, clientId);
      if (name === undefined) return [];
      const running = Number(attributes?.[secretVersionAttribute] ?? 1);
      return running > secrets.version(name) ? [{ name, clientId, running }] : [];
    }),
  );
  if (stale.length > 0) {
    throw new KitError(
      "secrets here are older than the running realm's",
      stale.map(({ name, clientId, running }) => ({
        where: `secret ${name}`,
        what: `client ${clientId} has value number ${running}, this store number ${secrets.version(name)}`,
        fix: "Take secrets.json from where it was rotated",
      })),
    );
  }
  return true;
}

/**
 * What `up` asks before it gives a running Keycloak another realm. Otherwise nothing is asked: a login takes a while.
 *
 * @param directory where the platform's stack is synthesized
 * @throws KitError as `refuseStaleSecrets`
 */
export async function refuseStaleRealm(deployment: Deployment, directory: string): Promise<void> {
  const { environment } = deployment;
  const { keycloak } = containerNames(environment.name);
  const running = await runningConfiguration(keycloak);
  const imports = environment.identity === "import";
  if (running === undefined || (imports && running === wantedConfiguration(directory, keycloak))) return;
  await refuseStaleSecrets(deployment);
}

const label = ServiceContainer.configurationLabel;

async function runningConfiguration(container: string): Promise<string | undefined> {
  try {
    const format = `{{if .State.Running}}{{index .Config.Labels "${label}"}}{{end}}`;
    const { stdout } = await run("docker", ["container", "inspect", "--format", format, container]);
    return stdout.trim() || undefined;
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  }
}

function wantedConfiguration(directory: string, container: string): string | undefined {
  type Container = { name: string; labels: { label: string; value: string }[] };
  const { resource }: { resource: { docker_container: Record<string, Container> } } = JSON.parse(
    readFileSync(join(directory, "cdk.tf.json"), "utf8"),
  );
  const labels = Object.values(resource.docker_container).find(({ name }) => name === container)?.labels;
  return labels?.find((one) => one.label === label)?.value;
}
