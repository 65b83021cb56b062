import { rmSync, writeFileSync } from "node:fs";
import { type Environment, loadEnvironment } from "../../config/environment";
import { snakeCase } from "../../config/overrides";
import { Secret } from "../../constructs/workload/secret";
import { KitError } from "../../kit/errors";
import { openDeployment } from "../../operations/deployment/deployment";
import { loginEndpoints } from "../../operations/verify/provider-check";
import { type WantedRealm, wantedRealms } from "../../stacks/wanted-realms";
import { type Client, type HandOverSheet, handOverSheet, kindOf, sheetText } from "../output/client-sheet";
import type { Output } from "../output/output";
import { addonManifest } from "../output/thunderbird";
import { zipOf } from "../output/zip";

/**
 * Lists the clients of an environment's realms, without anything running.
 *
 * @param realmName undefined: of all realms
 * @throws KitError when there is no such realm
 */
export function clientList(name: string, realmName: string | undefined, output: Output): void {
  const environment = loadEnvironment(name, { env: process.env });
  const realms = realmsNamed(environment, realmName);
  const clients = realms.flatMap(clientsOf).map(({ realm, client }) => ({
    realm: realm.name,
    clientId: client.clientId as string,
    kind: kindOf(client),
    redirectUris: client.redirectUris ?? [],
    ...((client.description ?? client.name) ? { description: client.description ?? client.name } : {}),
  }));
  output.result(
    { command: "client list", environment: environment.name, clients },
    clients
      .map(({ realm, clientId, kind, redirectUris }) =>
        [
          ...(environment.platform.realms.length > 1 ? [realm.padEnd(16)] : []),
          ...[clientId.padEnd(24), kind.padEnd(16), redirectUris.join(" ")],
        ]
          .join(" ")
          .trimEnd(),
      )
      .join("\n"),
  );
}

/** Files that are written beside. */
export interface ClientFiles {
  /** Thunderbird's add-on, 0600: the secret is in it. */
  readonly addon?: string;
  /** The client as Keycloak imports it, without its secret. */
  readonly representation?: string;
}

/**
 * Prints what whoever configures a client must know; where its secret is, never the secret.
 *
 * @param realmName needed where several realms have a client of this name
 * @throws KitError when no realm has such a client, or several do; when a file cannot be written; when an OpenID provider that
 * is no Keycloak does not tell where it logs people in
 */
export async function clientShow(
  name: string,
  clientId: string,
  realmName: string | undefined,
  output: Output,
  { addon, representation }: ClientFiles = {},
): Promise<void> {
  const environment = loadEnvironment(name, { env: process.env });
  const clients = realmsNamed(environment, realmName).flatMap(clientsOf);
  const [found, ...more] = clients.filter(({ client }) => client.clientId === clientId);
  if (!found) {
    throw new KitError(`environment ${environment.name} has no client ${clientId}`, [
      {
        where: clientId,
        what: "not in the realm",
        allowed: [...new Set(clients.map(({ client }) => client.clientId))],
        fix: "`clients.others` of the environment file adds one",
      },
    ]);
  }
  if (more.length > 0) {
    throw new KitError(`environment ${environment.name} has several clients ${clientId}`, [
      {
        where: clientId,
        what: "several realms have it",
        allowed: [found, ...more].map(({ realm }) => realm.name),
        fix: "Choose one by --realm",
      },
    ]);
  }
  const { realm, client } = found;
  const endpoints = realm.existing ? await loginEndpoints(realm) : undefined;
  const sheet = handOverSheet(name, environment, realm, client, endpoints);
  if (representation !== undefined) writeRepresentation(representation, realm, client);
  if (addon !== undefined) writeAddon(addon, name, sheet, realm, client);
  output.result(
    {
      ...{ command: "client show", environment: environment.name, client: sheet },
      ...{ ...(addon && { addon }), ...(representation && { representation }) },
    },
    sheetText(sheet, addon),
  );
}

/** Thunderbird's add-on, ready to be installed. */
function writeAddon(
  file: string,
  name: string,
  { clientId, secret, thunderbird, mail }: HandOverSheet,
  realm: WantedRealm,
  client: Client,
): void {
  const refused = (what: string, fix?: string) =>
    new KitError(`no add-on for client ${clientId}`, [{ where: clientId, what, ...(fix && { fix }) }]);
  if (!thunderbird) {
    throw refused(
      "Thunderbird cannot log in by it: it has no authorization code flow, or no exact http redirect URI",
      "Take james-thunderbird, or a client of clients.others with redirect URI http://localhost",
    );
  }
  const { host: _, ...provider } = thunderbird;
  const id = [clientId, realm.name].map((part) => part.replace(/[^A-Za-z0-9._-]/g, "-")).join(".");
  const manifest = addonManifest(
    { id: `${id}@${provider.issuer}`, name: `Log in to mail ${mail.addresses}` },
    provider,
    secret ? secretValue(name, secret.name, realm, client, refused) : undefined,
  );
  writePrivate(
    file,
    zipOf("manifest.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)),
    "--addon",
  );
}

/** A client as the administration console of Keycloak imports it. */
function writeRepresentation(file: string, realm: WantedRealm, { secret: _, ...client }: Client): void {
  if (realm.existing) {
    throw new KitError("no representation of the client", [
      {
        where: "--representation",
        what: `${realm.oidc.issuer} need not be a Keycloak`,
        fix: "Register it as `client show` says",
      },
    ]);
  }
  writePrivate(file, `${JSON.stringify(client, null, 2)}\n`, "--representation");
}

function writePrivate(file: string, content: string | Buffer, option: string): void {
  try {
    // A file that is there keeps its mode.
    rmSync(file, { force: true });
    writeFileSync(file, content, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new KitError("the file cannot be written", [
      { where: file, what: (error as Error).message, fix: `Choose another file by ${option}` },
    ]);
  }
}

/** @param secret its name in the environment; null: where nobody but the realm template, or Keycloak, has it */
function secretValue(
  name: string,
  secret: string | null,
  { provision }: WantedRealm,
  client: Client,
  refused: (what: string, fix?: string) => KitError,
): string {
  if (secret === null) {
    if (client.secret) return client.secret;
    throw refused("Keycloak has made its secret, and nobody else knows it", "Give the realm template one");
  }
  const { secrets } = openDeployment(name);
  if (secrets.givenBy(secret) === undefined && !secrets.names().includes(secret)) {
    throw refused(
      `secret ${secret} is not stored`,
      provision === "nothing"
        ? `Whoever administers the realm has it: tell it by KIT_SECRET_${snakeCase(secret)}`
        : "Secrets are made by the first `up`",
    );
  }
  return secrets.get(secret).reveal();
}

function realmsNamed(environment: Environment, name: string | undefined): WantedRealm[] {
  const realms = wantedRealms(environment, {
    get: (secret) => new Secret(secret, `stands for secret ${secret}`),
  });
  const found = realms.filter((realm) => name === undefined || realm.name === name);
  if (found.length > 0) return found;
  throw new KitError(`environment ${environment.name} has no realm ${name}`, [
    { where: "--realm", what: "no such realm", got: name, allowed: realms.map((realm) => realm.name) },
  ]);
}

function clientsOf(realm: WantedRealm): { realm: WantedRealm; client: Client }[] {
  return (realm.representation.clients ?? []).map((client) => ({ realm, client }));
}
