import { rmSync, writeFileSync } from "node:fs";
import { type Environment, loadEnvironment } from "../../config/environment";
import { clientSecretName, secretOfClient } from "../../config/secrets";
import { type JamesCapabilities, jamesCapabilities } from "../../constructs/james/capabilities";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { Secret } from "../../constructs/workload/secret";
import { KitError } from "../../kit/errors";
import { localAddress } from "../../kit/local-address";
import { openDeployment } from "../../operations/deployment/deployment";
import { type WantedRealm, wantedRealms } from "../../stacks/wanted-realms";
import { kitCommand } from "../output/kit-command";
import type { Output } from "../output/output";
import { addonManifest, isFound } from "../output/thunderbird";
import { zipOf } from "../output/zip";

type Client = NonNullable<RealmRepresentation["clients"]>[number];

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

/**
 * Prints what whoever configures a client must know; where its secret is, never the secret.
 *
 * @param realmName needed where several realms have a client of this name
 * @param addon file to which Thunderbird's add-on is written, 0600: the secret is in it
 * @throws KitError when no realm has such a client, or several do; when the add-on cannot be written
 */
export function clientShow(
  name: string,
  clientId: string,
  realmName: string | undefined,
  output: Output,
  addon?: string,
): void {
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
  const sheet = handOverSheet(name, environment, found.realm, found.client);
  if (addon !== undefined) writeAddon(addon, name, sheet, found.realm, found.client);
  output.result(
    { command: "client show", environment: environment.name, client: sheet, ...(addon && { addon }) },
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
    secret ? secretValue(name, secret.name, client, refused) : undefined,
  );
  const archive = zipOf("manifest.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  try {
    // A file that is there keeps its mode.
    rmSync(file, { force: true });
    writeFileSync(file, archive, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new KitError("the add-on cannot be written", [
      { where: file, what: (error as Error).message, fix: "Choose another file by --addon" },
    ]);
  }
}

/** @param secret its name in the environment; null: where nobody but the realm template, or Keycloak, has it */
function secretValue(
  name: string,
  secret: string | null,
  client: Client,
  refused: (what: string, fix?: string) => KitError,
): string {
  if (secret === null) {
    if (client.secret) return client.secret;
    throw refused("Keycloak has made its secret, and nobody else knows it", "Give the realm template one");
  }
  const { secrets } = openDeployment(name);
  if (secrets.givenBy(secret) === undefined && !secrets.names().includes(secret)) {
    throw refused(`secret ${secret} is not stored`, "Secrets are made by the first `up`");
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

function kindOf({ publicClient, bearerOnly, standardFlowEnabled }: Client): string {
  if (publicClient) return "public";
  return bearerOnly || standardFlowEnabled === false ? "resource server" : "confidential";
}

/** Where a client's secret is; null for one that has none. */
function secretOf(command: string, environment: Environment, realm: WantedRealm, client: Client) {
  const { clientId = "", publicClient, bearerOnly, secret } = client;
  if (publicClient || bearerOnly) return null;
  const own = secretOfClient(realm, clientId);
  if (!own && secret) return { name: null, where: "the realm template" };
  const name =
    own ?? (environment.identity === "provider" ? clientSecretName(clientId, realm.secretPrefix) : null);
  const where = name ? kitCommand(command, `secrets show ${name}`) : "Keycloak's administration console";
  return { name, where };
}

/** Everything that a client must be told. */
export type HandOverSheet = ReturnType<typeof handOverSheet>;

function handOverSheet(name: string, environment: Environment, realm: WantedRealm, client: Client) {
  const address = localAddress(environment.bind);
  const { domain, ports, gatewayUrl } = realm;
  const { james, keycloak } = environment.platform.services;
  const { issuer, discoveryUrl, jwksUrl } = realm.oidc;
  const endpoint = (path: string) => `${issuer}/protocol/openid-connect/${path}`;
  const clientId = client.clientId as string;
  const secret = secretOf(name, environment, realm, client);
  const host = address === "127.0.0.1" ? "localhost" : address;
  const redirectionEndpoint = client.standardFlowEnabled
    ? client.redirectUris?.find((uri) => /^https?:[^*]*$/.test(uri))
    : undefined;
  const mayStay = client.optionalClientScopes?.includes("offline_access");
  return {
    clientId,
    kind: kindOf(client),
    ...((client.description ?? client.name) && { description: client.description ?? client.name }),
    issuer,
    secret,
    pkce: client.attributes?.["pkce.code.challenge.method"] ?? null,
    scopes: {
      always: client.defaultClientScopes ?? [],
      onRequest: client.optionalClientScopes ?? [],
    },
    endpoints: {
      discovery: discoveryUrl,
      authorization: endpoint("auth"),
      token: endpoint("token"),
      logout: endpoint("logout"),
      jwks: jwksUrl,
    },
    redirectUris: client.redirectUris ?? [],
    webOrigins: client.webOrigins ?? [],
    mail: {
      addresses: `…@${domain}`,
      tokens: tokensOf(jamesCapabilities(james.release)),
      imap: { host, port: ports.imap, security: "none", authentication: "OAuth2" },
      submission: { host, port: ports.smtp, security: "none", authentication: "OAuth2" },
      ...(james.sieve && {
        sieve: { host, port: ports.sieve, security: "none" },
      }),
      jmapSession: `${gatewayUrl}/oidc/jmap/session`,
    },
    thunderbird: redirectionEndpoint
      ? {
          host: address,
          issuer: keycloak.host,
          clientId,
          authorizationEndpoint: endpoint("auth"),
          tokenEndpoint: endpoint("token"),
          redirectionEndpoint,
          hostnames: [address, james.host].filter(isFound),
          scopes: ["openid", "email", ...(mayStay ? ["offline_access"] : [])].join(" "),
          usePKCE: true,
        }
      : null,
    hostsFile: `${address} ${keycloak.host} ${realm.gateway.host}`,
  };
}

function sheetText(sheet: HandOverSheet, addon: string | undefined): string {
  const { endpoints, mail, thunderbird } = sheet;
  const lines = (rows: Record<string, string | undefined>) =>
    Object.entries(rows).flatMap(([name, value]) => (value ? [`  ${name.padEnd(16)} ${value}`] : []));
  const server = ({ host, port, ...rest }: { host: string; port: number; authentication?: string }) =>
    [`${host}:${port}`, "no TLS", ...(rest.authentication ? [rest.authentication] : [])].join(", ");
  return [
    `client ${sheet.clientId}`,
    ...lines({
      description: sheet.description,
      kind: sheet.kind,
      issuer: sheet.issuer,
      secret: sheet.secret ? sheet.secret.where : "none: it cannot keep one",
      PKCE: sheet.pkce ? `${sheet.pkce}, required` : "not required; use S256 all the same",
      scopes: sheet.scopes.always.join(" "),
      "on request": sheet.scopes.onRequest.join(" "),
      "redirect URIs": sheet.redirectUris.join(" ") || "none: it logs nobody in",
      "web origins": sheet.webOrigins.join(" "),
    }),
    "endpoints",
    ...lines(endpoints),
    "mail",
    ...lines({
      addresses: mail.addresses,
      tokens: mail.tokens,
      IMAP: server(mail.imap),
      submission: server(mail.submission),
      ManageSieve: mail.sieve && server(mail.sieve),
      "JMAP session": `${mail.jmapSession}, with Authorization: Bearer`,
    }),
    ...(thunderbird
      ? [
          "Thunderbird, from release 140 on (docs/thunderbird.md)",
          ...lines({
            server: `${thunderbird.hostnames.join(" or ")}; a name without a dot, as localhost, cannot be: it never finds its provider`,
            "add-on": addon
              ? `${addon}, which holds ${sheet.secret ? "the client's secret" : "no secret"}`
              : "--addon FILE.xpi writes it, ready to be installed",
          }),
        ]
      : []),
    `in /etc/hosts of the client's machine: ${sheet.hostsFile}`,
  ].join("\n");
}

/** With which SASL mechanisms mail programs show a token, in a sentence. */
function tokensOf({ oauthbearerRfc7628, sieveOidc }: JamesCapabilities): string {
  const mechanisms = oauthbearerRfc7628
    ? "XOAUTH2 or OAUTHBEARER"
    : "XOAUTH2; not OAUTHBEARER, which this James reads in a form that no mail program sends";
  return sieveOidc ? mechanisms : `${mechanisms}; none on ManageSieve`;
}
