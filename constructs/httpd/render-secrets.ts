import { isForward } from "../gateway/gateway-route";
import { Secret } from "../workload/secret";
import type { HttpdConfig } from "./httpd-config";
import { withPatterns } from "./route-pattern";
import { quote, quoteHeaderValue, quoteOptions } from "./syntax";

export const secretsPath = "/etc/apache2/kit-secrets.conf";

const cacheName = "tokens";

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

/** The secrets of the whole server. */
export function renderSecrets({
  introspectionIntervalSeconds,
  redis,
  cryptoPassphrase,
}: HttpdConfig): string {
  return [
    "# Rendered by james-oidc-kit; changes are lost.",
    `OAuth2CryptoPassphrase ${quote(cryptoPassphrase.reveal())}`,
    tokenCache(introspectionIntervalSeconds, redis),
    "",
  ].join("\n");
}

/** The secrets of one host: how it asks its realm about tokens, and what it tells upstreams. */
export function renderHostSecrets(
  { oidc, routes }: Pick<HttpdConfig, "oidc" | "routes">,
  { introspectionIntervalSeconds: interval }: HttpdConfig,
): string {
  const lines = [
    `OAuth2TokenVerify introspect ${quote(oidc.introspectionUrl)} ${quoteOptions({
      "introspect.ssl_verify": "true",
      "introspect.auth": "client_secret_basic",
      client_id: oidc.clientId,
      client_secret: oidc.clientSecret.reveal(),
      expiry: `${interval}`,
      "verify.cache": cacheName,
    })}`,
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
