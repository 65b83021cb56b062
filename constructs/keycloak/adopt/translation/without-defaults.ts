import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../../../kit/json";
import { bareRealm } from "../../compare/bare-realm";
import { fieldDefaults } from "../../compare/defaults";
import { difference } from "../../compare/difference";
import { normalizeRealm } from "../../compare/normalize";
import { isEmpty } from "../../compare/values";
import { componentType } from "../../representation/component-type";
import type { RealmRepresentation } from "../../representation/realm-template";
import { type Editable, forEachObject } from "../export/representation-objects";
import { accountClients, danglingReferences } from "./dangling-references";

/** Where an empty list is not the same as none. */
const meaningfulWhenEmpty = new Set([
  "defaultClientScopes",
  "optionalClientScopes",
  "defaultDefaultClientScopes",
  "defaultOptionalClientScopes",
  "webOrigins",
]);

/**
 * Leaves out what Keycloak makes by itself, so that what is left is what somebody decided. Nothing is left out whose
 * absence Keycloak would understand otherwise: the normalized realm stays the same.
 */
export function withoutDefaults(realm: RealmRepresentation): RealmRepresentation {
  let remaining = structuredClone(realm) as unknown as Editable;
  withoutGeneratedKeys(remaining);
  const original = normalizeRealm(remaining as unknown as RealmRepresentation);
  const dangling = danglingReferences(remaining);
  const isSame = (candidate: Editable) =>
    [...danglingReferences(candidate)].every((name) => dangling.has(name)) &&
    difference(original, normalizeRealm(candidate as RealmRepresentation)).length === 0;
  for (const leaveOut of candidates(remaining)) {
    const candidate = structuredClone(remaining);
    leaveOut(candidate);
    if (isSame(candidate)) remaining = candidate;
  }
  const withoutDefaultFields = structuredClone(remaining);
  // Keycloak would make a second one beside it.
  const hasDefaultRole = namesOf(objectOf(remaining.roles).realm, "name").some((name) =>
    name.startsWith("default-roles-"),
  );
  forEachObject(withoutDefaultFields, (kind, object) => {
    const defaults: Editable =
      kind === "realm"
        ? (bareRealm(String(object.realm)) as unknown as Editable)
        : ((fieldDefaults as unknown as Readonly<Record<string, Editable>>)[kind] ?? {});
    for (const [field, value] of Object.entries(object)) {
      if (field === "realm" || field === "clientScopeMappings" || meaningfulWhenEmpty.has(field)) continue;
      if (kind === "realm" && (field === "enabled" || (field === "defaultRole" && hasDefaultRole))) continue;
      const isDefault = field in defaults ? isDeepStrictEqual(value, defaults[field]) : isEmpty(value);
      if (isDefault) delete object[field];
    }
  });
  return (isSame(withoutDefaultFields) ? withoutDefaultFields : remaining) as unknown as RealmRepresentation;
}

/** Keycloak generates keys, and newer releases more kinds of them. */
function withoutGeneratedKeys(realm: Editable): void {
  const components = realm.components as Record<string, Editable[]> | undefined;
  const keys = components?.[componentType.keys];
  if (!components || !keys?.every(isGenerated)) return;
  const { [componentType.keys]: _, ...others } = components;
  realm.components = others;
}

/** As Keycloak makes it by itself, except for the name and the key. */
function isGenerated({ providerId, config }: Editable): boolean {
  const { priority, algorithm, ...settings } = objectOf(config);
  const algorithms = ["HS256", "HS512", "RS256", "RSA-OAEP", "AES"];
  const isUsual = [algorithm].flat().every((name) => name === undefined || algorithms.includes(String(name)));
  const own = ["rsa-generated", "rsa-enc-generated", "hmac-generated", "aes-generated"];
  const isPlain = Object.keys(settings).length === 0 && String(priority ?? 100) === "100";
  return own.includes(String(providerId)) && isUsual && isPlain;
}

/** Clients in groups that Keycloak makes together: `account` and `account-console`, both or neither. */
function madeTogether(clients: readonly string[]): readonly (readonly string[])[] {
  const isAccount = (client: string) => accountClients.includes(client);
  return [
    clients.filter(isAccount),
    ...clients.filter((client) => !isAccount(client)).map((client) => [client]),
  ];
}

/** Takes something out of a realm, in place. */
type LeaveOut = (realm: Editable) => void;

