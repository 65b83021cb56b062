import * as z from "zod";
import { KitError, type Problem } from "../../../../kit/errors";
import { isObject } from "../../../../kit/json";
import { isAtLeast } from "../../../../kit/release";
import { formProblems, readJson } from "../../representation/json-text";
import { mebibyte, sizeLimit } from "./export-text";
import type { Editable } from "./representation-objects";

/** Releases whose exports are understood, by their majors. */
const oldestKeycloak = 8;
const newestKeycloak = 26;

const depthLimit = 60;

const name = z.string().min(1);
const listOf = (key: string) => z.array(z.looseObject({ [key]: name })).optional();
const mappers = z.array(z.looseObject({ name, protocolMapper: name })).optional();
const listsByName = z.record(z.string(), z.array(z.looseObject({}))).optional();

/** A text may be one, and a placeholder, which the import replaces. */
function isSwitch(value: unknown): boolean {
  return (
    typeof value === "boolean" ||
    /^(?:\$\{.+\}|\s*(?:true|True|TRUE|false|False|FALSE)\s*)$/.test(String(value))
  );
}

/** What must have the right form for everything else to be understood. */
const shape = z.looseObject({
  realm: name,
  keycloakVersion: z.string().optional(),
  enabled: z.custom(isSwitch, "true or false").optional(),
  attributes: z.looseObject({}).optional(),
  clients: z
    .array(
      z.looseObject({
        clientId: name,
        redirectUris: z.array(z.string()).optional(),
        protocolMappers: mappers,
      }),
    )
    .optional(),
  clientScopes: z.array(z.looseObject({ name, protocolMappers: mappers })).optional(),
  roles: z.looseObject({ realm: listOf("name"), client: listsByName }).optional(),
  groups: listOf("name"),
  users: listOf("username"),
  identityProviders: z.array(z.looseObject({ alias: name, providerId: name })).optional(),
  identityProviderMappers: z.array(z.looseObject({ name, identityProviderAlias: name })).optional(),
  authenticationFlows: z
    .array(z.looseObject({ alias: name, authenticationExecutions: z.array(z.looseObject({})).optional() }))
    .optional(),
  authenticatorConfig: listOf("alias"),
  requiredActions: listOf("alias"),
  components: z.record(z.string(), z.array(z.looseObject({ providerId: name }))).optional(),
  scopeMappings: z.array(z.looseObject({})).optional(),
  clientScopeMappings: listsByName,
});

/** Names that there may be one of. */
const unique = [
  ["clients", "clientId"],
  ["clientScopes", "name"],
  ["identityProviders", "alias"],
  ["authenticationFlows", "alias"],
  ["users", "username"],
] as const;

export interface Export {
  readonly realm: Editable;
  /** Release that wrote it; undefined in what people wrote. */
  readonly version?: string;
}

/**
 * Reads an export of a realm, a list of them, or a fragment of one.
 *
 * @param source what to call the text in errors: its path
 * @param realmName chooses among several realms, and names a fragment that has no name
 * @throws KitError with everything that is wrong with it
 */
export function parseExport(text: string, source: string, realmName?: string): Export {
  const realm = chosen(parseJson(text, source), source, realmName);
  const problems = [...formProblems(shape, realm, source), ...duplicates(realm, source)];
  const version = typeof realm.keycloakVersion === "string" ? realm.keycloakVersion : undefined;
  const isTooOld = version !== undefined && !isAtLeast(version, String(oldestKeycloak));
  const isTooNew = version !== undefined && isAtLeast(version, String(newestKeycloak + 1));
  if (isTooOld || isTooNew) {
    problems.push({
      where: `${source}: keycloakVersion`,
      what: "exports of this release are not known",
      got: version,
      allowed: `${oldestKeycloak} to ${newestKeycloak}`,
      fix: isTooOld
        ? `Import it into a Keycloak ${newestKeycloak}, which upgrades it, and adopt that one by its URL`
        : "Export it from such a Keycloak",
    });
  }
  if (problems.length > 0) throw refused(source, problems);
  return { realm, ...(version !== undefined && { version }) };
}

