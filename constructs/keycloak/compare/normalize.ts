import type { RealmRepresentation } from "../realm-template";
import { bareRealm } from "./bare-realm";
import { attributeDefaults, fieldDefaults } from "./defaults";
import { isEmpty, isObject, type Json, type JsonObject, keyed } from "./json";

/** A realm as a table of its objects, complete and comparable: two realms that behave alike are equal. */
export interface NormalizedRealm {
  readonly realm: string;
  /** By kind and name: `realm`, `client oidc`, `client scope mail`, `flow browser`, … */
  readonly objects: Readonly<Record<string, JsonObject>>;
}

type Objects = Record<string, JsonObject>;

const storage = "org.keycloak.storage.UserStorageProvider";
const keys = "org.keycloak.keys.KeyProvider";
const userProfile = "org.keycloak.userprofile.UserProfileProvider";
const registrationPolicy = "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy";

/** Ids and what changes by itself. */
const volatile = new Set([
  "id",
  "internalId",
  "containerId",
  "parentId",
  "flowId",
  "notBefore",
  "createdTimestamp",
  "keycloakVersion",
  "access",
  "nodeReRegistrationTimeout",
  "registeredNodes",
  "lastSync",
  "client.secret.creation.time",
  "realm_client",
  "saml.artifact.binding.identifier",
  "jwt.credential.certificate.kid",
]);

/** Fields of the realm that are objects of their own here. */
const elsewhere = new Set([
  ...["realm", "clients", "clientScopes", "roles", "groups", "users", "federatedUsers", "components"],
  ...["identityProviders", "identityProviderMappers", "authenticationFlows", "authenticatorConfig"],
  ...["requiredActions", "scopeMappings", "clientScopeMappings", "attributes", "defaultRole"],
  // Written by Keycloak since ever, read by nobody: the password is what there is.
  "requiredCredentials",
  // Follows from the policy.
  "otpSupportedApplications",
]);

/**
 * Brings a realm into the form in which it can be compared: what an import leaves out is filled in as Keycloak would,
 * ids, times and the order of what has none are gone. An export (it names its `keycloakVersion`) is complete as it is.
 */
export function normalizeRealm(realm: RealmRepresentation): NormalizedRealm {
  const name = realm.realm ?? "";
  const given = realm as unknown as JsonObject;
  const bare = bareRealm(name) as unknown as JsonObject;
  const exported = typeof given.keycloakVersion === "string";
  const source = exported ? given : completed(given, bare);
  return { realm: name, objects: objects(source, bare) };
}

/** What Keycloak adds to an import. */
function completed(given: JsonObject, bare: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...bare, ...withoutUndefined(given) };
  merged.enabled = given.enabled ?? false;
  merged.clients = union(bare.clients, given.clients, "clientId");
  const flows = missingFlows(bare, given);
  merged.authenticationFlows = [...flows, ...listOf(given.authenticationFlows)];
  merged.authenticatorConfig = union(configsOf(flows, bare), given.authenticatorConfig, "alias");
  merged.roles = completedRoles(given, bare);
  merged.browserSecurityHeaders = {
    ...objectOf(bare.browserSecurityHeaders),
    ...objectOf(given.browserSecurityHeaders),
  };
  merged.components = { ...objectOf(bare.components), ...objectOf(given.components) };
  merged.attributes = { ...objectOf(bare.attributes), ...objectOf(given.attributes) };
  merged.users = [
    ...serviceAccounts(listOf(merged.clients), keyed(given.users, "username")),
    ...listOf(given.users),
  ];
  if (given.clientScopes !== undefined) {
    // Its own clients are made before the scopes are there.
    const isGivenClient = keyed(given.clients, "clientId");
    merged.clients = listOf(merged.clients)
      .filter(isObject)
      .map((client) =>
        Object.hasOwn(isGivenClient, String(client.clientId))
          ? client
          : { ...client, defaultClientScopes: [], optionalClientScopes: [] },
      );
    const offline = listOf(bare.clientScopes).filter((scope) => property(scope, "name") === "offline_access");
    const isGiven = Object.hasOwn(keyed(given.clientScopes, "name"), "offline_access");
    merged.clientScopes = union(offline, given.clientScopes, "name");
    merged.defaultDefaultClientScopes = given.defaultDefaultClientScopes ?? [];
    merged.defaultOptionalClientScopes = given.defaultOptionalClientScopes ?? ["offline_access"];
    // A scope of Keycloak's own has its own roles.
    merged.scopeMappings = [...(isGiven ? [] : listOf(bare.scopeMappings)), ...listOf(given.scopeMappings)];
  } else {
    merged.scopeMappings = [...listOf(bare.scopeMappings), ...listOf(given.scopeMappings)];
  }
  const clients = keyed(given.clients, "clientId");
  const ownMappings = Object.entries(objectOf(bare.clientScopeMappings)).map(
    ([client, mappings]) =>
      [
        client,
        listOf(mappings).filter((mapping) => !Object.hasOwn(clients, String(property(mapping, "client")))),
      ] as const,
  );
  merged.clientScopeMappings = { ...objectOf(given.clientScopeMappings) };
  for (const [client, mappings] of ownMappings) {
    const added = listOf(objectOf(merged.clientScopeMappings)[client]);
    merged.clientScopeMappings = { ...merged.clientScopeMappings, [client]: [...mappings, ...added] };
  }
  return merged;
}

