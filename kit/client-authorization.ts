/** Header Authorization of an OAuth client: both parts are form-encoded before they are joined (RFC 6749, section 2.3.1). */
export function clientAuthorization(clientId: string, clientSecret: string): string {
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(":");
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}