/** What could be left out as a whole, since Keycloak makes it. */
function candidates(realm: Editable): LeaveOut[] {
  const bare = bareRealm(String(realm.realm)) as unknown as Editable;
  const lists = (field: string, key: string) => [realm, bare].map((one) => namesOf(one[field], key));
  const both = ([given = [], own = []]: string[][]) => given.filter((name) => own.includes(name));
  return [
    (one) => {
      for (const field of ["clientScopes", "defaultDefaultClientScopes", "defaultOptionalClientScopes"])
        delete one[field];
    },
    ...["requiredActions", "scopeMappings", "attributes", "browserSecurityHeaders"].map(
      (field): LeaveOut =>
        (one) =>
          delete one[field],
    ),
    ...Object.keys(isObject(realm.components) ? realm.components : {})
      .filter((type) => type !== componentType.storage)
      .map(
        (type): LeaveOut =>
          (one) =>
            delete (one.components as Editable)[type],
      ),
    ...topLevelFlows(realm, both(lists("authenticationFlows", "alias"))),
    ...madeTogether(both(lists("clients", "clientId"))).map(
      (clients): LeaveOut =>
        (one) => {
          for (const client of clients) {
            withoutNamed("clients", "clientId")(client)(one);
            delete objectOf(objectOf(one.roles).client)[client];
          }
        },
    ),
    // They are made with the client that they are for.
    (one) => delete one.clientScopeMappings,
    ...Object.keys(objectOf(objectOf(realm.roles).client)).map(
      (client): LeaveOut =>
        (one) => {
          const roles = objectOf(objectOf(one.roles).client);
          const given = roles[client];
          delete roles[client];
          // A role that is named before Keycloak makes it would stay without its description.
          const text = JSON.stringify({ ...one, clients: undefined });
          if (given !== undefined && text.includes(JSON.stringify(client))) roles[client] = given;
        },
    ),
    // Together: a role that every user has can only be made of roles that the import has too.
    (one) => {
      const roles = one.roles as { realm?: Editable[] } | undefined;
      const isOwn = ({ name }: Editable) =>
        /^(default-roles-.*|offline_access|uma_authorization)$/.test(String(name));
      const realm = roles?.realm?.filter((role) => !isOwn(role));
      // A role that is named before Keycloak makes it would stay without its description, and in no default role.
      if (JSON.stringify({ ...one, roles: { ...roles, realm } }).includes('"uma_authorization"')) return;
      if (roles && realm) roles.realm = realm;
      delete one.defaultRole;
    },
    (one) => {
      one.users = (one.users as Editable[] | undefined)?.filter(
        ({ username }) => !String(username).startsWith("service-account-"),
      );
    },
    ...both(lists("authenticatorConfig", "alias")).map(withoutNamed("authenticatorConfig", "alias")),
  ];
}

/** A flow of Keycloak's own with the flows in it. */
function topLevelFlows(realm: Editable, aliases: readonly string[]): LeaveOut[] {
  const flows = (realm.authenticationFlows ?? []) as Editable[];
  const inside = (alias: unknown, outer: readonly string[] = []): string[] => {
    const name = String(alias);
    if (outer.includes(name)) return [];
    const steps = (flows.find((one) => one.alias === alias)?.authenticationExecutions ?? []) as Editable[];
    const within = steps.filter(({ flowAlias }) => flowAlias !== undefined);
    return [name, ...within.flatMap(({ flowAlias }) => inside(flowAlias, [...outer, name]))];
  };
  return flows
    .filter(({ alias, topLevel }) => topLevel === true && aliases.includes(String(alias)))
    .map(
      ({ alias }): LeaveOut =>
        (one) => {
          const leftOut = inside(alias);
          one.authenticationFlows = (one.authenticationFlows as Editable[]).filter(
            (flow) => !leftOut.includes(String(flow.alias)),
          );
        },
    );
}

function withoutNamed(field: string, key: string): (name: string) => LeaveOut {
  return (name) => (one) => {
    one[field] = (one[field] as Editable[] | undefined)?.filter((item) => item[key] !== name);
  };
}

function namesOf(list: unknown, key: string): string[] {
  return Array.isArray(list) ? list.map((item: Editable) => String(item[key])) : [];
}

function objectOf(value: unknown): Editable {
  return isObject(value) ? (value as Editable) : {};
}