/** Its own roles: of the realm, and of its own clients unless the import has them; it completes realm-management. */
function completedRoles(given: JsonObject, bare: JsonObject): JsonObject {
  const isGiven = keyed(given.clients, "clientId");
  const [own, wanted] = [bare, given].map(({ roles }) => objectOf(property(roles, "client"))) as [
    JsonObject,
    JsonObject,
  ];
  const ownRealmRoles = listOf(property(bare.roles, "realm")).filter(
    (role) => given.defaultRole === undefined || !String(property(role, "name")).startsWith("default-roles-"),
  );
  const [management, admin] = ["realm-management", "realm-admin"];
  const client: Record<string, Json> = { ...wanted };
  for (const [name, roles] of Object.entries(own)) {
    if (name === management || !Object.hasOwn(isGiven, name))
      client[name] = union(roles, wanted[name], "name");
  }
  const merged = { client: { [management]: adminRoles([own, wanted]) } };
  // Whoever administers a realm may use what a newer Keycloak has.
  client[management] = listOf(client[management]).map((role) =>
    property(role, "name") === admin && isObject(role) ? { ...role, composites: merged } : role,
  );
  return { realm: union(ownRealmRoles, property(given.roles, "realm"), "name"), client };
}

function adminRoles(sides: readonly JsonObject[]): Json {
  return sides.flatMap((side) => {
    const admin = keyed(side["realm-management"], "name")["realm-admin"];
    return listOf(property(property(admin?.composites, "client"), "realm-management"));
  });
}

/** Keycloak's own flows, with the flows in them, unless the import has one of that name. */
function missingFlows(bare: JsonObject, given: JsonObject): JsonObject[] {
  const own = keyed(bare.authenticationFlows, "alias");
  const isGiven = keyed(given.authenticationFlows, "alias");
  const withSubflows = (alias: string): string[] => [
    alias,
    ...listOf(own[alias]?.authenticationExecutions).flatMap((step) => {
      const subflow = property(step, "flowAlias");
      return typeof subflow === "string" ? withSubflows(subflow) : [];
    }),
  ];
  const missing = Object.values(own).filter(
    (flow) => flow.topLevel === true && !Object.hasOwn(isGiven, String(flow.alias)),
  );
  const aliases = new Set(missing.flatMap((flow) => withSubflows(String(flow.alias))));
  return [...aliases].flatMap((alias) => (Object.hasOwn(isGiven, alias) || !own[alias] ? [] : [own[alias]]));
}

/** The configurations that the steps of flows have. */
function configsOf(flows: readonly JsonObject[], realm: JsonObject): JsonObject[] {
  const configs = keyed(realm.authenticatorConfig, "alias");
  const steps = flows.flatMap((flow) => listOf(flow.authenticationExecutions));
  const found = steps.map((step) => configs[String(property(step, "authenticatorConfig"))]);
  return found.filter((config) => config !== undefined);
}

