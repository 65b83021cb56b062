import { backchannelLogoutPath, type Revocation } from "../../constructs/apisix/revocation";
import { clientsWithAudience } from "../../constructs/keycloak/model/clients/token-content";
import { webOriginsOf } from "../../constructs/keycloak/model/realm/mail-realm";
import { longestAccessToken } from "../../constructs/keycloak/representation/token-lifespan";
import { realmAt } from "../../constructs/keycloak/server/realm";
import { directoryPeople } from "../../constructs/ldap/directory-people";
import { directoryAt } from "../../constructs/ldap/naming";
import { defined } from "../../kit/defined";
import { defaultTlsPorts, type Service } from "./addresses";
import { type Endpoint, endpointOf, urlOf } from "./endpoint";
import { kitClients, type PlatformModel, type RealmModel } from "./platform-model";
import type { ExistingKeycloak, PlatformSpec, RealmSpec } from "./platform-spec";

/** What all realms share. */
interface Surroundings {
  readonly hosts: Readonly<Record<Service, string>>;
  readonly gateway: Pick<PlatformModel["services"]["gateway"], "port" | "tls">;
  /** Of the realms that have no provider of their own. */
  readonly keycloak: Pick<ExistingKeycloak, "url" | "ca"> & { readonly internalUrl: string };
  /** Whether IMAP, SMTP and ManageSieve have TLS. */
  readonly mailTls: boolean;
  readonly revocation: Revocation;
}

/** What of a realm the platform makes. */
export function provisionOf(
  { existing }: RealmSpec,
  keycloak: PlatformSpec["keycloak"],
): RealmModel["provision"] {
  if (existing !== undefined) return "nothing";
  if (!keycloak) return "realm";
  return keycloak.admin ? "clients" : "nothing";
}

/** What is meant by the `index`th realm of a platform. */
export function resolveRealm(
  wanted: RealmSpec,
  index: number,
  spec: PlatformSpec,
  { hosts, gateway: listening, keycloak, mailTls, revocation }: Surroundings,
): RealmModel {
  const { domain, template, existing, clients, people } = wanted;
  const name = wanted.name ?? template?.realm ?? "";
  const provision = provisionOf(wanted, spec.keycloak);
  const gateway = publicGateway(wanted, listening);
  const { path: _, ...publicRoot } = gateway;
  // Somebody else's Keycloak comes as people do, the platform's own on its network.
  const logoutAt: Endpoint =
    provision === "realm" ? { scheme: "http", host: gateway.host, port: listening.port } : publicRoot;
  const logout = revocation === "introspection" ? undefined : `${urlOf(logoutAt)}${backchannelLogoutPath}`;
  const mailHost = wanted.public?.mail ?? (mailTls ? gateway.host : undefined);
  const { smokeUser = provision === "realm" ? people[0]?.mail : undefined } = wanted;
  return {
    ...{ name, domain, clients, people, gateway },
    ...(smokeUser !== undefined && { smokeUser }),
    ...(template && { template }),
    ...{ provision, existing: existing !== undefined },
    oidc:
      existing ??
      realmAt(keycloak.url, name, {
        internalUrl: keycloak.internalUrl,
        ...defined({ ca: keycloak.ca }),
      }),
    gatewayUrl: urlOf(gateway),
    ...(mailHost !== undefined && { mailHost }),
    ports: mailPorts(wanted, mailTls && index === 0),
    loginClients: loginClients(wanted, spec.directGrants ?? false),
    webOrigins: webOrigins(clients),
    directory: existingDirectory(wanted, index, spec) ?? ownDirectory(wanted, index, spec, hosts.ldap),
    // Each of several is believed about its own people only.
    ...(spec.realms.length > 1 && { userDomains: [domain] }),
    ...(logout !== undefined && { backchannelLogoutUrl: logout }),
    ...(template &&
      provision === "realm" && { rememberLogoutSeconds: Math.max(60, longestAccessToken(template)) }),
    secretPrefix: index === 0 ? "" : `${name}/`,
  };
}

/** Where people find JMAP: where it is said, else by its name and the port that is published. */
function publicGateway(
  { public: names, hosts }: RealmSpec,
  { port, tls }: Surroundings["gateway"],
): Endpoint {
  if (names?.gateway !== undefined) return endpointOf(names.gateway);
  return { scheme: tls ? "https" : "http", host: hosts.gateway, port: tls?.port ?? port };
}

/** @param standard whether it has the well-known ports for TLS from the beginning, where none are said */
function mailPorts({ ports }: RealmSpec, standard: boolean): RealmModel["ports"] {
  const { imap, smtp, sieve } = ports;
  const {
    imaps = standard ? defaultTlsPorts.imaps : null,
    submissions = standard ? defaultTlsPorts.submissions : null,
  } = ports;
  return {
    ...{ imap, smtp, sieve },
    ...(imaps !== null && { imaps }),
    ...(submissions !== null && { submissions }),
  };
}

/** Clients whose tokens James and the gateway take. */
function loginClients({ clients, template = {}, existing }: RealmSpec, directGrants: boolean): string[] {
  const own = [
    "oidc",
    "james-thunderbird",
    ...(directGrants ? ["kit-smoke"] : []),
    ...clients.others.map((client) => client.name),
  ];
  const further = clientsWithAudience(existing ? {} : template, "james")
    .map(({ clientId = "" }) => clientId)
    .filter((clientId) => !kitClients.includes(clientId) && !own.includes(clientId));
  return [...own, ...further];
}

function webOrigins({ oidc, others }: RealmSpec["clients"]): string[] {
  return [
    { kind: "public" as const, ...oidc },
    ...others.map(({ webOrigins, ...client }) => ({ ...client, ...(webOrigins && { webOrigins }) })),
  ].flatMap(webOriginsOf);
}

function existingDirectory(
  wanted: RealmSpec,
  index: number,
  { directory }: PlatformSpec,
): RealmModel["directory"] | undefined {
  if (!directory) return undefined;
  const { url, furtherUrls, startTls, bindDn, ca } = directory;
  const usersDn = wanted.usersDn ?? (index === 0 ? directory.usersDn : undefined);
  return { url, bindDn, ...defined({ furtherUrls, startTls, usersDn, ca }), ...directoryPeople(directory) };
}

function ownDirectory({ domain }: RealmSpec, index: number, { realms, tls }: PlatformSpec, host: string) {
  const further = index === 0 ? undefined : domain;
  return directoryAt(host, realms[0].domain, { further, tls: tls?.internal === true });
}
