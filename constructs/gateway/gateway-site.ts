import { originProblem } from "../../kit/client-uris";
import { dnsName } from "../../kit/dns-name";
import { KitError } from "../../kit/errors";
import { isWebUrl } from "../../kit/web-url";
import type { Rule } from "../terraform/rules";
import { type TrustedProxy, trustedProxyProblem } from "../workload/trusted-proxy";
import type { ForwardedHost } from "./forwarded-host";
import { forwardedHostProblem } from "./forwarded-host-rules";
import type { GatewayRoute } from "./gateway-route";
import { type GatewayTls, tlsProblem } from "./gateway-tls";

/**
 * A further host name of a gateway, for the people of another realm: nothing is shared with other hosts but the port.
 * A gateway with sites answers 404 to a host that it does not know.
 */
export interface GatewaySite<Oidc> {
  /** Unique in the gateway, as the realm's: letters, digits, dot, underscore and `-`, at most 31. */
  readonly name: string;
  /** DNS name, in lower case; the gateway has it on the environment's network too. */
  readonly host: string;
  /** What clients of this host can reach; ids and paths are unique in it. */
  readonly routes: readonly GatewayRoute[];
  /** How its tokens are checked. */
  readonly oidc: Oidc;
  /** Origins of web clients, whose pages may use its routes. @default none */
  readonly webOrigins?: readonly string[];
}

/** Who the users of a realm may be. */
export interface SiteUsers {
  /**
   * Mail domains of the realm's users. A token of another domain's user is refused, and on `basic` routes no other
   * one's password reaches the upstream. Needed as soon as there are several realms.
   *
   * @default any
   */
  readonly userDomains?: readonly string[];
}

interface GatewayProps {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: GatewayTls;
  readonly forwardedHosts?: readonly ForwardedHost[];
  readonly proxy?: TrustedProxy;
  readonly oidc: SiteUsers;
  readonly sites?: readonly GatewaySite<SiteUsers>[];
  readonly webOrigins?: readonly string[];
  readonly introspectionIntervalSeconds?: number;
}

/** How the tokens of each host are checked. */
export function everyOidc<Oidc>(props: {
  readonly oidc: Oidc;
  readonly sites?: readonly GatewaySite<Oidc>[];
}): Oidc[] {
  return [props.oidc, ...(props.sites ?? []).map((site) => site.oidc)];
}

/** Every name that a gateway is asked by. */
export function everyHost({
  host = "apisix.example.com",
  sites = [],
  forwardedHosts = [],
}: Pick<GatewayProps, "host" | "sites" | "forwardedHosts">): string[] {
  return [host, ...sites.map((site) => site.host), ...forwardedHosts.map((forwarded) => forwarded.host)];
}

export function notUrl(urls: readonly string[]) {
  const wrong = urls.find((url) => !isWebUrl(url));
  return wrong === undefined ? undefined : { what: "not a URL", got: wrong, allowed: "http:// or https://" };
}

/** What must hold for every gateway. */
export const commonGatewayRules: readonly Rule<GatewayProps>[] = [
  {
    prop: "introspectionIntervalSeconds",
    check: ({ introspectionIntervalSeconds: seconds = 0 }) =>
      Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600
        ? undefined
        : { what: "not an interval", got: seconds, allowed: "0 to 3600 seconds" },
  },
  {
    prop: "sites",
    check: ({ sites = [] }) => {
      const wrong = sites.find(({ name }) => !/^[A-Za-z0-9._-]{1,31}$/.test(name));
      return wrong && { what: "not the name of a site", got: wrong.name };
    },
  },
  {
    prop: "sites",
    check: ({ sites = [] }) =>
      twice(
        sites.map(({ name }) => name.toLowerCase()),
        "name",
      ),
  },
  {
    prop: "sites",
    check: ({ host = "apisix.example.com", sites = [] }) =>
      twice([host, ...sites.map((site) => site.host)], "host"),
  },
  {
    prop: "forwardedHosts",
    check: ({ forwardedHosts = [], ...props }) => {
      const taken = everyHost(props);
      const again = forwardedHosts.find(
        ({ host }, index) =>
          taken.includes(host) || forwardedHosts.findIndex((other) => other.host === host) < index,
      );
      if (again) return { what: "a host of the gateway that is there already", got: again.host };
      return forwardedHosts.map(forwardedHostProblem).find((problem) => problem !== undefined);
    },
  },
  { prop: "tls", check: ({ port = 9080, tls, ...props }) => tls && tlsProblem(tls, port, everyHost(props)) },
  { prop: "proxy", check: ({ proxy }) => proxy && trustedProxyProblem(proxy) },
  {
    prop: "sites",
    check: ({ sites = [] }) => {
      const wrong = sites.find(({ host }) => !dnsName.test(host));
      return wrong && { what: "not a host name in lower case", got: wrong.host };
    },
  },
  {
    prop: "webOrigins",
    check: ({ webOrigins = [], sites = [] }) =>
      [...webOrigins, ...sites.flatMap((site) => site.webOrigins ?? [])]
        .map(originProblem)
        .find((problem) => problem !== undefined),
  },
  {
    prop: "oidc",
    check: (props) => {
      const all = everyOidc(props).flatMap(({ userDomains = [] }) => userDomains);
      const wrong = all.find((domain) => !dnsName.test(domain));
      return wrong === undefined ? undefined : { what: "not a domain in lower case", got: wrong };
    },
  },
  {
    prop: "oidc",
    check: (props) => {
      const realms = everyOidc(props).map(({ userDomains = [] }) => userDomains);
      if (realms.length === 1) return undefined;
      return realms.some((domains) => domains.length === 0)
        ? {
            what: "with several realms each must say whose its users are: one could name a user of another",
            fix: "Give userDomains to oidc and to that of each site",
          }
        : twice(realms.flat(), "user domain");
    },
  },
];

function twice(values: readonly string[], what: string) {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  return repeated === undefined ? undefined : { what: `two realms have one ${what}`, got: repeated };
}

/** What `addRoute` throws for a host that the gateway does not have. */
export function unknownHost(path: string, { id }: GatewayRoute, host: string, allowed: readonly string[]) {
  return new KitError(`route ${id} cannot be added`, [
    { where: `${path}.routes.${id}`, what: "the gateway has no such host", got: host, allowed },
  ]);
}