/** The users that clients with a service account are. */
function serviceAccounts(
  clients: readonly Json[],
  users: Readonly<Record<string, JsonObject>>,
): JsonObject[] {
  return clients
    .filter(isObject)
    .filter(({ serviceAccountsEnabled }) => serviceAccountsEnabled === true)
    .map(({ clientId }) => ({
      username: `service-account-${String(clientId).toLowerCase()}`,
      enabled: true,
      serviceAccountClientId: clientId ?? "",
    }))
    .filter(({ username }) => !Object.hasOwn(users, username));
}

function objects(realm: JsonObject, bare: JsonObject): Objects {
  return {
    realm: realmObject(realm, bare),
    ...clients(realm),
    ...clientScopes(realm),
    ...roles(realm),
    ...groups(listOf(realm.groups), ""),
    ...users(realm),
    ...identityProviders(realm),
    ...flows(realm),
    ...named(requiredActions(realm, bare), "alias", "required action", (action) =>
      pruned({
        ...fieldDefaults.requiredAction,
        ...without(action, ["priority", "name"]),
        // Nobody is asked for one that is disabled.
        defaultAction: action.enabled === true && action.defaultAction === true,
      }),
    ),
    ...components(realm),
  };
}

/** One that Keycloak has and the realm has not is like one that is disabled. */
function requiredActions(realm: JsonObject, bare: JsonObject): JsonObject[] {
  const disabled = listOf(bare.requiredActions)
    .filter(isObject)
    .map(({ alias, providerId }) => ({ alias: alias ?? "", providerId: providerId ?? "" }));
  return union(disabled, realm.requiredActions, "alias");
}

function realmObject(realm: JsonObject, bare: JsonObject): JsonObject {
  const fields = Object.entries({ ...bare, ...withoutUndefined(realm) }).filter(
    // A switch that nobody knows is off.
    ([key, value]) => !elsewhere.has(key) && !volatile.has(key) && (value !== false || key in bare),
  );
  const attributes = Object.entries(objectOf(realm.attributes)).filter(
    // Some fields are exported a second time as an attribute.
    ([key]) => !(key in bare) && !(key in realm) && key !== "realmReusableOtpCode",
  );
  const name = String(realm.realm);
  const role = property(realm.defaultRole, "name") ?? `default-roles-${name.toLowerCase()}`;
  return pruned({
    ...Object.fromEntries(fields.map(([key, value]) => [key, sortedSet(value)])),
    ...(!isEmpty(realm.smtpServer) && { smtpServer: { authType: "basic", ...objectOf(realm.smtpServer) } }),
    attributes: Object.fromEntries(attributes),
    defaultRole: role,
  });
}

function clients(realm: JsonObject): Objects {
  const scopes = keyed(realm.clientScopes, "name");
  // Exports name them by their ids.
  const aliases = new Map(
    listOf(realm.authenticationFlows).map((flow) => [property(flow, "id"), property(flow, "alias") ?? ""]),
  );
  const ofProtocol = (list: unknown, protocol: unknown) =>
    listOf(list).filter((scope) => (scopes[String(scope)]?.protocol ?? "openid-connect") === protocol);
  return named(realm.clients, "clientId", "client", (client, clientId) => {
    const full: Record<string, Json> = { ...fieldDefaults.client, ...client };
    const bearerOnly = full.bearerOnly === true && full.publicClient !== true;
    const secretless = full.publicClient === true || bearerOnly;
    return pruned({
      ...(secretless ? without(full, ["secret"]) : full),
      // It gets no tokens, whatever it says about them.
      ...(bearerOnly && tokenless),
      attributes: stringMap(objectOf(full.attributes), attributeDefaults.client),
      protocolMappers: protocolMappers(full.protocolMappers),
      redirectUris: sortedSet(full.redirectUris ?? []),
      webOrigins: sortedSet(full.webOrigins ?? originsOf(full.redirectUris)),
      // Keycloak leaves out those of another protocol.
      defaultClientScopes: bearerOnly
        ? []
        : sortedSet(ofProtocol(full.defaultClientScopes ?? realm.defaultDefaultClientScopes, full.protocol)),
      optionalClientScopes: bearerOnly
        ? []
        : sortedSet(
            ofProtocol(full.optionalClientScopes ?? realm.defaultOptionalClientScopes, full.protocol),
          ),
      authenticationFlowBindingOverrides: mapValues(
        objectOf(full.authenticationFlowBindingOverrides),
        (id) => aliases.get(id) ?? id,
      ),
      scopeMappings: scopeMappings(realm, "client", clientId),
    });
  });
}

