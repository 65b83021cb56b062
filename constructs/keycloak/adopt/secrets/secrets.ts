import { isObject } from "../../../../kit/json";
import { maskedSecret } from "../../compare/masked-secret";
import { Labels } from "../../representation/labels";
import { isPrivateKey } from "../../representation/private-key";
import { isSecretByCustom } from "../../representation/secret-names";
import {
  type Editable,
  forEachObject,
  isPart,
  join,
  type RepresentationKind,
} from "../export/representation-objects";
import { lost, type Note } from "../translation/field-rule";
import { placeholder } from "./placeholders";
import { isKeyProvider, isSecret } from "./secret-places";

/** A secret of a realm: the object and field that it is in. */
export interface RealmSecret {
  /** `client james`, `federation ldap`, `identity provider x`, `smtp`; any other secret of an object with its field's name behind. */
  readonly object: string;
  /** `clients[james].secret`. */
  readonly path: string;
  /** Undefined: the export shows `**********`, or the name of a variable, instead. */
  readonly value?: string;
}

/** An object's main secret: it goes by the name of the object alone. */
const mainSecrets = new Set([
  "secret",
  "config.clientSecret",
  "config.bindCredential",
  "smtpServer.password",
]);

/**
 * Takes the secrets out of a representation, in place, and the objects that are useless without theirs. Nothing is put in
 * the place of a secret: Keycloak makes a missing one anew where it can, and would take any text for the secret.
 */
export function takeSecrets(realm: Editable): { secrets: RealmSecret[]; dropped: Note[] } {
  const secrets: RealmSecret[] = [];
  const dropped = new Map<Editable, Note>();
  let user = "";
  // As the stack tells federations of one name apart.
  const components = new Labels();
  forEachObject(realm, (kind, object, path) => {
    if (kind === "user") user = String(object.username ?? object.id);
    const name = labelOf(kind, object, path, user);
    const label = kind === "component" && !path.includes(".subComponents[") ? components.of(name) : name;
    const before = secrets.length;
    const take = (keys: readonly string[], text: string): boolean => {
      // A reference to a vault is no secret: https://www.keycloak.org/server/vault
      if (/^\$\{vault\..+\}$/.test(text) || !isSecret({ kind, object, path, keys }, text)) return false;
      const value = text.replace(placeholder, (whole, _, other) => other ?? whole);
      const isVariable = /^\$\{[A-Z][A-Z0-9_]*\}$/.test(value);
      const at = keys.join(".");
      const holder = at.startsWith("smtpServer.") ? "smtp" : label;
      secrets.push({
        object: mainSecrets.has(at) ? holder : `${holder} ${keys.at(-1)}`,
        path: join(path, at),
        ...(!isVariable && value !== maskedSecret && { value }),
      });
      return !isVariable;
    };
    for (const field of Object.keys(object)) {
      if (!isPart(kind, field, object[field])) takeFrom(object, field, [field], take);
    }
    const reason = secrets.length > before ? uselessWithout(kind, object, path) : undefined;
    if (reason !== undefined) dropped.set(object, { path, ...lost(reason) });
  });
  forEachObject(realm, (_, object) => {
    for (const lists of [object, ...Object.values(object).filter(isObject)]) withoutItems(lists, dropped);
  });
  return { secrets, dropped: [...dropped.values()] };
}

function uselessWithout(
  kind: RepresentationKind,
  { providerId }: Editable,
  path: string,
): string | undefined {
  if (kind === "credential") return "what somebody logs in with: it is set in Keycloak";
  const isKey = kind === "component" && isKeyProvider(path) && !String(providerId).endsWith("-generated");
  return isKey
    ? "a key without its private part: it is given to Keycloak, which has keys of its own until then"
    : undefined;
}

/** Whether a text is a secret, which is taken away. */
type Take = (keys: readonly string[], value: string) => boolean;

/** Removes the texts in a value for which `take` says so. */
function takeFrom(holder: Editable, key: string, keys: readonly string[], take: Take): void {
  const value = holder[key];
  if (typeof value === "string") {
    if (value !== "" && take(keys, value)) delete holder[key];
  } else if (Array.isArray(value)) {
    const left = value.filter((item) => typeof item !== "string" || item === "" || !take(keys, item));
    if (left.length === 0 && value.length > 0) delete holder[key];
    else if (left.length < value.length) holder[key] = left;
    for (const [index, item] of left.entries()) takeFromAll(item, [...keys, String(index)], take);
  } else takeFromAll(value, keys, take);
}

function takeFromAll(value: unknown, keys: readonly string[], take: Take): void {
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) takeFrom(value as Editable, key, [...keys, key], take);
}

function withoutItems(lists: Editable, dropped: ReadonlyMap<unknown, unknown>): void {
  for (const [key, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || !list.some((item) => dropped.has(item))) continue;
    const left = list.filter((item) => !dropped.has(item));
    if (left.length > 0) lists[key] = left;
    else delete lists[key];
  }
}

/** A value of a field that Keycloak does not know, with `**********` in place of what looks like a secret. */
export function withoutSecrets(name: string, value: unknown): unknown {
  if (typeof value === "string")
    return isSecretByCustom(name, value) || isPrivateKey(value) ? maskedSecret : value;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(name, item));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(key, item)]));
}

function labelOf(kind: RepresentationKind, object: Editable, path: string, user: string): string {
  switch (kind) {
    case "client":
      return `client ${object.clientId}`;
    case "identityProvider":
      return `identity provider ${object.alias}`;
    case "component":
      return `${isKeyProvider(path) ? "key provider" : "federation"} ${object.name}`;
    case "credential":
      return `user ${user}`;
    case "authenticatorConfig":
      return `authenticator configuration ${object.alias}`;
    default:
      return path === "" ? "realm" : path;
  }
}
