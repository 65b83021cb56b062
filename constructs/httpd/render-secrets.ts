import { clientAuthorization } from "../../kit/client-authorization";
import { isForward } from "../gateway/gateway-route";
import { everyOidc } from "../gateway/gateway-site";
import { Secret } from "../workload/secret";
import type { HttpdConfig, HttpdOidc } from "./httpd-config";
import { verifiesItself } from "./openid-provider";
import { withPatterns } from "./route-pattern";
import { quote, quoteHeaderValue, quoteOptions } from "./syntax";

export const secretsPath = "/etc/apache2/kit-secrets.conf";

const cacheName = "tokens";
const keysName = "keys";

function tokenCache(interval: number, redis: HttpdConfig["redis"]): string {
  // mod_oauth2 always has a cache. One that keeps nothing need not take 8 MiB.
  if (interval === 0) return `OAuth2Cache shm ${quoteOptions({ name: cacheName, max_entries: "4" })}`;
  if (!redis) return `OAuth2Cache shm ${quoteOptions({ name: cacheName })}`;
  const password = redis.password.reveal();
  return `OAuth2Cache redis ${quoteOptions({ name: cacheName, host: redis.host, port: `${redis.port}`, password })}`;
}

/** Where the secrets of a host are, where there are several. */
export function hostSecretsPath(index: number): string {
  return `/etc/apache2/kit-secrets-${index + 1}.conf`;
}

/** What proves to the provider of a host who asks it: a definition, as httpd reads `${…}`. */
export function credentialsName(index: number): string {
  return `KIT_CREDENTIALS_${index + 1}`;
}

/** How mod_oauth2 knows tokens. */
function verification(oidc: HttpdOidc, interval: number): string {
  const { introspectionUrl, jwksUrl = "", clientId, clientSecret } = oidc;
  if (introspectionUrl !== undefined && !verifiesItself(oidc)) {
    return `OAuth2TokenVerify introspect ${quote(introspectionUrl)} ${quoteOptions({
      "introspect.ssl_verify": "true",
      "introspect.auth": "client_secret_basic",
      client_id: clientId,
      client_secret: clientSecret.reveal(),
      expiry: `${interval}`,
      "verify.cache": cacheName,
    })}`;
  }
  return `OAuth2TokenVerify jwks_uri ${quote(jwksUrl)} ${quoteOptions({
    "jwks_uri.ssl_verify": "true",
    "jwks_uri.cache": keysName,
    // A key that the provider has given up is trusted no longer than this.
    "jwks_uri.expiry": "3600",
    "verify.exp": "required",
    // What was verified is verified again each time.
    expiry: "0",
    "verify.cache": cacheName,
  })}`;
}

/** The secrets of the whole server. */
export function renderSecrets(config: HttpdConfig): string {
  const { introspectionIntervalSeconds, redis, cryptoPassphrase } = config;
  return [
    "# Rendered by james-oidc-kit; changes are lost.",
    `OAuth2CryptoPassphrase ${quote(cryptoPassphrase.reveal())}`,
    tokenCache(introspectionIntervalSeconds, redis),
    ...(everyOidc(config).some(verifiesItself)
      ? [`OAuth2Cache shm ${quoteOptions({ name: keysName, max_entries: "32", max_val_size: "32768" })}`]
      : []),
    "",
  ].join("\n");
}

/** The secrets of one host: how it asks its realm about tokens, and what it tells upstreams. */
export function renderHostSecrets(
  { oidc, routes }: Pick<HttpdConfig, "oidc" | "routes">,
  { introspectionIntervalSeconds: interval }: HttpdConfig,
  index: number,
): string {
  const lines = [
    `Define ${credentialsName(index)} ${quote(clientAuthorization(oidc.clientId, oidc.clientSecret.reveal()))}`,
    verification(oidc, interval),
    ...withPatterns(routes).flatMap(({ route, pattern }) => {
      const headers = isForward(route.target) ? Object.entries(route.target.requestHeaders ?? {}) : [];
      const secrets = headers.flatMap(([name, value]) => (value instanceof Secret ? [{ name, value }] : []));
      return secrets.length === 0
        ? []
        : [
            `<LocationMatch ${quote(pattern)}>`,
            ...secrets.map(
              ({ name, value }) => `  RequestHeader set ${name} ${quoteHeaderValue(value.reveal())}`,
            ),
            "</LocationMatch>",
          ];
    }),
  ];
  return `${lines.join("\n")}\n`;
}
