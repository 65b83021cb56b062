import { isObject, type Json, type JsonObject } from "../../../kit/json";
import { optionalScopes } from "../representation/optional-scopes";
import type { RealmRepresentation } from "../representation/realm-template";
import { consoleClients } from "./console-clients";
import { withNamedRoles } from "./named-roles";
import { keyed, listOf, objectOf, property, textOf, union, withoutUndefined } from "./values";

/** What Keycloak adds to an import. */
export function completeImport(given: JsonObject, bare: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...bare, ...withoutUndefined(given) };
  merged.enabled = given.enabled ?? false;
  merged.clients = union(bare.clients, given.clients, "clientId");
  const flows = missingFlows(bare, given);
  merged.authenticationFlows = [...flows, ...listOf(given.authenticationFlows)];
  merged.authenticatorConfig = union(configsOf(flows, bare), given.authenticatorConfig, "alias");
  merged.roles = completeRoles(given, bare);
  merged.browserSecurityHeaders = {
    ...objectOf(bare.browserSecurityHeaders),
    ...objectOf(given.browserSecurityHeaders),
  };
  merged.components = { ...objectOf(bare.components), ...objectOf(given.components) };
  merged.attributes = { ...objectOf(bare.attributes), ...objectOf(given.attributes) };
  merged.users = [...serviceAccounts(merged, keyed(given.users, "username")), ...listOf(given.users)];
  if (given.clientScopes !== undefined) {
    // Keycloak makes its own clients before the scopes are there.
    const isGivenClient = keyed(given.clients, "clientId");
    const { clientIds, scopes } = consoleClients(given as RealmRepresentation);
    merged.clients = listOf(merged.clients)
      .filter(isObject)
      .map((client) =>
        Object.hasOwn(isGivenClient, textOf(client.clientId))
          ? client
          : {
              ...client,
              defaultClientScopes: clientIds.includes(textOf(client.clientId)) ? [...scopes] : [],
              optionalClientScopes: [],
            },
      );
    const offline = listOf(bare.clientScopes).filter((scope) => property(scope, "name") === "offline_access");
    const isGiven = Object.hasOwn(keyed(given.clientScopes, "name"), "offline_access");
    merged.clientScopes = union(offline, given.clientScopes, "name");
    merged.defaultDefaultClientScopes = given.defaultDefaultClientScopes ?? [];
    merged.defaultOptionalClientScopes = optionalScopes(given as RealmRepresentation);
    // Keycloak's own scope mappings are those of offline_access: a given one replaces them.
    merged.scopeMappings = [...(isGiven ? [] : listOf(bare.scopeMappings)), ...listOf(given.scopeMappings)];
  } else {
    merged.scopeMappings = [...listOf(bare.scopeMappings), ...listOf(given.scopeMappings)];
  }
  const clients = keyed(given.clients, "clientId");
  const ownMappings = Object.entries(objectOf(bare.clientScopeMappings)).map(
    ([client, mappings]) =>
      [
        client,
        listOf(mappings).filter((mapping) => !Object.hasOwn(clients, textOf(property(mapping, "client")))),
      ] as const,
  );
  merged.clientScopeMappings = { ...objectOf(given.clientScopeMappings) };
  for (const [client, mappings] of ownMappings) {
    const added = listOf(objectOf(merged.clientScopeMappings)[client]);
    merged.clientScopeMappings = { ...merged.clientScopeMappings, [client]: [...mappings, ...added] };
  }
  return merged;
}

/**
 * The roles of the import with Keycloak's own: those of the realm, and of its own clients that the import does not have. Of
 * realm-management it adds what is missing.
 */
function completeRoles(given: JsonObject, bare: JsonObject): JsonObject {
  const isGiven = keyed(given.clients, "clientId");
  const named = withNamedRoles(given as RealmRepresentation) as JsonObject;
  const [own, wanted] = [objectOf(property(bare.roles, "client")), objectOf(named.client)];
  const ownRealmRoles = listOf(property(bare.roles, "realm")).filter((role) => !isUsualDefault(role));
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
  const realm = union(ownRealmRoles, named.realm, "name");
  return { realm: union(realm, [defaultRole(given, bare, realm)], "name"), client };
}

