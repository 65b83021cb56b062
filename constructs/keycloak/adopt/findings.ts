import { isObject } from "../../../kit/json";
import { maskedSecret } from "../compare/masked-secret";
import { unknownFlows } from "../provider/authentication/flows";
import type { RealmRepresentation } from "../representation/realm-template";
import { couldBeSecret, isSecretByCustom } from "../representation/secret-names";
import {
  type Editable,
  forEachObject,
  leaves,
  providers,
  type RepresentationKind,
  themes,
} from "./export/representation-objects";
import { placeholder } from "./secrets/placeholders";
import { freelyNamedMaps } from "./secrets/secret-places";

/** Something in an export that a person has to look at. */
export interface ExportFinding {
  readonly path: string;
  readonly kind:
    | "masked secret"
    | "possible secret"
    | "script"
    | "extension"
    | "theme"
    | "placeholder"
    | "added"
    | "not imported";
  readonly what: string;
}

/**
 * Texts that are written as they are, and may be secrets: names of people's choice that tell nothing, and the values that
 * a mapper puts into every token.
 *
 * @param realm without the secrets that are known
 */
export function possibleSecrets(realm: Editable): ExportFinding[] {
  const found = leaves(realm)
    .filter(({ field, path, value }) => {
      const texts = Array.isArray(value) ? value : [value];
      return (
        freelyNamedMaps.has(field) &&
        texts.some((text) => couldBeSecret(path.slice(path.indexOf(`${field}.`)), text))
      );
    })
    .map(({ path }) => path);
  forEachObject(realm, (kind, { config }, path) => {
    if (kind !== "protocolMapper" || !isObject(config)) return;
    for (const [name, value] of fixedValueFields) {
      if (isSecretByCustom(String(config[name]), config[value] ?? "")) found.push(`${path}.config.${value}`);
    }
  });
  return [...new Set(found)].map((path) => ({
    path,
    kind: "possible secret",
    what: "it is in realm.json: if it is a secret, take it out there, and set it in Keycloak",
  }));
}

/** The names and values that mappers of fixed values have. */
const fixedValueFields = [
  ["claim.name", "claim.value"],
  ["attribute.name", "attribute.value"],
] as const;

/** Which field of which object names something that must be installed in Keycloak. */
const providerReferences: readonly {
  readonly kind: RepresentationKind;
  readonly field: string;
  readonly of: (object: Editable, path: string) => readonly string[] | undefined;
}[] = [
  { kind: "protocolMapper", field: "protocolMapper", of: () => providers.protocolMapper },
  { kind: "identityProvider", field: "providerId", of: () => providers.identityProvider },
  {
    kind: "execution",
    field: "authenticator",
    of: () => [...(providers.authenticator ?? []), ...(providers.form ?? [])],
  },
  { kind: "requiredAction", field: "providerId", of: () => providers.requiredAction },
  { kind: "component", field: "providerId", of: (_, path) => providersOf(path) },
];

function providersOf(path: string): readonly string[] | undefined {
  if (path.includes("LDAPStorageMapper]")) return providers.ldapMapper;
  if (path.includes("UserStorageProvider]")) return providers.storage;
  return path.includes("keys.KeyProvider]") ? providers.keys : undefined;
}

const script = /^(script-|oidc-script-|saml-javascript-|auth-script|js-policy)/;

/**
 * What Keycloak cannot do by the representation alone.
 *
 * @param realm with the ids of its objects
 */
export function findings(realm: Editable): ExportFinding[] {
  const found: ExportFinding[] = [];
  forEachObject(realm, (kind, object, path) => {
    for (const reference of providerReferences) {
      const name = object[reference.field];
      if (reference.kind !== kind || typeof name !== "string" || name === "") continue;
      if (script.test(name)) {
        found.push({
          path,
          kind: "script",
          what: `${name} runs a script, which Keycloak takes from an extension only`,
        });
      } else if (reference.of(object, path)?.includes(name) === false) {
        found.push({
          path,
          kind: "extension",
          what: `${name} is none of Keycloak's own: it needs an extension`,
        });
      }
    }
    if (isObject(object.config) && typeof object.config.script === "string") {
      found.push({
        path: `${path}.config.script`,
        kind: "script",
        what: "a script in the configuration: Keycloak refuses it",
      });
    }
  });
  for (const alias of unknownFlows(realm as RealmRepresentation)) {
    found.push({
      path: `authenticationFlows[${alias}]`,
      kind: "not imported",
      what: "the file has no ids of its steps. Where the flow exists, adopt the running realm",
    });
  }
  for (const type of ["login", "account", "admin", "email"]) {
    const name = realm[`${type}Theme`];
    if (typeof name === "string" && name !== "" && !themes[type]?.includes(name)) {
      found.push({
        path: `${type}Theme`,
        kind: "theme",
        what: `theme ${name} must be installed in Keycloak`,
      });
    }
  }
  for (const { path, value } of leaves(realm)) {
    const texts = Array.isArray(value) ? value : [value];
    if (texts.includes(maskedSecret)) {
      found.push({ path, kind: "masked secret", what: "the export does not show it: give it to the stack" });
    }
    if (texts.some((text) => typeof text === "string" && text.search(placeholder) >= 0)) {
      found.push({
        path,
        kind: "placeholder",
        what: "Keycloak's import replaces it by a variable of its environment, a stack by one of `variables`",
      });
    }
  }
  return found;
}
