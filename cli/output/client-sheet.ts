import type { Environment } from "../../config/environment";
import { snakeCase } from "../../config/overrides";
import { clientSecretName, secretOfClient } from "../../config/secrets";
import { autoconfigPath } from "../../constructs/gateway/mail-routes";
import { type JamesCapabilities, jamesCapabilities } from "../../constructs/james/capabilities";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import {
  keycloakEndpoint,
  type LoginEndpoints,
  loginEndpoints,
} from "../../constructs/keycloak/server/realm";
import { localAddress } from "../../kit/local-address";
import { autoconfigOf, type MailServer, mailServersOf } from "../../platform/model/mail-servers";
import type { WantedRealm } from "../../stacks/wanted-realms";
import { kitCommand } from "./kit-command";
import { dnsRecords, hostsFileLine, ownAuthority } from "./mail-servers";
import { isFound } from "./thunderbird";

export type Client = NonNullable<RealmRepresentation["clients"]>[number];

export function kindOf({ publicClient, bearerOnly, standardFlowEnabled }: Client): string {
  if (publicClient) return "public";
  return bearerOnly || standardFlowEnabled === false ? "resource server" : "confidential";
}

/** Where a client's secret is; null for one that has none. */
function secretOf(command: string, environment: Environment, realm: WantedRealm, client: Client) {
  const { clientId = "", publicClient, bearerOnly, secret } = client;
  if (publicClient || bearerOnly) return null;
  if (realm.provision === "nothing") {
    const name = secretOfClient(realm, clientId) ?? clientSecretName(clientId, realm.secretPrefix);
    const told = `told by KIT_SECRET_${snakeCase(name)}`;
    return {
      name,
      where: `whoever administers the realm has it; ${clientId === "james" ? "here it is" : "for --addon it is"} ${told}`,
    };
  }
  const own = secretOfClient(realm, clientId);
  if (!own && secret) return { name: null, where: "the realm template" };
  const name =
    own ??
    (environment.platform.identity === "provider" ? clientSecretName(clientId, realm.secretPrefix) : null);
  const where = name ? kitCommand(command, `secrets show ${name}`) : "Keycloak's administration console";
  return { name, where };
}

/** What whoever administers a realm must create there; null where the kit does. */
function toCreate(environment: Environment, realm: WantedRealm, client: Client) {
  if (realm.provision !== "nothing") return null;
  const { oidc, backchannelLogoutUrl } = realm;
  const { revocation } = environment.platform.services.gateway;
  const logsIn = realm.loginClients.includes(client.clientId as string);
  return {
    grants: [
      ...(client.standardFlowEnabled === false ? [] : ["authorization code", "refresh token"]),
      ...(client.directAccessGrantsEnabled ? ["password"] : []),
    ],
    accessTokens: logsIn
      ? {
          format: "JWT",
          audience: oidc.audience ?? "james",
          claims: [oidc.userClaim ?? "email", ...(revocation === "introspection" ? [] : ["sid"])],
        }
      : null,
    backchannelLogoutUrl: logsIn ? (backchannelLogoutUrl ?? null) : null,
  };
}

/** Everything that a client must be told. */
export type HandOverSheet = ReturnType<typeof handOverSheet>;

/** @param found where an OpenID provider that is no Keycloak logs people in; undefined: nobody knows */
export function handOverSheet(
  name: string,
  environment: Environment,
  realm: WantedRealm,
  client: Client,
  found?: LoginEndpoints,
) {
  const address = localAddress(environment.bind);
  const { domain, gatewayUrl, mailHost } = realm;
  const { james } = environment.platform.services;
  const { issuer, discoveryUrl } = realm.oidc;
  const login = realm.existing ? found : loginEndpoints(issuer);
  // Where a Keycloak's services read them, a client need not reach it.
  const { jwksUrl, introspectionUrl } = realm.existing ? realm.oidc : tokenEndpoints(issuer);
  const clientId = client.clientId as string;
  const secret = secretOf(name, environment, realm, client);
  const servers = mailServersOf(environment.platform, realm, address === "127.0.0.1" ? "localhost" : address);
  const hostsFile = hostsFileLine(environment, [realm]);
  const records = dnsRecords(environment, realm, servers);
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
      ...login,
      jwks: jwksUrl,
      ...(clientId === "james" && { introspection: introspectionUrl }),
    },
    /** The command that shows the certificate of the environment's own authority; null: its certificates are of others. */
    authority: ownAuthority(environment) ? kitCommand(name, "ca show") : null,
    toCreate: toCreate(environment, realm, client),
    redirectUris: client.redirectUris ?? [],
    webOrigins: client.webOrigins ?? [],
    mail: {
      addresses: `…@${domain}`,
      tokens: tokensOf(jamesCapabilities(james.release)),
      imap: { ...servers.imap, authentication: "OAuth2" },
      submission: { ...servers.submission, authentication: "OAuth2" },
      ...(servers.sieve && { sieve: servers.sieve }),
      jmapSession: `${gatewayUrl}/oidc/jmap/session`,
      ...(autoconfigOf(environment.platform, realm) && {
        autoconfiguration: new URL(autoconfigPath, gatewayUrl).href,
      }),
    },
    thunderbird:
      redirectionEndpoint && login
        ? {
            host: mailHost ?? address,
            issuer: new URL(issuer).hostname,
            clientId,
            authorizationEndpoint: login.authorization,
            tokenEndpoint: login.token,
            redirectionEndpoint,
            hostnames: (mailHost === undefined ? [address, james.host] : [mailHost]).filter(isFound),
            scopes: ["openid", "email", ...(mayStay ? ["offline_access"] : [])].join(" "),
            usePKCE: true,
          }
        : null,
    ...(hostsFile !== undefined && { hostsFile }),
    ...(records.length > 0 && { dnsRecords: records }),
  };
}