function isUsualDefault(role: Json): boolean {
  return textOf(property(role, "name")).startsWith("default-roles-");
}

/** The role that every user has: whatever the import says of it, Keycloak adds those of its own roles that it makes. */
function defaultRole(given: JsonObject, bare: JsonObject, roles: readonly JsonObject[]): JsonObject {
  const usual = objectOf(listOf(property(bare.roles, "realm")).find(isUsualDefault));
  const stated: JsonObject = { ...objectOf(given.defaultRole ?? usual), composites: {} };
  const role = roles.find(({ name }) => name === stated.name) ?? stated;
  const [own, wanted] = [addedToDefaultRole(given, usual), objectOf(role.composites)];
  const both = (one: Json | undefined, other: Json | undefined) => [
    ...new Set([...listOf(one), ...listOf(other)]),
  ];
  const [ofClients, wantedOfClients] = [objectOf(own.client), objectOf(wanted.client)];
  const clients = [...new Set([...Object.keys(ofClients), ...Object.keys(wantedOfClients)])];
  return {
    ...role,
    composites: {
      realm: both(own.realm, wanted.realm),
      client: Object.fromEntries(
        clients.map((name) => [name, both(ofClients[name], wantedOfClients[name])] as const),
      ),
    },
  };
}

/** `RealmManager.importRealm` of Keycloak's source: with the client `account` that it makes come that one's roles. */
function addedToDefaultRole(given: JsonObject, usual: JsonObject): JsonObject {
  const has = (list: Json | undefined, key: string, name: string) => Object.hasOwn(keyed(list, key), name);
  const roles = property(given.roles, "realm");
  const isGiven: Readonly<Record<string, boolean>> = {
    offline_access: has(roles, "name", "offline_access") && has(given.clientScopes, "name", "offline_access"),
    uma_authorization: has(roles, "name", "uma_authorization"),
  };
  const { realm, client } = objectOf(usual.composites);
  return {
    realm: listOf(realm).filter((name) => isGiven[textOf(name)] !== true),
    ...(!has(given.clients, "clientId", "account") && client !== undefined && { client }),
  };
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
    (flow) => flow.topLevel === true && !Object.hasOwn(isGiven, textOf(flow.alias)),
  );
  const aliases = new Set(missing.flatMap((flow) => withSubflows(textOf(flow.alias))));
  return [...aliases].flatMap((alias) => (Object.hasOwn(isGiven, alias) || !own[alias] ? [] : [own[alias]]));
}

/** The configurations that the steps of flows have. */
function configsOf(flows: readonly JsonObject[], realm: JsonObject): JsonObject[] {
  const configs = keyed(realm.authenticatorConfig, "alias");
  const steps = flows.flatMap((flow) => listOf(flow.authenticationExecutions));
  const found = steps.map((step) => configs[textOf(property(step, "authenticatorConfig"))]);
  return found.filter((config) => config !== undefined);
}

/** The users that clients with a service account are, who have the role that everybody has unless they are given. */
function serviceAccounts(
  { clients, defaultRole, realm }: JsonObject,
  users: Readonly<Record<string, JsonObject>>,
): JsonObject[] {
  const usual = property(defaultRole, "name") ?? `default-roles-${textOf(realm).toLowerCase()}`;
  return listOf(clients)
    .filter(isObject)
    .filter(({ serviceAccountsEnabled }) => serviceAccountsEnabled === true)
    .map(({ clientId }) => ({
      username: `service-account-${textOf(clientId).toLowerCase()}`,
      enabled: true,
      serviceAccountClientId: clientId ?? "",
      realmRoles: [usual],
    }))
    .filter(({ username }) => !Object.hasOwn(users, username));
}