const tokenless: JsonObject = {
  standardFlowEnabled: false,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
  serviceAccountsEnabled: false,
};

/** Keycloak takes them for the origins of a client that says nothing of its own. */
export function originsOf(redirectUris: unknown): string[] {
  return listOf(redirectUris).flatMap((uri) => /^https?:\/\/[^/]+/.exec(String(uri))?.[0] ?? []);
}

function clientScopes(realm: JsonObject): Objects {
  // Keycloak makes it for the first client with a service account.
  const own = listOf(realm.clientScopes).filter((scope) => property(scope, "name") !== "service_account");
  return named(own, "name", "client scope", (scope, name) =>
    pruned({
      ...scope,
      attributes: consented(name, stringMap(objectOf(scope.attributes), attributeDefaults.clientScope)),
      protocolMappers: protocolMappers(scope.protocolMappers),
      scopeMappings: scopeMappings(realm, "clientScope", name),
    }),
  );
}

/** A consent screen shows the name of a scope that has no text for it, and no text of one that it does not show. */
function consented(name: string, attributes: JsonObject): JsonObject {
  const { "consent.screen.text": text, ...others } = attributes;
  return attributes["display.on.consent.screen"] === "true"
    ? { ...others, "consent.screen.text": text ?? name }
    : others;
}

function protocolMappers(mappers: unknown): JsonObject {
  return mapValues(keyed(mappers, "name"), (mapper) =>
    pruned({
      ...fieldDefaults.protocolMapper,
      ...without(mapper, ["name"]),
      config: stringMap(completeMapperConfig(mapper)),
    }),
  );
}

/** Mappers whose claims are always in the access token, unless they say otherwise; and always told to introspection. */
const always = ["oidc-allowed-origins-mapper", "oidc-audience-resolve-mapper"];
/** Mappers that know nothing of introspection and userinfo. */
const elsewhereOnly = ["oidc-nonce-backwards-compatible-mapper"];

/**
 * What Keycloak takes for the configuration of a mapper: a claim goes where it says, and where it says nothing, where it
 * goes otherwise. Seen of every mapper of 26.7.3, as its API gives them back.
 */
export function completeMapperConfig({
  config = {},
  protocol = "openid-connect",
  protocolMapper,
}: {
  readonly config?: unknown;
  readonly protocol?: unknown;
  readonly protocolMapper?: unknown;
}): JsonObject {
  const given = objectOf(config);
  if (protocol !== "openid-connect" || elsewhereOnly.includes(String(protocolMapper))) return given;
  if (always.includes(String(protocolMapper)))
    return { "access.token.claim": "true", "introspection.token.claim": "true", ...given };
  const { "access.token.claim": access, "id.token.claim": id } = given;
  return {
    ...(access !== undefined && { "introspection.token.claim": access }),
    ...(id !== undefined && { "userinfo.token.claim": id }),
    ...given,
  };
}

/** Roles that a client or scope may put into tokens: those of the realm, and of clients. */
function scopeMappings(realm: JsonObject, holder: "client" | "clientScope", name: string): JsonObject {
  const own = (list: unknown) => listOf(list).filter((mapping) => property(mapping, holder) === name);
  const rolesOf = (list: readonly Json[]) =>
    sortedSet(list.flatMap((mapping) => listOf(property(mapping, "roles"))));
  return pruned({
    realm: rolesOf(own(realm.scopeMappings)),
    client: mapValues(objectOf(realm.clientScopeMappings), (list) => rolesOf(own(list))),
  });
}

