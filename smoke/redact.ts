import type { Secret } from "../constructs/workload/secret";

/** Cuts out of a text whatever would let its reader log in. */
export type Redact = (text: string) => string;

/**
 * Replaces the given secrets (plain, URL-encoded, or inside Base64 as SASL PLAIN and HTTP Basic send them) and anything that looks
 * like a token: a JWT, the value of an Authorization header, a SASL message holding a bearer token.
 */
export function createRedact(secrets: readonly Secret[]): Redact {
  const names = new Map<string, string>();
  for (const secret of secrets) {
    const value = secret.reveal();
    if (!value) continue;
    names.set(value, secret.name);
    names.set(encodeURIComponent(value), secret.name);
  }
  // Longest first: a secret may hold another one.
  const known = [...names.keys()].sort((a, b) => b.length - a.length);
  // One pass, so that the name of a secret is not taken for the value of another one.
  const pattern = known.length > 0 ? new RegExp(known.map(escapeRegExp).join("|"), "g") : undefined;

  return (text) => {
    const withoutTokens = text
      .replace(/\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g, "[token]")
      .replace(/\b(Bearer|Basic)\s+[\w+/=.~-]{8,}/gi, "$1 [redacted]")
      .replace(/[A-Za-z0-9+/]{16,}={0,2}/g, (run) => {
        const decoded = Buffer.from(run, "base64").toString("latin1");
        const telling = decoded.includes("Bearer ") || known.some((value) => decoded.includes(value));
        return telling ? "[redacted]" : run;
      });
    return pattern
      ? withoutTokens.replace(pattern, (value) => `[secret ${names.get(value)}]`)
      : withoutTokens;
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
