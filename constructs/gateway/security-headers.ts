/**
 * What browsers are told of answers, decided once for every gateway.
 *
 * What the gateway answers itself, and what `oidc` and `basic` routes do, is no page: nothing of it is run, loads
 * something or is framed. So an attachment that is opened as it was downloaded is no page of the origin where mail is.
 * Answers of `public` routes may be pages of a web client: they are framed by nobody. Where an upstream says something of
 * its own in one of these headers, that holds; a host that is passed on whole (`ForwardedHost`) says all but the first
 * two itself.
 * https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
 */
export const securityHeaders = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
} as const;

/** Content-Security-Policy of what is no page. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Content-Security-Policy of what may be one. */
export const pagePolicy = "frame-ancestors 'none'";

/** Cache-Control of answers of `oidc` and `basic` routes: they are a person's own. */
export const privateCache = "no-store";

/** Strict-Transport-Security, of answers by TLS: a year (RFC 6797). */
export const strictTransport = "max-age=31536000";
