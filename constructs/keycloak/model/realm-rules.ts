import { originProblem, redirectUriProblem, wildcardProblem } from "../../../kit/client-uris";
import type { Problem } from "../../../kit/errors";
import { isWebUrl } from "../../../kit/web-url";
import { builtInClients } from "../representation/built-in-clients";
import type { RealmRepresentation } from "../representation/realm-template";
import { standardFlowAliases } from "./authentication/standard-flows";
import { standardScopeNames } from "./clients/standard-scopes";
import { audienceOf, claimsOf } from "./clients/token-content";
import type { ObjectKind, RealmObject } from "./object/realm-object";
import {
  type ClientRepresentation,
  type ClientScopeRepresentation,
  components,
  componentType,
  type FlowRepresentation,
  type GroupRepresentation,
} from "./object/representation";

/** A realm that is checked, and what the rules must know beside it. */
export interface RealmContext {
  readonly realm: RealmRepresentation;
  /** Path of the realm's construct. */
  readonly path: string;
  /** Objects that were built here; the others came with a representation. */
  readonly objects: readonly RealmObject[];
  /** Whether the realm has more than what is here. */
  readonly existing: boolean;
  readonly allowWildcards: boolean;
  /** What tokens of mail clients need. */
  readonly mail: {
    readonly resourceServer: string;
    readonly claim: string;
    readonly clients: readonly string[];
  };
}

/** Something that is wrong; a warning where it came with a representation and may be meant so. */
export interface RealmFinding {
  readonly problem: Problem;
  readonly warning: boolean;
}

type UnplacedProblem = Omit<Problem, "where">;

/** Clients that Keycloak makes. */
const keycloakClients = new Set([...builtInClients, "admin-permissions"]);

interface ClientRule {
  /** The prop of an OidcClient, and the field of a representation, that it is about. */
  readonly prop: string;
  readonly field: string;
  /** Whether it is an error, and no warning, also where the client came with a representation. */
  readonly always?: true;
  readonly check: (
    client: ClientRepresentation,
    context: RealmContext,
  ) => UnplacedProblem | UnplacedProblem[] | undefined;
}

const wildcardProblems = (
  uris: readonly string[] = [],
  { allowWildcards }: RealmContext,
): UnplacedProblem[] =>
  allowWildcards
    ? []
    : uris
        .flatMap((uri) => wildcardProblem(uri) ?? [])
        .map((found) => ({ ...found, fix: "Or say allowWildcards on the realm" }));

/** What is wrong with redirect URIs. Wildcards that are not allowed have a rule of their own. */
const redirectUriProblems = (
  uris: readonly string[] = [],
  { rootUrl }: ClientRepresentation,
  { allowWildcards }: RealmContext,
): UnplacedProblem[] =>
  uris
    .filter((uri) => allowWildcards || !wildcardProblem(uri))
    .flatMap(
      (uri) => redirectUriProblem(uri, { allowWildcards, ...(rootUrl !== undefined && { rootUrl }) }) ?? [],
    );

const uriProblems = (
  uris: readonly string[] = [],
  check: (uri: string) => UnplacedProblem | undefined,
): UnplacedProblem[] => uris.filter((uri) => !wildcardProblem(uri)).flatMap((uri) => check(uri) ?? []);

function attributeOf(client: ClientRepresentation, name: string): string | undefined {
  const value: unknown = client.attributes?.[name];
  return value === undefined || value === "" ? undefined : String(value);
}

function postLogoutUris(client: ClientRepresentation): string[] {
  const uris = attributeOf(client, "post.logout.redirect.uris")?.split("##") ?? [];
  return uris.filter((uri) => uri !== "+" && uri !== "-");
}

const unknownScopes = (
  names: readonly string[] = [],
  { realm, existing }: RealmContext,
): UnplacedProblem[] => {
  const known = knownScopes(realm);
  return names
    .filter((name) => !existing && !known.includes(name))
    .map((name) => ({
      what: "unknown client scope",
      got: name,
      allowed: known,
      ...(standardScopeNames.includes(name) && {
        fix: `A realm with scopes of its own has only these: realm.addStandardScopes("${name}") adds Keycloak's`,
      }),
    }));
};

