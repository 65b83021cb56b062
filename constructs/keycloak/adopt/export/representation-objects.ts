import { isObject } from "../../../../kit/json";
import facts from "./keycloak-facts.json";

/** Kinds of objects in a realm representation, as Keycloak 26.7.3 has them. */
export type RepresentationKind = keyof typeof facts.fields;

interface Part {
  readonly kind: RepresentationKind;
  /** `lists`: lists by a name. */
  readonly form: "list" | "lists" | "object";
  /** What tells the objects of a list apart. */
  readonly key: string;
}

const list = (kind: RepresentationKind, key = "name"): Part => ({ kind, form: "list", key });
const lists = (kind: RepresentationKind, key = "name"): Part => ({ kind, form: "lists", key });
const one = (kind: RepresentationKind): Part => ({ kind, form: "object", key: "" });

/** Which fields hold further objects. */
const parts: Partial<Record<RepresentationKind, Readonly<Record<string, Part>>>> = {
  realm: {
    clients: list("client", "clientId"),
    clientScopes: list("clientScope"),
    roles: one("roles"),
    defaultRole: one("role"),
    groups: list("group"),
    users: list("user", "username"),
    federatedUsers: list("user", "id"),
    identityProviders: list("identityProvider", "alias"),
    identityProviderMappers: list("identityProviderMapper"),
    authenticationFlows: list("flow", "alias"),
    authenticatorConfig: list("authenticatorConfig", "alias"),
    requiredActions: list("requiredAction", "alias"),
    components: lists("component"),
    scopeMappings: list("scopeMapping", "holder"),
    clientScopeMappings: lists("scopeMapping", "holder"),
    organizations: list("organization"),
  },
  client: { protocolMappers: list("protocolMapper"), authorizationSettings: one("authorizationSettings") },
  clientScope: { protocolMappers: list("protocolMapper") },
  roles: { realm: list("role"), client: lists("role") },
  role: { composites: one("composites") },
  group: { subGroups: list("group") },
  user: {
    credentials: list("credential", "type"),
    federatedIdentities: list("federatedIdentity", "identityProvider"),
  },
  flow: { authenticationExecutions: list("execution", "step") },
  component: { subComponents: lists("component") },
};

/** An object that `forEachObject` can change. */
export type Editable = Record<string, unknown>;

/** Calls `visit` for every object, outer ones first; what `visit` removes is not visited. */
export function forEachObject(
  realm: Editable,
  visit: (kind: RepresentationKind, object: Editable, path: string) => void,
): void {
  const enter = (kind: RepresentationKind, object: Editable, path: string): void => {
    visit(kind, object, path);
    for (const [field, part] of Object.entries(parts[kind] ?? {})) {
      for (const [item, itemPath] of members(part, object[field], join(path, field))) {
        enter(part.kind, item, itemPath);
      }
    }
  };
  enter("realm", realm, "");
}

/** Whether a field holds further objects, which `forEachObject` visits. */
export function isPart(kind: RepresentationKind, field: string, value: unknown): boolean {
  const part = parts[kind]?.[field];
  return part !== undefined && isMembers(part, value);
}

export interface Leaf {
  /** `clients[oidc].attributes.pkce.code.challenge.method`. */
  readonly path: string;
  readonly value: unknown;
  readonly kind: RepresentationKind;
  /** Field of the object of that kind in which it is. */
  readonly field: string;
}

/** Every value of a realm with its path. Lists of plain values are one value. */
export function leaves(realm: Editable): Leaf[] {
  const found: Leaf[] = [];
  forEachObject(realm, (kind, object, path) => {
    for (const [field, value] of Object.entries(object)) {
      const part = parts[kind]?.[field];
      const at = join(path, field);
      const plain = part && isMembers(part, value) ? emptyLists(part, value) : value;
      if (plain === undefined) continue;
      found.push(...plainLeaves(plain, at).map((leaf) => ({ ...leaf, kind, field })));
    }
  });
  return found;
}

/** Whether Keycloak takes an object of this kind with such a field. It refuses a whole import for one that it does not know. */
export function isKnownField(kind: RepresentationKind, field: string): boolean {
  const known: readonly string[] = facts.fields[kind];
  // Permissions of clients are as deep as their policies are many.
  return kind === "authorizationSettings" || kind === "organization" || known.includes(field);
}

function plainLeaves(value: unknown, path: string): { path: string; value: unknown }[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [{ path, value }];
  return Object.entries(value).flatMap(([key, item]) => plainLeaves(item, join(path, key)));
}

/** What of a field holds no object. */
function emptyLists({ form }: Part, value: unknown): unknown {
  const empty =
    form === "lists" ? Object.entries(value as object).filter(([, list]) => list.length === 0) : [];
  return empty.length > 0 ? Object.fromEntries(empty) : undefined;
}

function isMembers({ form }: Part, value: unknown): boolean {
  const isList = (item: unknown) => Array.isArray(item) && item.every(isObject);
  if (form === "list") return isList(value) && (value as unknown[]).length > 0;
  if (!isObject(value) || Object.keys(value).length === 0) return false;
  return form === "object" || Object.values(value).every(isList);
}

/** The objects in a field, with their paths. Two of one name are told apart by a number. */
function members(part: Part, value: unknown, path: string): [Editable, string][] {
  if (!isMembers(part, value)) return [];
  if (part.form === "object") return [[value as Editable, path]];
  if (part.form === "list") return named(part, value as Editable[], path);
  return Object.entries(value as Record<string, Editable[]>).flatMap(([name, items]) =>
    named(part, items, `${path}[${name}]`),
  );
}

function named({ key }: Part, items: readonly Editable[], path: string): [Editable, string][] {
  const seen = new Map<string, number>();
  return items.map((item, index) => {
    const name = nameOf(item, key) ?? `#${index + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [item, `${path}[${count === 1 ? name : `${name} (${count})`}]`];
  });
}

/** Undefined: it has no name. */
function nameOf(item: Editable, key: string): string | undefined {
  const keys: Readonly<Record<string, readonly string[]>> = {
    holder: ["client", "clientScope", "clientTemplate"],
    step: ["authenticator", "flowAlias"],
  };
  const name = [...(keys[key] ?? [key]), "username", "id"].map((field) => item[field]).find(isName);
  if (name === undefined) return undefined;
  return item.subType === undefined ? String(name) : `${name} (${item.subType})`;
}

function isName(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

export function join(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

/** Names of what Keycloak 26.7.3 has. */
export const { providers, themes } = facts as unknown as {
  providers: Readonly<Record<string, readonly string[]>>;
  themes: Readonly<Record<string, readonly string[]>>;
};