function refused(source: string, problems: readonly Problem[]): KitError {
  return new KitError(`${source} is no realm that can be adopted`, problems);
}

function parseJson(text: string, source: string): unknown {
  if (Buffer.byteLength(text) > sizeLimit) {
    throw refused(source, [
      {
        where: source,
        what: "too large",
        got: `${Math.round(Buffer.byteLength(text) / mebibyte)} MiB`,
        allowed: `${sizeLimit / mebibyte} MiB`,
        fix: "Export it without users: kc.sh export --users skip",
      },
    ]);
  }
  const read = readJson(text, source);
  if ("problem" in read) throw refused(source, [read.problem]);
  const { json } = read;
  if (depth(json) > depthLimit) {
    throw refused(source, [{ where: source, what: "nested too deep", allowed: `${depthLimit} levels` }]);
  }
  return json;
}

function depth(json: unknown): number {
  let level = [json];
  for (let count = 0; count <= depthLimit; count += 1) {
    level = level
      .filter((value) => typeof value === "object" && value !== null)
      .flatMap((value) => Object.values(value as object));
    if (level.length === 0) return count;
  }
  return depthLimit + 1;
}

function chosen(json: unknown, source: string, realmName: string | undefined): Editable {
  const realms = Array.isArray(json) ? json : [json];
  const allowed = "a realm representation: an object with `realm`, or a list of them";
  if (realms.length === 0 || !realms.every(isObject)) {
    throw refused(source, [{ where: source, what: "not a realm", allowed }]);
  }
  const names = realms.map((realm) => (realm as Editable).realm);
  const [only] = realms as Editable[];
  if (realms.length === 1 && only && only.realm === undefined) {
    if (realmName !== undefined) return { realm: realmName, ...only };
    const fix = "Name it by --realm";
    throw refused(source, [{ where: source, what: "a fragment without the realm's name", allowed, fix }]);
  }
  const matching = realmName === undefined ? realms : realms.filter((_, index) => names[index] === realmName);
  if (matching.length === 1) return structuredClone(matching[0]) as Editable;
  const what = realmName === undefined ? "there are several realms" : "there is no such realm";
  throw refused(source, [
    { where: source, what, got: realmName ?? names, allowed: names, fix: "Choose one by --realm" },
  ]);
}

function duplicates(realm: Editable, source: string): Problem[] {
  const roles = isObject(realm.roles) ? realm.roles : {};
  const ofClients = Object.entries(isObject(roles.client) ? roles.client : {});
  return [
    ...unique.flatMap(([field, key]) => repeated(realm[field], key, `${source}: ${field}`)),
    ...repeated(roles.realm, "name", `${source}: roles.realm`),
    ...ofClients.flatMap(([client, list]) => repeated(list, "name", `${source}: roles.client[${client}]`)),
    ...repeatedGroups(realm.groups, `${source}: groups`),
  ];
}

/** Groups of one name are others where their parents are. */
function repeatedGroups(groups: unknown, path: string): Problem[] {
  const list = Array.isArray(groups) ? groups.filter(isObject) : [];
  return [
    ...repeated(list, "name", path),
    ...list.flatMap(({ name, subGroups }) => repeatedGroups(subGroups, `${path}[${name}].subGroups`)),
  ];
}

function repeated(list: unknown, key: string, path: string): Problem[] {
  const names = Array.isArray(list) ? list.filter(isObject).flatMap((item) => item[key] ?? []) : [];
  const twice = [...new Set(names.filter((one, index) => names.indexOf(one) !== index))];
  return twice.map((one) => ({
    where: `${path}[${one}]`,
    what: `there are two with this ${key}`,
    fix: "Keycloak takes one: remove the other",
  }));
}