const clientRules: readonly ClientRule[] = [
  {
    prop: "clientId",
    field: "clientId",
    check: ({ clientId = "" }) =>
      /^[!-~]+$/.test(clientId) ? undefined : { what: "not a client id", got: clientId },
  },
  {
    prop: "redirectUris",
    field: "redirectUris",
    always: true,
    check: ({ redirectUris }, context) => wildcardProblems(redirectUris, context),
  },
  {
    prop: "redirectUris",
    field: "redirectUris",
    check: (client, context) => redirectUriProblems(client.redirectUris, client, context),
  },
  {
    prop: "webOrigins",
    field: "webOrigins",
    always: true,
    check: ({ webOrigins }, context) => wildcardProblems(webOrigins, context),
  },
  {
    prop: "webOrigins",
    field: "webOrigins",
    // `+` is those of the redirect URIs.
    check: ({ webOrigins }) =>
      uriProblems(webOrigins, (origin) => (origin === "+" ? undefined : originProblem(origin))),
  },
  {
    prop: "postLogoutRedirectUris",
    field: "attributes.post.logout.redirect.uris",
    always: true,
    check: (client, context) => wildcardProblems(postLogoutUris(client), context),
  },
  {
    prop: "postLogoutRedirectUris",
    field: "attributes.post.logout.redirect.uris",
    check: (client, context) => redirectUriProblems(postLogoutUris(client), client, context),
  },
  ...["backchannel", "frontchannel"].map(
    (channel): ClientRule => ({
      prop: `${channel}Logout.url`,
      field: `attributes.${channel}.logout.url`,
      check: (client) => {
        const url = attributeOf(client, `${channel}.logout.url`);
        return url === undefined || isWebUrl(url)
          ? undefined
          : { what: "not a URL", got: url, allowed: "an http:// or https:// URL" };
      },
    }),
  ),
  {
    prop: "secret",
    field: "secret",
    check: ({ publicClient, secret }) =>
      publicClient && secret !== undefined
        ? { what: "a public client has no secret: whoever has the application would know it" }
        : undefined,
  },
  {
    prop: "pkce",
    field: "attributes.pkce.code.challenge.method",
    check: (client) =>
      client.publicClient &&
      client.standardFlowEnabled !== false &&
      attributeOf(client, "pkce.code.challenge.method") !== "S256"
        ? { what: "a public client without PKCE: a stolen code would be enough", allowed: "S256" }
        : undefined,
  },
  {
    prop: "defaultScopes",
    field: "defaultClientScopes",
    check: ({ defaultClientScopes }, context) => unknownScopes(defaultClientScopes, context),
  },
  {
    prop: "optionalScopes",
    field: "optionalClientScopes",
    check: ({ optionalClientScopes }, context) => unknownScopes(optionalClientScopes, context),
  },
  {
    prop: "optionalScopes",
    field: "optionalClientScopes",
    check: ({ defaultClientScopes = [], optionalClientScopes = [] }) => {
      const both = optionalClientScopes.find((name) => defaultClientScopes.includes(name));
      return both === undefined
        ? undefined
        : { what: "the scope is a default one too: it would not be optional", got: both };
    },
  },
  {
    prop: "optionalScopes",
    field: "optionalClientScopes",
    check: (client, { realm, existing }) =>
      existing || mayBeOffline(client, realm)
        ? undefined
        : {
            what: "offline_access is offered and would always be refused: its scope lets role offline_access through to no token",
            got: client.optionalClientScopes,
            fix: 'Give client scope offline_access the role: roles: ["offline_access"], or a scopeMappings entry of a representation',
          },
  },
  {
    prop: "mappers",
    field: "protocolMappers",
    check: ({ protocolMappers = [] }) => repeatedMapper(protocolMappers),
  },
  {
    prop: "lifetimes",
    field: "attributes",
    check: (client, { realm }) => {
      const wrong = clientLifetimes.filter((name) => {
        const value = attributeOf(client, name);
        return value !== undefined && !/^[1-9]\d*$/.test(value);
      });
      const own = (name: string) => Number(attributeOf(client, name)) || undefined;
      const access = own("access.token.lifespan");
      const session = Math.min(
        own("client.session.idle.timeout") ?? realm.ssoSessionIdleTimeout ?? 1800,
        own("client.session.max.lifespan") ?? realm.ssoSessionMaxLifespan ?? 36000,
      );
      return [
        ...wrong.map((name) => ({
          what: `${name} is no lifetime`,
          got: attributeOf(client, name),
          allowed: "whole seconds, 1 or more",
        })),
        ...(access !== undefined && access > session ? [tooLong(access, session)] : []),
      ];
    },
  },
];

/** Whether Keycloak would give the client offline tokens: its scopes, or the client itself, must let role offline_access through. */
function mayBeOffline(
  {
    clientId,
    fullScopeAllowed = true,
    defaultClientScopes = [],
    optionalClientScopes = [],
  }: ClientRepresentation,
  { clientScopes, scopeMappings = [] }: RealmRepresentation,
): boolean {
  const name = "offline_access";
  const offered = [...defaultClientScopes, ...optionalClientScopes].includes(name);
  const own = clientScopes?.some((scope) => scope.name === name) ?? false;
  if (!offered || fullScopeAllowed || !own) return true;
  return scopeMappings.some(
    ({ client, clientScope, roles }) =>
      (client === clientId || clientScope === name) && roles?.includes(name) === true,
  );
}

