import { isObject, type Json, type JsonObject } from "../../../kit/json";
import type { RealmRepresentation } from "../representation/realm-template";
import { bareRealm } from "./bare-realm";
import { completeImport } from "./complete-import";
import { attributeDefaults, fieldDefaults } from "./defaults";
import { clientScopes, clients } from "./normalize-clients";
import { normalizeComponents } from "./normalize-components";
import {
  comparable,
  isEmpty,
  keyed,
  listOf,
  mapValues,
  named,
  type Objects,
  objectOf,
  property,
  sortedSet,
  stringMap,
  textOf,
  union,
  volatile,
  without,
  withoutUndefined,
} from "./values";

/** A realm as a table of its objects, complete and comparable: two realms that behave alike are equal. */
export interface NormalizedRealm {
  readonly realm: string;
  /** By kind and name: `realm`, `client oidc`, `client scope mail`, `flow browser`, … */
  readonly objects: Readonly<Record<string, JsonObject>>;
}

/**
 * Brings a realm into the form in which it can be compared: what an import leaves out is filled in as Keycloak would,
 * ids and times are left out, and lists whose order means nothing are sorted. An export (it names its `keycloakVersion`) is
 * complete as it is.
 */
export function normalizeRealm(realm: RealmRepresentation): NormalizedRealm {
  const name = realm.realm ?? "";
  const given = realm as unknown as JsonObject;
  const bare = bareRealm(name) as unknown as JsonObject;
  const exported = typeof given.keycloakVersion === "string";
  const source = exported ? given : completeImport(given, bare);
  return { realm: name, objects: objects(source, bare) };
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
    ...requiredActions(realm, bare),
    ...normalizeComponents(realm),
  };
}

/** Fields of the realm that are objects of their own here. */
const elsewhere = new Set([
  ...["realm", "clients", "clientScopes", "roles", "groups", "users", "federatedUsers", "components"],
  ...["identityProviders", "identityProviderMappers", "authenticationFlows", "authenticatorConfig"],
  ...["requiredActions", "scopeMappings", "clientScopeMappings", "attributes", "defaultRole"],
  // Keycloak writes it, always a password, and reads it nowhere.
  "requiredCredentials",
  // Follows from the policy.
  "otpSupportedApplications",
]);

function realmObject(realm: JsonObject, bare: JsonObject): JsonObject {
  const fields = Object.entries({ ...bare, ...withoutUndefined(realm) }).filter(
    // An unknown field that is false says nothing.
    ([key, value]) => !elsewhere.has(key) && !volatile.has(key) && (value !== false || key in bare),
  );
  const attributes = Object.entries(objectOf(realm.attributes)).filter(
    // Some fields are exported a second time as an attribute.
    ([key]) => !(key in bare) && !(key in realm) && key !== "realmReusableOtpCode",
  );
  const name = textOf(realm.realm);
  const role = property(realm.defaultRole, "name") ?? `default-roles-${name.toLowerCase()}`;
  return comparable({
    ...Object.fromEntries(fields.map(([key, value]) => [key, sortedSet(value)])),
    ...(!isEmpty(realm.smtpServer) && { smtpServer: { authType: "basic", ...objectOf(realm.smtpServer) } }),
    attributes: Object.fromEntries(attributes),
    defaultRole: role,
  });
}

/** A required action that the realm does not name counts as disabled. */
function requiredActions(realm: JsonObject, bare: JsonObject): Objects {
  const disabled = listOf(bare.requiredActions)
    .filter(isObject)
    .map(({ alias, providerId }) => ({ alias: alias ?? "", providerId: providerId ?? "" }));
  return named(union(disabled, realm.requiredActions, "alias"), "alias", "required action", (action) =>
    comparable({
      ...fieldDefaults.requiredAction,
      ...without(action, ["priority", "name"]),
      // Nobody is asked for one that is disabled.
      defaultAction: action.enabled === true && action.defaultAction === true,
    }),
  );
}

function roles(realm: JsonObject): Objects {
  const role = (value: JsonObject) => {
    const { composites, ...rest } = value;
    return comparable({
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
        [`group ${path}`]: comparable({
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
  return named(realm.users, "username", "user", (user) =>
    comparable({
      ...fieldDefaults.user,
      // Keycloak keeps passwords as hashes, which an export through its API leaves out.
      ...without(user, ["username", "credentials", "disableableCredentialTypes", "userProfileMetadata"]),
      realmRoles: sortedSet(user.realmRoles),
      clientRoles: mapValues(objectOf(user.clientRoles), sortedSet),
      groups: sortedSet(user.groups),
    }),
  );
}

function identityProviders(realm: JsonObject): Objects {
  return named(realm.identityProviders, "alias", "identity provider", (provider) => {
    const mappers = listOf(realm.identityProviderMappers).filter(
      (mapper) => property(mapper, "identityProviderAlias") === provider.alias,
    );
    return comparable({
      ...fieldDefaults.identityProvider,
      // What it can do follows from what it is.
      ...without(provider, ["types"]),
      config: stringMap(objectOf(provider.config), attributeDefaults.identityProvider),
      mappers: mapValues(keyed(mappers, "name"), (mapper) =>
        comparable({
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
    return comparable({
      ...flow,
      authenticationExecutions: order.map((step) =>
        comparable({
          ...fieldDefaults.execution,
          ...without(step, ["priority", "authenticatorFlow", "autheticatorFlow"]),
          ...(typeof step.authenticatorConfig === "string" && configOf(configs, step.authenticatorConfig)),
        }),
      ),
    });
  });
}

/** The configuration of a step. Its name does not count; a reference to a configuration that is not there is none. */
function configOf(configs: Readonly<Record<string, JsonObject>>, alias: string): JsonObject {
  const config = configs[alias];
  return { authenticatorConfig: "", ...(config && { config: stringMap(objectOf(config.config)) }) };
}
