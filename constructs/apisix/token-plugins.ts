import type { IRedis } from "../redis/redis-server";
import { type ApisixOidc, readDiscoveryUrl } from "./apisix-gateway-props";
import { openidConnect } from "./plugins/authentication/openid-connect";
import { extPluginPreReq } from "./plugins/general/ext-plugin-pre-req";
import type { EndedSessions } from "./plugins/kit/ended-sessions";
import { kitBackchannelLogout } from "./plugins/kit/kit-backchannel-logout";
import { kitBearer } from "./plugins/kit/kit-bearer";
import type { Plugin } from "./plugins/plugin/plugin";
import type { Revocation } from "./revocation";
import type { ApisixCapabilities } from "./schema/capabilities";

/** A realm whose tokens are taken. */
export interface TokenSite {
  readonly oidc: ApisixOidc;
  /** Before the ids of its sessions in Redis. @default none */
  readonly sessionPrefix?: string;
}

/** How the gateway learns that tokens were revoked. */
export interface TokenRevocation {
  readonly revocation: Revocation;
  readonly redis?: IRedis;
  readonly introspectionIntervalSeconds?: number;
}

/** How long the Java plugin's logouts are remembered: it asks no realm about older tokens. */
const javaPluginRememberSeconds = 7 * 86_400;

/** What decides about tokens: openid-connect says whether they are the realm's, kit-bearer whether they are meant for here. */
export function bearerPlugins(
  { oidc, sessionPrefix }: TokenSite,
  { revocation, redis, introspectionIntervalSeconds = 0 }: TokenRevocation,
  apisix: ApisixCapabilities,
): Plugin[] {
  const { issuer, clientId, clientSecret, audience = clientId, userClaim, userDomains } = oidc;
  const discovery = readDiscoveryUrl(oidc);
  const other = oidc.provider === "other";
  // Of another provider's introspection only whether a token is active is asked: the rest it need not tell.
  const introspects = revocation === "introspection" && !other;
  const asks = revocation === "introspection" && other && oidc.introspectionUrl !== undefined;
  return [
    openidConnect({
      clientId,
      discovery,
      bearerOnly: true,
      setAccessTokenHeader: false,
      setIdTokenHeader: false,
      ...(introspects
        ? { clientSecret, introspectionIntervalSeconds }
        : {
            useJwks: true,
            tokenSigningAlgorithm: oidc.signatureAlgorithm ?? "RS256",
            cacheSegment: issuer,
            // Else it reads the discovery document at every request.
            ...(apisix.oidcChecksIssuer && { claimValidator: { validIssuers: [issuer] } }),
            // A key that Keycloak has given up is trusted no longer than this, and as long again for what it signed.
            jwkExpiresInSeconds: 3600,
            // kit-bearer remembers which tokens were verified.
            jwtVerificationCacheIgnore: true,
            meta: { filter: [["kit_token", "~=", "known"]] },
          }),
    }),
    kitBearer({
      issuer,
      audience,
      ...(userClaim !== undefined && { userClaim }),
      ...(userDomains && { userDomains }),
      ...(other && { untyped: true }),
      ...(!introspects && { discovery }),
      ...(asks && {
        introspection: { clientId, clientSecret, intervalSeconds: introspectionIntervalSeconds },
      }),
      ...(revocation === "redis" &&
        redis && { revocation: { ...endedSessions(redis, oidc, sessionPrefix), clientId, clientSecret } }),
    }),
    ...(revocation === "linagora-java-plugin"
      ? [
          extPluginPreReq({
            conf: [{ name: "TokenRevokedFilter", value: "" }],
            allowDegradation: false,
            // kit-cors answers OPTIONS, which carries no token; this plugin would be asked before.
            meta: { filter: [["request_method", "~=", "OPTIONS"]] },
          }),
        ]
      : []),
  ];
}

/** The plugin by which Keycloak tells the gateway of logouts. */
export function logoutPlugin(
  { oidc, sessionPrefix }: TokenSite,
  { revocation, redis }: TokenRevocation & { readonly redis: IRedis },
): Plugin {
  return kitBackchannelLogout({
    issuer: oidc.issuer,
    discovery: readDiscoveryUrl(oidc),
    clients: oidc.logoutClients ?? [],
    ...(revocation === "redis"
      ? endedSessions(redis, oidc, sessionPrefix)
      : // The Java plugin knows sessions by their ids alone.
        {
          ...endedSessions(redis, { rememberLogoutSeconds: javaPluginRememberSeconds, ...oidc }),
          bareKeys: true,
        }),
  });
}

function endedSessions(
  { host, port, tls, user, password }: IRedis,
  { rememberLogoutSeconds }: Pick<ApisixOidc, "rememberLogoutSeconds">,
  keyPrefix?: string,
): EndedSessions {
  return {
    redis: { host, port, ...(tls && { tls }), ...(user !== undefined && { username: user }), password },
    ...(keyPrefix !== undefined && { keyPrefix }),
    ...(rememberLogoutSeconds !== undefined && { rememberSeconds: rememberLogoutSeconds }),
  };
}