const clientLifetimes = [
  "access.token.lifespan",
  "client.session.idle.timeout",
  "client.session.max.lifespan",
  "client.offline.session.idle.timeout",
  "client.offline.session.max.lifespan",
];

function tooLong(access: number, session: number): UnplacedProblem {
  return {
    what: "access tokens would outlive the session",
    got: access,
    allowed: `${session} seconds or less`,
  };
}

function repeatedMapper(mappers: readonly { name?: string }[]): UnplacedProblem | undefined {
  const names = mappers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : { what: "two mappers have one name", got: twice };
}

function knownScopes(realm: RealmRepresentation): readonly string[] {
  const scopes: readonly ClientScopeRepresentation[] | undefined = realm.clientScopes;
  return scopes ? [...scopes.map(({ name = "" }) => name), "offline_access"] : standardScopeNames;
}

/** Everything that the representation of a realm shows. */
export function realmFindings(context: RealmContext): RealmFinding[] {
  return [
    ...duplicates(context),
    ...(context.realm.clients ?? []).flatMap((client) => clientFindings(client, context)),
    ...scopeFindings(context),
    ...lifetimeFindings(context),
    ...mailFindings(context),
  ];
}

/** Where a finding says that an object is, and whether the object was built here. */
function placeOf(
  kind: ObjectKind,
  name: string,
  { objects, path }: RealmContext,
): { at: string; built: boolean } {
  const object = objects.find((one) => one.kind === kind && one.objectName === name);
  return object ? { at: object.node.path, built: true } : { at: `${path}.${kind} ${name}`, built: false };
}

function clientFindings(client: ClientRepresentation, context: RealmContext): RealmFinding[] {
  const { clientId = "" } = client;
  const { at, built } = placeOf("client", clientId, context);
  if (!built && keycloakClients.has(clientId)) return [];
  return clientRules.flatMap(({ prop, field, always, check }) =>
    [check(client, context) ?? []].flat().map((problem) => ({
      problem: { where: `${at}.${built ? prop : field}`, ...problem },
      warning: !built && !always,
    })),
  );
}

function scopeFindings(context: RealmContext): RealmFinding[] {
  const scopes: readonly ClientScopeRepresentation[] = context.realm.clientScopes ?? [];
  return scopes.flatMap(({ name = "", protocolMappers = [] }) => {
    const { at, built } = placeOf("client scope", name, context);
    const problem = repeatedMapper(protocolMappers);
    return problem ? [{ problem: { where: `${at}.mappers`, ...problem }, warning: !built }] : [];
  });
}

/** Everything that has a name, in the order of the representation. */
function namesByKind(realm: RealmRepresentation): [ObjectKind, string[]][] {
  const flows: readonly FlowRepresentation[] = realm.authenticationFlows ?? [];
  const scopes: readonly ClientScopeRepresentation[] = realm.clientScopes ?? [];
  const roles = Object.entries(realm.roles?.client ?? {}) as [string, { name?: string }[]][];
  const clientRoles = roles.flatMap(([client, list]) => list.map(({ name }) => `${client}/${name}`));
  return [
    ["client", realm.clients?.map(({ clientId = "" }) => clientId) ?? []],
    ["client scope", scopes.map(({ name = "" }) => name)],
    ["role", [...(realm.roles?.realm?.map(({ name = "" }) => name) ?? []), ...clientRoles]],
    ["group", groupPaths(realm.groups ?? [])],
    ["user", realm.users?.map(({ username = "" }) => username) ?? []],
    ["identity provider", realm.identityProviders?.map(({ alias = "" }) => alias) ?? []],
    ["flow", flows.map(({ alias = "" }) => alias)],
    ["user federation", components(realm, componentType.storage).map(({ name = "" }) => name)],
    ["user profile", components(realm, componentType.userProfile).map(() => "user profile")],
  ];
}

function groupPaths(groups: readonly GroupRepresentation[], parent = ""): string[] {
  return groups.flatMap(({ name, subGroups = [] }) => [
    `${parent}/${name}`,
    ...groupPaths(subGroups, `${parent}/${name}`),
  ]);
}

