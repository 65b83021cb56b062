import { isObject } from "../../json";
import { maskedSecret } from "../compare/masked-secret";
import { Labels } from "../labels";
import { type Editable, forEachObject, join, type ObjectKind } from "./shape";

/** A secret of a realm: the object and field that it is in. */
export interface RealmSecret {
  /** `client james`, `federation ldap`, `identity provider x`, `smtp`, `key provider rsa`, `user bob`. */
  readonly object: string;
  /** `clients[james].secret`. */
  readonly path: string;
  /** Undefined: the export shows `**********` instead. */
  readonly value?: string;
}

/** Where secrets are, by kind of object: fields of it, or keys of its configuration. */
const places: Partial<Record<ObjectKind, { fields?: readonly string[]; config?: RegExp }>> = {
  client: { fields: ["secret", "registrationAccessToken"] },
  identityProvider: { config: /^clientSecret$/ },
  component: { config: /^(bindCredential|privateKey|secret|keystorePassword|keyPassword)$/ },
  credential: { fields: ["value", "secretData", "hashedSaltedValue"] },
  authenticatorConfig: { config: /^(secret|.*[._-]secret|secretKey|apiKey|api\.key)$/i },
  realm: { fields: ["privateKey", "codeSecret"] },
};

/**
 * Takes the secrets out of a representation, in place: it shows `**********` instead, which Keycloak takes for the
 * secret that it has.
 */
export function takeSecrets(realm: Editable): RealmSecret[] {
  const found: RealmSecret[] = [];
  const take = (object: string, path: string, value: unknown): unknown => {
    if (typeof value !== "string" || value === "") return value;
    // A reference to a vault is no secret: https://www.keycloak.org/server/vault
    if (/^\$\{vault\..+\}$/.test(value)) return value;
    found.push({ object, path, ...(value !== maskedSecret && { value }) });
    return maskedSecret;
  };
  let user = "";
  // As the stack tells federations of one name apart.
  const components = new Labels();
  forEachObject(realm, (kind, object, path) => {
    if (kind === "user") user = String(object.username);
    const place = places[kind];
    const name = labelOf(kind, object, path, user);
    const label = kind === "component" && !path.includes(".subComponents[") ? components.of(name) : name;
    for (const field of place?.fields ?? []) {
      if (field in object) object[field] = take(label, join(path, field), object[field]);
    }
    if (place?.config && isObject(object.config)) {
      const config: Editable = { ...object.config };
      for (const [key, value] of Object.entries(config)) {
        if (!place.config.test(key)) continue;
        const at = `${join(path, "config")}.${key}`;
        config[key] = Array.isArray(value)
          ? value.map((item) => take(label, at, item))
          : take(label, at, value);
      }
      object.config = config;
    }
    if (kind === "realm" && isObject(object.smtpServer) && "password" in object.smtpServer) {
      const password = take("smtp", "smtpServer.password", object.smtpServer.password);
      object.smtpServer = { ...object.smtpServer, password: password as string };
    }
  });
  return found;
}

function labelOf(kind: ObjectKind, object: Editable, path: string, user: string): string {
  switch (kind) {
    case "client":
      return `client ${object.clientId}`;
    case "identityProvider":
      return `identity provider ${object.alias}`;
    case "component":
      return `${path.includes("KeyProvider") ? "key provider" : "federation"} ${object.name}`;
    case "credential":
      return `user ${user}`;
    case "authenticatorConfig":
      return `authenticator configuration ${object.alias}`;
    default:
      return "realm";
  }
}
