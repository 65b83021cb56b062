import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../../../kit/json";
import { bareRealm, recordedKeycloak } from "../../compare/bare-realm";
import { fieldDefaults } from "../../compare/defaults";
import { normalizeRealm } from "../../compare/normalize";
import { completeMapperConfig } from "../../compare/normalize-clients";
import { isEmpty } from "../../compare/values";
import { builtInClients } from "../../representation/built-in-clients";
import type { RealmRepresentation } from "../../representation/realm-template";
import type { JsonMap } from "./field-mapping";

/** Whether a role is one that Keycloak makes for a client of its own. */
export function isBuiltInClientRole(client: string, role: JsonMap): boolean {
  return builtInRole(client, role) !== undefined;
}

/** Whether such a role is made of others than Keycloak makes it of. */
export function addsComposites(client: string, role: JsonMap): boolean {
  const [own, given] = [builtInRole(client, role), role].map((one) => compositeNames(one?.composites));
  return given?.some((name) => !own?.includes(name)) ?? false;
}

function builtInRole(client: string, { name }: JsonMap): JsonMap | undefined {
  return listIn(bareRealm("").roles?.client, client).find((role) => role.name === name);
}

function compositeNames(composites: unknown): string[] {
  const { realm = [], client = {} } = (composites ?? {}) as {
    realm?: string[];
    client?: Record<string, string[]>;
  };
  const ofClients = Object.entries(client);
  return [...realm, ...ofClients.flatMap(([id, names]) => names.map((name) => `${id}/${name}`))];
}

/** Whether a mapper is one that Keycloak makes for a client of its own. */
export function isBuiltInMapper(client: unknown, { name }: { name?: unknown }): boolean {
  const mappers = find(bareRealm("").clients, "clientId", client).protocolMappers as JsonMap[] | undefined;
  return mappers?.some((mapper) => mapper.name === name) ?? false;
}

/** Whether a mapper is one that Keycloak makes for a client of its own, and as it makes it. */
export function isUnchangedMapper(client: string, mapper: JsonMap): boolean {
  const mappers = find(bareRealm("").clients, "clientId", client).protocolMappers;
  const own = find(mappers as JsonMap[], "name", mapper.name);
  const of = (one: JsonMap) => ({ ...one, config: completeMapperConfig(one) });
  return containsAllOf(of(own), of(mapper));
}

/** Of clients and scopes: those of SAML are other resources. */
export function isOpenid({ protocol }: { protocol?: string }): boolean {
  return protocol === undefined || protocol === "openid-connect";
}

/** Whether a client is one that Keycloak makes by itself, and as it makes it: it is left alone. */
export function isUnchangedClient(realm: RealmRepresentation, client: JsonMap): boolean {
  if (!builtInClients.has(String(client.clientId))) return false;
  return client.clientId === unchangeableClient || equalsBuiltInClient(realm, client);
}

/** The client of Keycloak's own that it lets nobody change. */
export const unchangeableClient = "realm-management";

/** Whether a client of Keycloak's own has nothing that Keycloak does not give it. */
export function equalsBuiltInClient(realm: RealmRepresentation, client: JsonMap): boolean {
  // Which scopes they have follows from whether the realm has scopes of its own.
  const ignored = ["secret", "defaultClientScopes", "optionalClientScopes", "attributes"];
  const unnamed = { name: "", rootUrl: "", baseUrl: "" };
  const complete = { ...unnamed, ...fieldDefaults.client, ...client };
  return containsAllOf(builtInClient(realm.realm ?? "", client.clientId), complete, ignored);
}

/** A client of Keycloak's own, as it makes it. */
export function builtInClient(realm: string, clientId: unknown): JsonMap {
  return find(bareRealm(realm).clients, "clientId", clientId);
}

/** Whether a client scope is one of SAML that Keycloak makes by itself, and as it makes it: it is left alone. */
export function isUnchangedScope(scope: JsonMap): boolean {
  if (scope.protocol !== "saml") return false;
  const own = find(bareRealm("").clientScopes, "name", scope.name);
  return containsAllOf(own, scope, ["protocolMappers"]);
}

const generatedKeys = ["rsa-generated", "rsa-enc-generated", "hmac-generated-hs512", "aes-generated"];

/** Keys that Keycloak makes in every realm. */
export function isBuiltInKeyProvider({ name }: { name?: string }): boolean {
  return name !== undefined && generatedKeys.includes(name);
}

/** Whether a required action is as Keycloak makes it. */
export function isBuiltInAction(realm: string, action: JsonMap): boolean {
  return containsAllOf(find(bareRealm(realm).requiredActions, "alias", action.alias), action, ["priority"]);
}

/** Names of the flows that are as Keycloak makes them. */
export function builtInFlows(realm: RealmRepresentation): ReadonlySet<unknown> {
  const [given, own] = [realm, bareRealm(realm.realm ?? "")].map(
    // With a version it is taken for an export, which is complete: nothing is filled in.
    (one) => normalizeRealm({ ...one, keycloakVersion: recordedKeycloak } as RealmRepresentation).objects,
  );
  const aliases = realm.authenticationFlows?.map(({ alias }) => alias) ?? [];
  return new Set(
    aliases.filter((alias) => isDeepStrictEqual(given?.[`flow ${alias}`], own?.[`flow ${alias}`])),
  );
}

/** Whether a component is as Keycloak makes it. */
export function isBuiltInComponent(realm: string, type: string, component: JsonMap): boolean {
  return listIn(bareRealm(realm).components, type).some(
    (one) =>
      one.name === component.name && one.subType === component.subType && containsAllOf(one, component),
  );
}

/** A list by its name, which may be any: `constructor` too. */
function listIn(lists: unknown, name: string): readonly JsonMap[] {
  const own = (lists ?? {}) as Record<string, readonly JsonMap[]>;
  return (Object.hasOwn(own, name) && own[name]) || [];
}

function find(list: readonly object[] | undefined, key: string, value: unknown): JsonMap {
  return (list?.find((item) => (item as JsonMap)[key] === value) as JsonMap | undefined) ?? {};
}

/** Whether an object has every field of another one, with the same value; those that are ignored, empty or false apart. */
function containsAllOf(own: JsonMap, given: JsonMap, ignored: readonly string[] = []): boolean {
  const volatile = ["id", "access", "nodeReRegistrationTimeout", "notBefore", ...ignored];
  return Object.entries(given).every(([key, value]) => {
    if (volatile.includes(key)) return true;
    return isUnset(value) ? isUnset(own[key]) : sameValue(own[key], value);
  });
}

function isUnset(value: unknown): boolean {
  return value === false || isEmpty(value);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b) && a.every((item) => typeof item === "string")) {
    return isDeepStrictEqual([...a].sort(), [...b].sort());
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && b.every((item, index) => sameValue(a[index], item));
  }
  return isObject(a) && isObject(b) ? containsAllOf(a, b) : isDeepStrictEqual(a, b);
}
