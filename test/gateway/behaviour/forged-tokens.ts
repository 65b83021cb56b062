import { createHash, createHmac, createSign, generateKeyPairSync } from "node:crypto";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function claims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

/** The same token with more time, and its old signature. */
export function tampered(token: string): string {
  const [header, , signature] = token.split(".");
  return `${header}.${encode({ ...claims(token), exp: Math.floor(Date.now() / 1000) + 86_400 })}.${signature}`;
}

export function unsigned(token: string): string {
  return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims(token))}.`;
}

/** Signed HS256 with a key that an attacker knows: the public key, as text, or the client's id. */
export function symmetric(token: string, key: string): string {
  const content = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims(token))}`;
  return `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`;
}

/** Signed RS256 by a key of the attacker's, under the key id of the realm's. */
export function otherKey(token: string): string {
  const header = token.split(".")[0] ?? "";
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const content = `${header}.${encode(claims(token))}`;
  return `${content}.${createSign("RSA-SHA256").update(content).sign(privateKey, "base64url")}`;
}

/** A key of the test realms that the tests have too: as if Keycloak itself made a wrong token. */
const realmKey = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** In a realm's representation. Keycloak publishes the key, and signs by one of its own. */
export const realmKeyProvider = {
  name: "tests",
  providerId: "rsa",
  config: {
    privateKey: [realmKey.privateKey.export({ type: "pkcs1", format: "pem" }).toString()],
    enabled: ["true"],
    active: ["false"],
    algorithm: ["RS256"],
  },
};

/** The same token with other claims and headers, signed by that key; undefined takes one away. */
export function ofRealm(token: string, changes: object = {}, headers: object = {}): string {
  const key = realmKey.publicKey.export({ type: "spki", format: "der" });
  const kid = createHash("sha256").update(key).digest("base64url");
  const content = `${encode({ alg: "RS256", typ: "JWT", kid, ...headers })}.${encode({ ...claims(token), ...changes })}`;
  return `${content}.${createSign("RSA-SHA256").update(content).sign(realmKey.privateKey, "base64url")}`;
}
