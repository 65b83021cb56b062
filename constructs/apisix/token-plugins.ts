import type { IRedis } from "../redis/redis-server";
import type { ApisixOidc } from "./apisix-gateway-props";
import type { EndedSessions } from "./plugins/ended-sessions";
import { extPluginPreReq } from "./plugins/ext-plugin-pre-req";
import { kitBackchannelLogout } from "./plugins/kit-backchannel-logout";
import { kitBearer } from "./plugins/kit-bearer";
import { openidConnect } from "./plugins/openid-connect";
import type { Plugin } from "./plugins/plugin";
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
const javaPluginRemembers = 7 * 86_400;

/** What decides about tokens: openid-connect says whether they are Keycloak's, kit-bearer whether they are meant for here. */
export function bearerPlugins(
  { oidc, sessionPrefix }: TokenSite,
  { revocation, redis, introspectionIntervalSeconds = 0 }: TokenRevocation,
  apisix: ApisixCapabilities,
): Plugin[] {
  const { issuer, discoveryUrl, clientId, clientSecret, audience = clientId, userClaim, userDomains } = oidc;
  const introspects = revocation === "introspection";
  return [
    openidConnect({
      clientId,
      discovery: discoveryUrl,
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
            // kit-bearer keeps it.
            jwtVerificationCacheIgnore: true,
            meta: { filter: [["kit_token", "~=", "known"]] },
          }),
    }),
    kitBearer({
      issuer,
      audience,
      ...(userClaim !== undefined && { userClaim }),
      ...(userDomains && { userDomains }),
      ...(!introspects && { discovery: discoveryUrl }),
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

/** What takes Keycloak's word of a logout. */
export function logoutPlugin(
  { oidc, sessionPrefix }: TokenSite,
  { revocation, redis }: TokenRevocation & { readonly redis: IRedis },
): Plugin {
  return kitBackchannelLogout({
    issuer: oidc.issuer,
    discovery: oidc.discoveryUrl,
    clients: oidc.logoutClients ?? [],
    ...(revocation === "redis"
      ? endedSessions(redis, oidc, sessionPrefix)
      : // The Java plugin knows sessions by their ids alone.
        { ...endedSessions(redis, { rememberLogoutSeconds: javaPluginRemembers, ...oidc }), bareKeys: true }),
  });
}

function endedSessions(
  { host, port, password }: IRedis,
  { rememberLogoutSeconds }: Pick<ApisixOidc, "rememberLogoutSeconds">,
  keyPrefix?: string,
): EndedSessions {
  return {
    redis: { host, port, password },
    ...(keyPrefix !== undefined && { keyPrefix }),
    ...(rememberLogoutSeconds !== undefined && { rememberSeconds: rememberLogoutSeconds }),
  };
}
