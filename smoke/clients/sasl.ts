/** SASL messages of the mechanisms James knows, not yet in Base64. */

const SEPARATOR = "\x01";

/** A way to prove who one is: the mechanism's name and its only client message. */
export interface SaslMessage {
  readonly mechanism: "PLAIN" | "XOAUTH2" | "OAUTHBEARER";
  readonly message: string;
}

/** User name and password (RFC 4616), without an authorization identity. */
export function plain(user: string, password: string): SaslMessage {
  return { mechanism: "PLAIN", message: `\0${user}\0${password}` };
}

/** Google's "Initial Client Response" (Gmail, XOAUTH2 Mechanism). */
export function xoauth2(user: string, token: string): SaslMessage {
  return {
    mechanism: "XOAUTH2",
    message: [`user=${user}`, `auth=Bearer ${token}`, "", ""].join(SEPARATOR),
  };
}

/** RFC 7628, section 3.1: the user is the authorization identity of the GS2 header (RFC 5801, section 4). */
export function oauthBearer(user: string, token: string): SaslMessage {
  const saslName = user.replaceAll("=", "=3D").replaceAll(",", "=2C");
  return {
    mechanism: "OAUTHBEARER",
    message: [`n,a=${saslName},`, `auth=Bearer ${token}`, "", ""].join(SEPARATOR),
  };
}

export function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