function tokenEndpoints(issuer: string) {
  const endpoint = (path: string) => keycloakEndpoint(issuer, path);
  return { jwksUrl: endpoint("certs"), introspectionUrl: endpoint("token/introspect") };
}

export function sheetText(sheet: HandOverSheet, addon: string | undefined): string {
  const { endpoints, mail, thunderbird, toCreate } = sheet;
  const lines = (rows: Readonly<Record<string, string | null | undefined>>) =>
    Object.entries(rows).flatMap(([name, value]) => (value ? [`  ${name.padEnd(16)} ${value}`] : []));
  const server = ({
    host,
    port,
    security,
    startTlsPort,
    ...rest
  }: MailServer & { authentication?: string }) =>
    [
      `${host}:${port}`,
      security === "none" ? "no TLS" : security,
      ...(startTlsPort === undefined ? [] : [`or ${startTlsPort} with STARTTLS`]),
      ...(rest.authentication ? [rest.authentication] : []),
    ].join(", ");
  return [
    `client ${sheet.clientId}`,
    ...lines({
      description: sheet.description,
      kind: sheet.kind,
      issuer: sheet.issuer,
      secret: sheet.secret ? sheet.secret.where : "none: it cannot keep one",
      PKCE:
        sheet.kind === "resource server"
          ? null
          : sheet.pkce
            ? `${sheet.pkce}, required`
            : "not required; use S256 all the same",
      scopes: sheet.scopes.always.join(" "),
      "on request": sheet.scopes.onRequest.join(" "),
      "redirect URIs": sheet.redirectUris.join(" ") || "none: it logs nobody in",
      "web origins": sheet.webOrigins.join(" "),
    }),
    ...(toCreate
      ? [
          "to be created there by whoever administers it",
          ...lines({
            grants: toCreate.grants.join(", ") || "none: it only asks about tokens",
            "access tokens":
              toCreate.accessTokens &&
              `signed JWTs, audience ${toCreate.accessTokens.audience}, with ${toCreate.accessTokens.claims.join(" and ")}`,
            "told of logouts":
              toCreate.backchannelLogoutUrl &&
              `${toCreate.backchannelLogoutUrl} (back channel, with the session)`,
          }),
        ]
      : []),
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
      configuration: mail.autoconfiguration,
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
    ...(sheet.dnsRecords
      ? ["DNS records by which programs find them", ...sheet.dnsRecords.map((record) => `  ${record}`)]
      : []),
    ...(sheet.hostsFile === undefined ? [] : [`in /etc/hosts of the client's machine: ${sheet.hostsFile}`]),
    ...(sheet.authority === null
      ? []
      : [
          `certificates are of the environment's own authority, to be trusted by the client's machine: ${sheet.authority}`,
        ]),
  ].join("\n");
}

/** With which SASL mechanisms mail programs show a token, in a sentence. */
function tokensOf({ oauthbearerRfc7628, sieveOidc }: JamesCapabilities): string {
  const mechanisms = oauthbearerRfc7628
    ? "XOAUTH2 or OAUTHBEARER"
    : "XOAUTH2; not OAUTHBEARER, which this James reads in a form that no mail program sends";
  return sieveOidc ? mechanisms : `${mechanisms}; none on ManageSieve`;
}
