import type { Environment } from "../../config/environment";
import { databaseSecretName, newValue } from "../../config/secrets";
import { KitError } from "../../kit/errors";
import {
  type Deployment,
  environmentDirectory,
  openDeployment,
  withEnvironmentLock,
} from "../../operations/deployment/deployment";
import { refuseUnfinishedRestore } from "../../operations/deployment/unfinished-restore";
import { withKeycloakAdmin } from "../../operations/keycloak/keycloak-admin";
import { refuseStaleSecrets } from "../../operations/keycloak/stale-secrets";
import { type SecretUsers, usersOfSecret } from "../../stacks/secret-users";
import type { Output } from "../output/output";

/** Shows the stored secrets of an environment, or one of them. */
export function secretsShow(name: string, secret: string | undefined, output: Output): void {
  const { environment, secrets } = openDeployment(name);
  const known = secrets.names().filter((name) => name !== "fingerprint");
  if (known.length === 0) {
    throw new KitError(`environment ${environment.name} has no secrets yet`, [
      { what: "none is stored", fix: "Secrets are made by the first `up`" },
    ]);
  }
  if (secret !== undefined && !known.includes(secret)) {
    throw new KitError(`environment ${environment.name} has no secret ${secret}`, [
      { where: secret, what: "not stored", allowed: known, fix: "Secrets are made by the first `up`" },
    ]);
  }
  const shown = secret === undefined ? known : [secret];
  const values = Object.fromEntries(shown.map((name) => [name, secrets.stored(name).reveal()]));
  output.result(
    { command: "secrets show", environment: environment.name, secrets: values },
    secret === undefined
      ? Object.entries(values)
          .map(([name, value]) => `${name.padEnd(24)} ${value}`)
          .join("\n")
      : (values[secret] as string),
  );
}

/**
 * Gives one secret a new value. Nothing that runs changes before `up`, but for the administrator's password, which
 * Keycloak keeps itself.
 *
 * @throws KitError when it is given from outside, or the store is older than the running realm
 */
export async function secretsRotate(name: string, secret: string, output: Output): Promise<void> {
  const { environment } = openDeployment(name);
  if (secret === "fingerprint") {
    throw new KitError("secret fingerprint is not rotated", [
      { where: secret, what: "it only keys the hashes by which the state tells what changed" },
    ]);
  }
  const { version, compared } = await withEnvironmentLock(environment.name, async () => {
    refuseUnfinishedRestore(environment.name, environmentDirectory(environment.name));
    // Opened once nobody else changes it.
    const deployment = openDeployment(name);
    deployment.secrets.refuseRotation(secret);
    const compared = await refuseStaleSecrets(deployment);
    const value = newValue(secret);
    if (secret === "keycloakAdmin") await changeAdminPassword(deployment, value);
    return { version: deployment.secrets.rotate(secret, value).version, compared };
  });
  const users = usersOfSecret(environment, secret);
  output.result(
    { command: "secrets rotate", environment: environment.name, secret, version, ...users, compared },
    [
      `secret ${secret} has a new value, its number ${version}`,
      usersText(users),
      ...consequences(environment, secret, users),
      ...(compared
        ? []
        : ["Keycloak did not answer, so nobody could tell whether the secrets here are the newest"]),
    ].join("\n"),
  );
}

function usersText({ services, realm }: SecretUsers): string {
  const users = [
    ...(services.length > 0 ? [`${services.join(", ")}, whose containers are made anew`] : []),
    ...(realm ? ["the realm, through Keycloak's API"] : []),
  ];
  return users.length > 0
    ? `\`up\` brings it to ${users.join("; to ")}`
    : "nothing that `up` deploys uses it";
}

/** Keycloak takes the administrator's password from its configuration only when it has none yet. */
async function changeAdminPassword(deployment: Deployment, value: string): Promise<void> {
  await withKeycloakAdmin(deployment, async ({ users }) => {
    const [user] = await users.find({ realm: "master", username: "admin", exact: true });
    const credential = { type: "password", temporary: false, value };
    await users.resetPassword({ realm: "master", id: user?.id as string, credential });
  });
}

/** What a person should know before `up`. */
function consequences(environment: Environment, secret: string, { services }: SecretUsers): string[] {
  const {
    realms,
    services: {
      gateway: { revocation },
    },
  } = environment.platform;
  const outside = realms.some(({ secretPrefix }) =>
    ["thunderbirdClient", "client-"].some((start) => secret.startsWith(`${secretPrefix}${start}`)),
  );
  return [
    ...(secret === "keycloakAdmin" ? ["Keycloak takes it from now on"] : []),
    ...(services.includes("keycloak") &&
    secret !== "keycloakAdmin" &&
    secret !== databaseSecretName("keycloak")
      ? ["Keycloak imports its realm anew: sessions end, offline ones too, and everybody logs in again"]
      : []),
    ...(services.includes("james")
      ? [
          "James begins without the mail that it has in its memory: `up` wants --allow-loss mail where there is any",
        ]
      : []),
    ...(services.includes("redis") && revocation !== "introspection"
      ? ["Redis forgets the sessions that were ended: their tokens live until they expire"]
      : []),
    ...(outside ? [`whoever runs this client must be given it: \`secrets show ${secret}\``] : []),
    ...(realms.some(({ people }) => people.some(({ mail }) => mail === secret))
      ? [
          "`up` ends all sessions of the person: with the old password nobody gets in, or stays in, from then on",
          `tell ${secret}: \`secrets show ${secret}\``,
        ]
      : []),
  ];
}
