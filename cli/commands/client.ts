import { type Environment, loadEnvironment } from "../../config/environment";
import { KitError } from "../../config/errors";
import { clientSecretName, secretOfClient } from "../../config/secrets";
import { Secret } from "../../constructs/container/secret";
import { realmAt } from "../../constructs/keycloak/realm";
import type { RealmRepresentation } from "../../constructs/keycloak/realm-template";
import { publicUrls } from "../../constructs/mail-platform/addresses";
import { wantedRealm } from "../../stacks/wanted-realm";

import type { Output } from "../output";

type Client = NonNullable<RealmRepresentation["clients"]>[number];

/** Lists the clients of an environment's realm, without anything running. */
export function clientList(name: string, output: Output): void {
  const environment = loadEnvironment(name, { env: process.env });
  const clients = clientsOf(environment).map((client) => ({
    clientId: client.clientId as string,
    kind: kindOf(client),
    redirectUris: client.redirectUris ?? [],
    ...((client.description ?? client.name) ? { description: client.description ?? client.name } : {}),
  }));
  output.result(
    { command: "client list", environment: environment.name, clients },
    clients
      .map(({ clientId, kind, redirectUris }) =>
        [clientId.padEnd(24), kind.padEnd(16), redirectUris.join(" ")].join(" ").trimEnd(),
      )
      .join("\n"),
  );
}

/**
 * Prints what whoever configures a client must know; where its secret is, never the secret.
 *
 * @throws KitError when the realm has no such client
 */
export function clientShow(name: string, clientId: string, output: Output): void {
  const environment = loadEnvironment(name, { env: process.env });
  const clients = clientsOf(environment);
  const client = clients.find((other) => other.clientId === clientId);
  if (!client) {
    throw new KitError(`environment ${environment.name} has no client ${clientId}`, [
      {
        where: clientId,
        what: "not in the realm",
        allowed: clients.map(({ clientId }) => clientId),
        fix: "`clients.others` of the environment file adds one",
      },
    ]);
  }
  const sheet = handOverSheet(environment, client);
  output.result({ command: "client show", environment: environment.name, client: sheet }, sheetText(sheet));
}

function clientsOf(environment: Environment): Client[] {
  const realm = wantedRealm(environment, { get: (name) => new Secret(name, `stands for secret ${name}`) });
  return realm.clients ?? [];
}

function kindOf({ publicClient, bearerOnly, standardFlowEnabled }: Client): string {
  if (publicClient) return "public";
  return bearerOnly || standardFlowEnabled === false ? "resource server" : "confidential";
}

/** Where a client's secret is; null for one that has none. */
function secretOf(environment: Environment, client: Client) {
  const { clientId = "", publicClient, bearerOnly, secret } = client;
  if (publicClient || bearerOnly) return null;
  const own = secretOfClient(environment, clientId);
  if (!own && secret) return { name: null, where: "the realm template" };
  const name = own ?? (environment.identity === "provider" ? clientSecretName(clientId) : null);
  const where = name
    ? `scripts/kit --env ${environment.name} secrets show ${name}`
    : "Keycloak's administration console";
  return { name, where };
}

/** Everything that a client must be told. */
export type HandOverSheet = ReturnType<typeof handOverSheet>;

function handOverSheet(environment: Environment, client: Client) {
  const { hosts, ports, bind, domain } = environment;
  const urls = publicUrls(hosts, ports);
  const { issuer, discoveryUrl, jwksUrl } = realmAt(urls.keycloak, environment.realm.name);
  const endpoint = (path: string) => `${issuer}/protocol/openid-connect/${path}`;
  const clientId = client.clientId as string;
  const secret = secretOf(environment, client);
  const host = bind === "127.0.0.1" ? "localhost" : bind;
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
      imap: { host, port: ports.imap, security: "none", authentication: "OAuth2" },
      submission: { host, port: ports.smtp, security: "none", authentication: "OAuth2" },
      sieve: { host, port: ports.sieve, security: "none" },
      jmapSession: `${urls.gateway}/oidc/jmap/session`,
    },
    thunderbird: {
      host: domain,
      issuer: hosts.keycloak,
      clientId,
      authorizationEndpoint: endpoint("auth"),
      tokenEndpoint: endpoint("token"),
      scope: "openid email",
      pkce: client.attributes?.["pkce.code.challenge.method"] === "S256",
    },
    hostsFile: `${bind} ${hosts.keycloak} ${hosts.gateway}`,
  };
}

function sheetText(sheet: HandOverSheet): string {
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
      IMAP: server(mail.imap),
      submission: server(mail.submission),
      ManageSieve: server(mail.sieve),
      "JMAP session": `${mail.jmapSession}, with Authorization: Bearer`,
    }),
    "Thunderbird (docs/thunderbird.md)",
    ...lines({
      host: thunderbird.host,
      issuer: thunderbird.issuer,
      "client id": thunderbird.clientId,
      authorization: thunderbird.authorizationEndpoint,
      token: thunderbird.tokenEndpoint,
      scope: thunderbird.scope,
      PKCE: thunderbird.pkce ? "yes" : "no",
    }),
    `in /etc/hosts of the client's machine: ${sheet.hostsFile}`,
  ].join("\n");
}