function roles(realm: JsonObject): Objects {
  const role = (value: JsonObject) => {
    const { composites, ...rest } = value;
    return pruned({
      ...fieldDefaults.role,
      ...without(rest, ["name", "clientRole"]),
      composites: {
        realm: sortedSet(property(composites, "realm")),
        client: mapValues(objectOf(property(composites, "client")), sortedSet),
      },
      composite: !isEmpty(property(composites, "realm")) || !isEmpty(property(composites, "client")),
    });
  };
  const ofClients = Object.entries(objectOf(property(realm.roles, "client")));
  return Object.assign(
    named(property(realm.roles, "realm"), "name", "role", role),
    ...ofClients.map(([client, list]) => named(list, "name", `client ${client} role`, role)),
  );
}

function groups(list: readonly Json[], parent: string): Objects {
  return Object.assign(
    {},
    ...list.filter(isObject).map((group) => {
      const path = `${parent}/${group.name}`;
      const own = without(group, ["name", "path", "subGroups", "subGroupCount"]);
      return {
        [`group ${path}`]: pruned({
          ...own,
          realmRoles: sortedSet(own.realmRoles),
          clientRoles: mapValues(objectOf(own.clientRoles), sortedSet),
        }),
        ...groups(listOf(group.subGroups), path),
      };
    }),
  );
}

function users(realm: JsonObject): Objects {
  const defaultRole = String(
    property(realm.defaultRole, "name") ?? `default-roles-${String(realm.realm).toLowerCase()}`,
  );
  return named(realm.users, "username", "user", (user) => {
    const realmRoles = listOf(user.realmRoles).filter((role) => role !== defaultRole);
    return pruned({
      ...fieldDefaults.user,
      // Keycloak keeps passwords as hashes, which an export through its API leaves out.
      ...without(user, ["username", "credentials", "disableableCredentialTypes", "userProfileMetadata"]),
      realmRoles: sortedSet(realmRoles),
      clientRoles: mapValues(objectOf(user.clientRoles), sortedSet),
      groups: sortedSet(user.groups),
    });
  });
}

function identityProviders(realm: JsonObject): Objects {
  return named(realm.identityProviders, "alias", "identity provider", (provider) => {
    const mappers = listOf(realm.identityProviderMappers).filter(
      (mapper) => property(mapper, "identityProviderAlias") === provider.alias,
    );
    return pruned({
      ...fieldDefaults.identityProvider,
      // What it can do follows from what it is.
      ...without(provider, ["types"]),
      config: stringMap(objectOf(provider.config), attributeDefaults.identityProvider),
      mappers: mapValues(keyed(mappers, "name"), (mapper) =>
        pruned({
          ...without(mapper, ["name", "identityProviderAlias"]),
          config: stringMap(objectOf(mapper.config)),
        }),
      ),
    });
  });
}

function flows(realm: JsonObject): Objects {
  const configs = keyed(realm.authenticatorConfig, "alias");
  return named(realm.authenticationFlows, "alias", "flow", (flow) => {
    const steps = listOf(flow.authenticationExecutions).filter(isObject);
    const order = steps.toSorted((a, b) => Number(a.priority ?? 0) - Number(b.priority ?? 0));
    return pruned({
      ...flow,
      authenticationExecutions: order.map((step) =>
        pruned({
          ...fieldDefaults.execution,
          ...without(step, ["priority", "authenticatorFlow", "autheticatorFlow"]),
          ...(typeof step.authenticatorConfig === "string" && configOf(configs, step.authenticatorConfig)),
        }),
      ),
    });
  });
}

/** The configuration of a step, whose name nobody reads; a reference to none is none. */
function configOf(configs: Readonly<Record<string, JsonObject>>, alias: string): JsonObject {
  const config = configs[alias];
  return { authenticatorConfig: "", ...(config && { config: stringMap(objectOf(config.config)) }) };
}

function components(realm: JsonObject): Objects {
  const all = Object.entries(objectOf(realm.components)).flatMap(([type, list]) =>
    listOf(list)
      .filter(isObject)
      .map((component) => [componentLabel(type, component), component, type] as const),
  );
  return Object.fromEntries(all.map(([label, component, type]) => [label, componentObject(component, type)]));
}

function componentLabel(type: string, { name, subType }: JsonObject): string {
  switch (type) {
    case storage:
      return `user federation ${name}`;
    case keys:
      return `key provider ${name}`;
    case userProfile:
      return "user profile";
    case registrationPolicy:
      return `client registration policy ${name} (${subType})`;
    default:
      return `component ${type} ${name}`;
  }
}

