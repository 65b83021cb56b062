import { commonGatewayRules, everyOidc, notUrl, type SiteUsers } from "../gateway/gateway-site";
import type { Rule } from "../terraform/rules";
import type { Secret } from "../workload/secret";
import type { ApisixGatewayProps } from "./apisix-gateway";

/** How tokens are checked. */
export interface ApisixOidc extends SiteUsers {
  /** What `iss` must be. */
  readonly issuer: string;
  /** The realm's discovery document, http or https; https certificates are verified. */
  readonly discoveryUrl: string;
  /** A confidential client; Keycloak calls a token active only for a client in its `aud`, so it is the audience too. */
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** What `aud` must be, or hold. @default clientId */
  readonly audience?: string;
  /** Claim whose value becomes `X-User`. @default "email", by which James knows its users */
  readonly userClaim?: string;
  /** JWS algorithm of the realm's tokens (RFC 7518): APISIX's library reads no other keys. @default "RS256", Keycloak's own */
  readonly signatureAlgorithm?: "RS256" | "RS384" | "RS512";
  /** Clients of whose logouts Keycloak tells the gateway. Needed for `redis`. @default none */
  readonly logoutClients?: readonly string[];
  /**
   * How long a session's logout is remembered, in seconds: best as long as an access token lives. About older tokens the realm
   * is asked at every request; the Java plugin takes them.
   *
   * @default 3600; for the Java plugin 604800, 7 days
   */
  readonly rememberLogoutSeconds?: number;
}

/** What is wrong with the props of an APISIX gateway. */
export const gatewayRules: Rule<ApisixGatewayProps>[] = [
  ...(commonGatewayRules as readonly Rule<ApisixGatewayProps>[]),
  {
    prop: "sites",
    check: ({ sites = [], revocation, redis }) =>
      revocation === "linagora-java-plugin" && !redis && sites.length > 0
        ? { what: "the Java plugin hears of the logouts of one realm only", fix: "Give a redis" }
        : undefined,
  },
  {
    prop: "introspectionIntervalSeconds",
    check: ({ introspectionIntervalSeconds, revocation = "redis" }) =>
      introspectionIntervalSeconds !== undefined &&
      introspectionIntervalSeconds > 0 &&
      revocation !== "introspection"
        ? {
            what: `nothing is introspected with revocation ${revocation}`,
            fix: "Leave it out, or choose revocation: introspection",
          }
        : undefined,
  },
  {
    prop: "redis",
    check: ({ redis, revocation = "redis" }) =>
      revocation === "redis" && !redis
        ? { what: "revoked sessions are kept in Redis, and there is none", fix: "Give one" }
        : undefined,
  },
  {
    prop: "oidc",
    check: ({ revocation = "redis", ...props }) =>
      revocation === "redis" && everyOidc(props).some(({ logoutClients = [] }) => logoutClients.length === 0)
        ? {
            what: "no client's logout would be believed",
            fix: "Name in logoutClients every client whose tokens are taken",
          }
        : undefined,
  },
  {
    prop: "oidc",
    check: (props) => {
      const wrong = everyOidc(props)
        .map(({ rememberLogoutSeconds: seconds = 3600 }) => seconds)
        .find((seconds) => !Number.isInteger(seconds) || seconds < 60 || seconds > 31_536_000);
      return wrong === undefined
        ? undefined
        : { what: "not a time to remember logouts", got: wrong, allowed: "60 to 31536000 seconds" };
    },
  },
  {
    prop: "oidc",
    check: (props) => notUrl(everyOidc(props).flatMap((oidc) => [oidc.issuer, oidc.discoveryUrl])),
  },
  {
    prop: "revocation",
    check: ({ revocation, version }) =>
      revocation === "linagora-java-plugin" && !version.startsWith("3.2.")
        ? {
            what: "the Java plugin is made for APISIX 3.2",
            got: version,
            allowed: "3.2.x",
            fix: "Take the image linagora/apisix",
          }
        : undefined,
  },
  {
    prop: "limits",
    check: ({ limits = {} }) => {
      const wrong = Object.entries(limits).find(([, value]) => !Number.isInteger(value) || value < 1);
      return wrong ? { what: `${wrong[0]} is not a whole number above 0`, got: wrong[1] } : undefined;
    },
  },
];
