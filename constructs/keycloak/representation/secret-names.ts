import type { Json } from "../../../kit/json";

/** Names of secrets by custom: for what Keycloak does not know. */
const customary =
  /(password|passwd|passphrase|secret|secretrotated|secretkey|privatekey|apikey|credential|token|accesskey|pwd|authorization|authorizationheader)$/;

/** `https://user:password@host`, or `jdbc:…?password=…`. */
const urlWithPassword =
  /^(jdbc:)?[a-z][a-z0-9+.-]*:(\/\/[^/?#\s:@]*:[^/?#\s@]+@|\S*[?&;](password|pwd)=[^&;\s])/i;

/** What the header Authorization holds. */
const authorization = /^(?:basic|bearer) +[A-Za-z0-9+/_=.~-]{16,}$/i;

/**
 * Whether a text is a secret by its name, as a URL with a password in it, or as what proves somebody's identity in HTTP. A
 * switch or a count is none, whatever its name.
 */
export function isSecretByCustom(name: string, value: Json): boolean {
  if (typeof value !== "string") return false;
  const isNamedSo = customary.test(name.toLowerCase().replace(/[^a-z0-9]/g, ""));
  return (
    (isNamedSo && !/^(true|false|\d{0,4})$/.test(value)) ||
    urlWithPassword.test(value) ||
    authorization.test(value)
  );
}

/** Beginnings of keys that services give out, and texts of letters and digits in turns, which no person makes up. */
const randomText =
  /^(?:(?:sk|pk|rk)[_-]|gh[oprsu]_|glpat-|xox[abeps]-|AKIA)?(?=.{20,}$)[A-Za-z_=+/-]*(?:\d+[A-Za-z_=+/-]+){3,}\d*$/;
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const isPublic = /cert|public|kid$|thumbprint|fingerprint|digest|hash|jwks|url|uri/;

/** Whether a text could be a secret though its name says nothing: nobody can know. */
export function couldBeSecret(name: string, value: Json): boolean {
  if (typeof value !== "string" || value.length > 512 || uuid.test(value)) return false;
  return randomText.test(value) && !isPublic.test(name.toLowerCase());
}