const componentDefaults: Readonly<Record<string, JsonObject>> = {
  [storage]: attributeDefaults.federation,
  [keys]: { active: ["true"], enabled: ["true"] },
};

/** Sizes of the keys that Keycloak makes. */
const keyDefaults: Readonly<Record<string, JsonObject>> = {
  "rsa-generated": { keySize: ["2048"] },
  "hmac-generated": { secretSize: ["64"] },
  "aes-generated": { secretSize: ["16"] },
};

function componentObject(component: JsonObject, type: string): JsonObject {
  const children = Object.values(objectOf(component.subComponents)).flatMap(listOf);
  const defaults = { ...componentDefaults[type], ...keyDefaults[String(component.providerId)] };
  return pruned({
    ...without(component, ["name", "subType", "subComponents"]),
    config: mapValues({ ...defaults, ...objectOf(component.config) }, configValue),
    mappers: mapValues(keyed(children, "name"), (child) => componentObject(child, "")),
  });
}

/** A configuration value: the user profile is JSON in a string; "false" is what an absent one means. */
function configValue(value: Json, key: string): Json {
  const list = sortedSet(Array.isArray(value) ? value : [value]);
  const [only] = list;
  if (list.length !== 1 || typeof only !== "string") return list;
  if (key === "kc.user.profile.config") return parsed(only);
  return key in attributeDefaults.federation || only !== "false" ? list : [];
}

/** A user profile may say `3` or `"3"`. */
function numberAsText(_: string, value: Json): Json {
  return typeof value === "number" ? String(value) : value;
}

function parsed(text: string): Json {
  try {
    const profile = JSON.parse(text, numberAsText) as JsonObject;
    const [attributes, groups] = [profile.attributes, profile.groups].map((list) =>
      listOf(list).map((one) => (isObject(one) ? told(one) : one)),
    );
    return pruned({ ...profile, attributes: attributes ?? [], groups: groups ?? [] });
  } catch {
    return text;
  }
}

/** Of an attribute of the profile: what it says. A validation without settings is one nevertheless. */
function told(attribute: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(attribute).filter(
      ([, value]) => value !== false && !isEmpty(value) && !(isObject(value) && isEmpty(Object.keys(value))),
    ),
  );
}

/** Attributes and configurations hold strings; "false" is what an absent one means. */
function stringMap(map: JsonObject, defaults: JsonObject = {}): JsonObject {
  return pruned(
    mapValues({ ...defaults, ...map }, (value, key) =>
      String(value) === "false" && !(key in defaults) ? "" : scalar(value),
    ),
  );
}

function scalar(value: Json): Json {
  return typeof value === "boolean" || typeof value === "number" ? String(value) : value;
}

/** Without what is volatile, and without what is empty, which Keycloak does not keep. */
function pruned(object: JsonObject): JsonObject {
  const kept = Object.entries(object)
    .filter(([key]) => !volatile.has(key))
    .map(([key, value]) => [key, isObject(value) ? pruned(value) : value] as const)
    .filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function named(
  list: unknown,
  key: string,
  kind: string,
  form: (item: JsonObject, name: string) => JsonObject,
): Objects {
  return Object.fromEntries(
    Object.entries(keyed(list, key)).map(([name, item]) => [
      `${kind} ${name}`,
      form(without(item, [key]), name),
    ]),
  );
}

function without(object: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !fields.includes(key)));
}

function withoutUndefined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Lists of strings are sets: of scopes, URIs, event types. */
function sortedSet(value: unknown): readonly Json[];
function sortedSet(value: Json): Json;
function sortedSet(value: unknown): Json {
  if (value === undefined) return [];
  const strings = Array.isArray(value) && value.every((item) => typeof item === "string");
  return strings ? [...new Set(value)].filter((item) => item !== "").toSorted() : (value as Json);
}

function union(bare: unknown, given: unknown, key: string): JsonObject[] {
  return Object.values({ ...keyed(bare, key), ...keyed(given, key) });
}

function mapValues<T extends Json>(
  object: Readonly<Record<string, T>>,
  form: (value: T, key: string) => Json,
): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, form(value, key)]));
}

function property(value: unknown, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
