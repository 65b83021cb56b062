/** In lower case. https://www.rfc-editor.org/rfc/rfc1123#section-2.1 */
export const dnsName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