function duplicates(context: RealmContext): RealmFinding[] {
  return namesByKind(context.realm).flatMap(([kind, list]) => {
    const seen = new Set<string>();
    const twice = new Set(list.filter((name) => seen.size === seen.add(name).size));
    return [...twice].map((name) => {
      const built = context.objects.filter((one) => one.kind === kind && one.objectName === name);
      const { at } = placeOf(kind, name, context);
      const others = built.map(({ node }) => node.path).slice(0, -1);
      return {
        problem: {
          where: built.at(-1)?.node.path ?? at,
          what: `two have the name of this ${kind}${others.length > 0 ? `: also ${others.join(", ")}` : ""}`,
          got: name,
          fix: "Name one of them otherwise",
        },
        warning: false,
      };
    });
  });
}

/** Lifetimes of a realm, in seconds. `zero is none`: with 0 another lifetime decides. */
const lifetimes: Readonly<Record<string, "positive" | "zero is none">> = {
  accessTokenLifespan: "positive",
  accessTokenLifespanForImplicitFlow: "positive",
  accessCodeLifespan: "positive",
  accessCodeLifespanLogin: "positive",
  accessCodeLifespanUserAction: "positive",
  actionTokenGeneratedByUserLifespan: "positive",
  actionTokenGeneratedByAdminLifespan: "positive",
  ssoSessionIdleTimeout: "positive",
  ssoSessionMaxLifespan: "positive",
  offlineSessionIdleTimeout: "positive",
  offlineSessionMaxLifespan: "positive",
  ssoSessionIdleTimeoutRememberMe: "zero is none",
  ssoSessionMaxLifespanRememberMe: "zero is none",
  clientSessionIdleTimeout: "zero is none",
  clientSessionMaxLifespan: "zero is none",
  clientOfflineSessionIdleTimeout: "zero is none",
  clientOfflineSessionMaxLifespan: "zero is none",
};

function lifetimeFindings({ realm, path }: RealmContext): RealmFinding[] {
  const values = realm as Readonly<Record<string, unknown>>;
  const wrong = Object.entries(lifetimes).flatMap(([field, bound]): Problem[] => {
    const value = values[field];
    const least = bound === "positive" ? 1 : 0;
    return value === undefined || (Number.isInteger(value) && (value as number) >= least)
      ? []
      : [
          {
            where: `${path}.${field}`,
            what: "not a lifetime",
            got: value,
            allowed: `whole seconds, ${least} or more`,
          },
        ];
  });
  const { accessTokenLifespan: access = 300 } = realm;
  const session = Math.min(realm.ssoSessionIdleTimeout ?? 1800, realm.ssoSessionMaxLifespan ?? 36000);
  const long =
    access > session && session > 0
      ? [{ where: `${path}.accessTokenLifespan`, ...tooLong(access, session) }]
      : [];
  return [...wrong, ...long].map((problem) => ({ problem, warning: false }));
}

/** Mail clients whose tokens James or the gateway would refuse. */
function mailFindings(context: RealmContext): RealmFinding[] {
  const { realm, mail } = context;
  return (realm.clients ?? []).flatMap((client) => {
    const { clientId = "" } = client;
    const audience = audienceOf(client, realm);
    const built = context.objects.find((one) => one.kind === "client" && one.objectName === clientId);
    const meant = mail.clients.includes(clientId) || (built !== undefined && "mail" in built && built.mail);
    if (!meant && !audience.has(mail.resourceServer)) return [];
    const where = placeOf("client", clientId, context).at;
    return [
      ...(audience.has(mail.resourceServer)
        ? []
        : [
            {
              where,
              what: `its tokens do not name ${mail.resourceServer} in aud: James would be told that they are inactive`,
              fix: "client.allowIntrospectionBy(james)",
            },
          ]),
      ...(claimsOf(client, realm).has(mail.claim)
        ? []
        : [
            {
              where,
              what: `its tokens lack the claim ${mail.claim}, by which James and the gateway know the user`,
              fix: "Add the client scope, or a mapper, that gives it",
            },
          ]),
    ].map((problem) => ({ problem, warning: true }));
  });
}

/** The names that references may use, by kind: those of Keycloak's own objects too. */
export function knownNames(realm: RealmRepresentation): (kind: ObjectKind) => ReadonlySet<string> {
  const own = Object.fromEntries(namesByKind(realm)) as Partial<Record<ObjectKind, string[]>>;
  const keycloaks: Partial<Record<ObjectKind, readonly string[]>> = {
    client: [...keycloakClients],
    role: ["offline_access", "uma_authorization", `default-roles-${realm.realm?.toLowerCase()}`],
    flow: realm.authenticationFlows ? [] : standardFlowAliases,
  };
  const sets = new Map<ObjectKind, ReadonlySet<string>>();
  return (kind) => {
    const known = sets.get(kind) ?? new Set([...(own[kind] ?? []), ...(keycloaks[kind] ?? [])]);
    sets.set(kind, known);
    return known;
  };
}
