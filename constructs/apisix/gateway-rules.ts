import { commonGatewayRules, everyOidc, notUrl } from "../gateway/gateway-site";
import { redisProblems } from "../redis/redis-rules";
import type { Rule } from "../terraform/rules";
import { type ApisixGatewayProps, readDiscoveryUrl } from "./apisix-gateway-props";
import { proxyProtocolPort } from "./render-config";

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
    prop: "port",
    check: ({ port, proxy, tls }) =>
      port === proxyProtocolPort && proxy?.protocol === "proxy-v2" && !tls
        ? {
            what: "the PROXY protocol has this port in the container",
            got: port,
            fix: "Choose another one, or give tls",
          }
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
  { prop: "redis", check: ({ redis }) => redis && redisProblems(redis)[0] },
  {
    prop: "redis",
    check: ({ redis, revocation }) =>
      (redis?.tls || redis?.user !== undefined) && revocation === "linagora-java-plugin"
        ? { what: "the Java plugin knows no TLS to Redis and no user", fix: "Choose revocation: redis" }
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
    check: (props) => notUrl(everyOidc(props).flatMap((oidc) => [oidc.issuer, readDiscoveryUrl(oidc)])),
  },
  {
    prop: "oidc",
    check: (props) => {
      const byAddress = everyOidc(props)
        .map(readDiscoveryUrl)
        .find((url) => /^https:\/\/(\[|[\d.]+(:|\/))/.test(url));
      return byAddress === undefined
        ? undefined
        : {
            what: "APISIX finds no address in a certificate, only names",
            got: byAddress,
            fix: "Give the provider a host name, of which its certificate is",
          };
    },
  },
  {
    prop: "oidc",
    check: (props) => {
      const secure = everyOidc(props).filter((oidc) => readDiscoveryUrl(oidc).startsWith("https:"));
      const trusting = secure.find(({ ca }) => ca === undefined);
      return trusting && (props.redis?.tls || secure.some(({ ca }) => ca !== undefined))
        ? {
            what: "APISIX trusts the authorities that are named here, or those of its image, for all realms and Redis alike",
            got: readDiscoveryUrl(trusting),
            fix: "Name the authority of this one's certificate, too, in ca",
          }
        : undefined;
    },
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
