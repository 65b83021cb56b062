import { componentType } from "../../representation/component-type";
import { isPrivateKey } from "../../representation/private-key";
import { isSecretByCustom } from "../../representation/secret-names";
import type { Editable, RepresentationKind } from "../export/representation-objects";
import properties from "./keycloak-properties.json";

/** A text in an object of a realm. */
export interface RealmText {
  readonly kind: RepresentationKind;
  readonly object: Editable;
  /** Of the object. */
  readonly path: string;
  /** Where in the object: `["config", "bindCredential"]`. */
  readonly keys: readonly string[];
}

/** Where Keycloak keeps secrets of which it has no metadata: `StripSecretsUtils` of its source, and what that leaves. */
const knownPlaces: Partial<Record<RepresentationKind, readonly string[]>> = {
  realm: [
    "privateKey",
    "publicKey",
    "certificate",
    "codeSecret",
    "smtpServer password",
    "smtpServer authTokenClientSecret",
  ],
  client: [
    "secret",
    "registrationAccessToken",
    ...["client.secret.rotated", "saml.signing.private.key", "saml.encryption.private.key"].map(
      (name) => `attributes ${name}`,
    ),
  ],
  identityProvider: ["config clientSecret"],
  credential: ["value", "secretData", "hashedSaltedValue", "salt"],
};

type Properties = Readonly<Record<"shown" | "secret", readonly string[]>>;

/** The metadata of Keycloak's own components that have secrets, and of its authenticators. */
const components = new Map<string, Map<string, Properties>>(
  Object.entries(properties.components).map(([type, providers]) => [
    type,
    new Map(Object.entries(providers)),
  ]),
);
const authenticators: Properties = properties.authenticators;

/** Maps of names that people and extensions choose. */
export const freelyNamedMaps: ReadonlySet<string> = new Set([
  "attributes",
  "config",
  "configuration",
  "smtpServer",
]);

/** Whether a text is a secret: as Keycloak's metadata says, else by what it is, else, in what Keycloak does not know, by custom. */
export function isSecret(text: RealmText, value: string): boolean {
  const { kind, keys } = text;
  const key = keys.at(-1) ?? "";
  if (knownPlaces[kind]?.includes(keys.join(" ")) || isPrivateKey(value)) return true;
  return (
    saidByMetadata(text) ??
    (keys.slice(0, -1).some((name) => freelyNamedMaps.has(name)) && isSecretByCustom(key, value))
  );
}

/** Undefined where Keycloak's metadata says nothing. */
function saidByMetadata({ kind, object, path, keys: [map, key = ""] }: RealmText): boolean | undefined {
  if (map !== "config") return undefined;
  const of = (known?: Properties) =>
    known?.secret.includes(key) ? true : known?.shown.includes(key) ? false : undefined;
  if (kind === "authenticatorConfig") return of(authenticators);
  if (kind !== "component") return undefined;
  const known = components.get(typeOf(path))?.get(String(object.providerId));
  // Of a provider of keys, what is no setting is a key that it has made.
  return of(known) ?? (known && isKeyProvider(path) ? true : undefined);
}

/** The type of a component: that of the innermost list. */
function typeOf(path: string): string {
  return /^.*omponents\[([\w.]+)\]\[/.exec(path)?.[1] ?? "";
}

export function isKeyProvider(path: string): boolean {
  return typeOf(path) === componentType.keys;
}
