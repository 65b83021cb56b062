import { createHmac, createSign, generateKeyPairSync } from "node:crypto";

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
