import { createPrivateKey } from "node:crypto";
import { isObject } from "../../../kit/json";

/** Whether a text is a private key, or a JSON text with one in it: PEM, DER in base64 as Keycloak keeps it, or a JWK. */
export function isPrivateKey(text: string): boolean {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return true;
  const trimmed = text.trim();
  return trimmed.startsWith("{") || trimmed.startsWith("[") ? hasPrivateJwk(trimmed) : isDer(trimmed);
}

function isDer(text: string): boolean {
  // Every key is a sequence, whose base64 begins so.
  if (!/^M[A-Za-z0-9+/\s_-]{40,}={0,2}$/.test(text)) return false;
  const key = Buffer.from(text, "base64");
  return (["pkcs8", "pkcs1", "sec1"] as const).some((type) => {
    try {
      return createPrivateKey({ key, format: "der", type }).type === "private";
    } catch {
      return false;
    }
  });
}

function hasPrivateJwk(text: string): boolean {
  try {
    return isPrivateJwk(JSON.parse(text));
  } catch {
    return false;
  }
}

function isPrivateJwk(json: unknown): boolean {
  if (Array.isArray(json)) return json.some(isPrivateJwk);
  if (!isObject(json)) return false;
  return (
    (typeof json.kty === "string" && ("d" in json || "k" in json)) || Object.values(json).some(isPrivateJwk)
  );
}
