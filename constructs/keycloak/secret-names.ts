import type { Json } from "../../kit/json";

/** Names of secrets by custom: for what Keycloak does not know. */
const customary =
  /(password|passwd|passphrase|secret|secretrotated|secretkey|privatekey|apikey|credential|token|accesskey|pwd)$/;

/** `https://user:password@host`, or `jdbc:…?password=…`. */
const urlWithPassword =
  /^(jdbc:)?[a-z][a-z0-9+.-]*:(\/\/[^/?#\s:@]*:[^/?#\s@]+@|\S*[?&;](password|pwd)=[^&;\s])/i;

/**
 * Whether a text is a secret by its name, or as a URL with a password in it. A switch or a count is none, whatever its
 * name.
 */
export function isSecretByCustom(name: string, value: Json): boolean {
  if (typeof value !== "string") return false;
  const isNamedSo = customary.test(name.toLowerCase().replace(/[^a-z0-9]/g, ""));
  return (isNamedSo && !/^(true|false|\d{0,4})$/.test(value)) || urlWithPassword.test(value);
}
