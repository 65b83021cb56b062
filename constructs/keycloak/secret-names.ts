import type { Json } from "../json";

/** Names of secrets by custom: for what Keycloak does not know. */
const customary =
  /(password|passwd|passphrase|secret|secretrotated|secretkey|privatekey|apikey|credential|accesstoken|authtoken|bearertoken)$/;

/** A switch or a count is none, whatever its name. */
export function isSecretByName(name: string, value: Json): boolean {
  return (
    typeof value === "string" &&
    customary.test(name.toLowerCase().replace(/[^a-z0-9]/g, "")) &&
    !/^(true|false|\d{0,4})$/.test(value)
  );
}
