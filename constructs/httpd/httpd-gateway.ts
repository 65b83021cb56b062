import { Construct } from "constructs";
import { hasControlCharacter } from "../../kit/control-character";
import { defined } from "../../kit/defined";
import { KitError } from "../../kit/errors";
import { hostsOf } from "../../kit/web-url";
import type { ForwardedHost } from "../gateway/forwarded-host";
import { gatewayHealthCheck } from "../gateway/gateway-health";
import { type GatewayRoute, upstreamHosts } from "../gateway/gateway-route";
import {
  commonGatewayRules,
  everyHost,
  everyOidc,
  type GatewaySite,
  notUrl,
  unknownHost,
} from "../gateway/gateway-site";
import { certificateVolumes, type GatewayTls, publishedPorts } from "../gateway/gateway-tls";
import { routeProblems } from "../gateway/route-rules";
import type { IRedis } from "../redis/redis-server";
import { checkProps, type Rule } from "../terraform/rules";
import type { ConfigFile } from "../workload/config-file";
import type { Image } from "../workload/image";
import { type ContainerLimits, limitsOf } from "../workload/limits";
import type { Secret } from "../workload/secret";
import { portsBehind, type TrustedProxy } from "../workload/trusted-proxy";
import { type Engine, Workload } from "../workload/workload";
import { defaultLimits, type HttpdConfig, type HttpdLimits, type HttpdOidc } from "./httpd-config";
import { httpdRouteProblems } from "./httpd-route-rules";
import { mostProcesses, startCommand } from "./httpd-start";
import { providerUrls, verifiesItself } from "./openid-provider";
import { hasVirtualHosts, renderHttpd } from "./render-httpd";

export interface HttpdGatewayProps extends ContainerLimits {
  readonly engine: Engine;
  /** An httpd 2.4.59 or later with mod_oauth2, mod_lua, LuaSocket and LuaSec, as `images/httpd`. */
  readonly image: Image;
  /** What clients can reach; `addRoute` adds to it. */
  readonly routes: readonly GatewayRoute[];
  readonly oidc: HttpdOidc;
  /** Further hosts, each with a realm of its own; `host` is then the only one that `routes` are for. @default none */
  readonly sites?: readonly GatewaySite<HttpdOidc>[];
  /** Origins of web clients, whose pages may use `routes`. @default none */
  readonly webOrigins?: readonly string[];
  /** Encrypts what is kept in Redis. */
  readonly cryptoPassphrase: Secret;
  /** DNS name on the environment's network, and its own name. @default "apisix.example.com" */
  readonly host?: string;
  /** Port of plain HTTP, the same inside and outside; with `tls` inside only. @default 9080 */
  readonly port?: number;
  /** @default none: plain HTTP */
  readonly tls?: GatewayTls;
  /** Further hosts, each of which one upstream answers for. @default none */
  readonly forwardedHosts?: readonly ForwardedHost[];
  /** A proxy before the ports that it publishes. @default none */
  readonly proxy?: TrustedProxy;
  /**
   * How long a logged-out token may still be taken, in seconds: the answer to an introspection is kept so long.
   * 0 asks Keycloak at every request. At most 3600.
   *
   * @default 0
   */
  readonly introspectionIntervalSeconds?: number;
  /** Keeps those answers. @default shared memory, lost at a restart */
  readonly redis?: IRedis;
  /** @default bodies of 64 MiB, 256 requests at a time */
  readonly limits?: Partial<HttpdLimits>;
}

const rules: Rule<HttpdGatewayProps>[] = [
  ...(commonGatewayRules as readonly Rule<HttpdGatewayProps>[]),
  {
    prop: "oidc",
    check: (props) =>
      notUrl(
        everyOidc(props).flatMap(({ issuer, introspectionUrl = issuer, jwksUrl = issuer }) => [
          ...[issuer, introspectionUrl, jwksUrl],
        ]),
      ),
  },
  {
    prop: "oidc",
    check: (props) =>
      everyOidc(props).some((oidc) => verifiesItself(oidc) && oidc.jwksUrl === undefined)
        ? { what: "tokens are verified here, and by no key", fix: "Give jwksUrl" }
        : undefined,
  },
  {
    prop: "introspectionIntervalSeconds",
    check: ({ introspectionIntervalSeconds: seconds = 0, ...props }) =>
      seconds > 0 && everyOidc(props).some(verifiesItself)
        ? {
            what: "httpd keeps no answers of another provider than Keycloak",
            got: seconds,
            allowed: "0: it is asked at every request",
          }
        : undefined,
  },
  {
    prop: "oidc",
    check: (props) =>
      everyOidc(props).some(
        ({ clientId, clientSecret, audience = "", userClaim = "" }) =>
          clientId === "" || [clientId, clientSecret.reveal(), audience, userClaim].some(hasControlCharacter),
      )
        ? { what: "a client id, secret, audience or claim is empty or has a control character" }
        : undefined,
  },
  {
    prop: "cryptoPassphrase",
    check: ({ cryptoPassphrase }) =>
      cryptoPassphrase.reveal().length < 16 || hasControlCharacter(cryptoPassphrase.reveal())
        ? { what: "not a passphrase", allowed: "16 characters or more, without control characters" }
        : undefined,
  },
  {
    prop: "redis",
    check: ({ redis }) =>
      redis && hasControlCharacter(redis.password.reveal())
        ? { what: "a password cannot hold a control character" }
        : undefined,
  },
  {
    prop: "redis",
    check: ({ redis, introspectionIntervalSeconds = 0 }) =>
      introspectionIntervalSeconds > 0 && (redis?.tls || redis?.user !== undefined)
        ? {
            what: "httpd's OAuth 2.0 module knows no TLS to Redis, and no user",
            fix: "Leave redis out, or ask at every request (introspectionIntervalSeconds: 0)",
          }
        : undefined,
  },
  {
    prop: "limits",
    check: ({ limits = {} }) => {
      const wrong = Object.entries(limits).find(([, value]) => !Number.isInteger(value) || value < 1);
      return wrong ? { what: `${wrong[0]} is no number of bytes or requests`, got: wrong[1] } : undefined;
    },
  },
];

/**
 * A gateway on Apache httpd: an OAuth 2.0 resource server that asks the realm about each token, and passes on what its
 * routes name, and nothing else.
 */
export class HttpdGateway extends Construct {
  readonly service: Workload;
  readonly host: string;
  readonly port: number;
  /** By host, the gateway's own first. */
  readonly #routes: ReadonlyMap<string, GatewayRoute[]>;
  readonly #config: (routesOf: (host: string) => readonly GatewayRoute[]) => HttpdConfig;

  /** @throws KitError when a prop is wrong; routes are checked at synthesis */
  constructor(scope: Construct, id: string, props: HttpdGatewayProps) {
    super(scope, id);
    checkProps(this, props, rules);
    const { host = "apisix.example.com", port = 9080, sites = [] } = props;
    this.host = host;
    this.port = port;
    this.#routes = new Map([
      [host, [...props.routes]],
      ...sites.map((site): [string, GatewayRoute[]] => [site.host, [...site.routes]]),
    ]);
    const { tls, proxy, forwardedHosts = [] } = props;
    const limits = { ...defaultLimits, ...props.limits };
    const command = startCommand({ ...defined({ tls, proxy }), limits });
    this.#config = (routesOf) => ({
      host,
      port,
      routes: routesOf(host),
      oidc: props.oidc,
      webOrigins: props.webOrigins ?? [],
      sites: sites.map((site) => ({ ...site, routes: routesOf(site.host) })),
      introspectionIntervalSeconds: props.introspectionIntervalSeconds ?? 0,
      ...(props.redis && { redis: props.redis }),
      cryptoPassphrase: props.cryptoPassphrase,
      limits,
      ...defined({ tls, proxy }),
      forwardedHosts,
    });
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "gateway",
      image: props.image,
      ...(command && { command }),
      aliases: everyHost(props),
      ports: portsBehind(props.proxy, publishedPorts(port, tls)),
      ...(tls && { volumes: certificateVolumes(tls) }),
      connectsTo: () => [
        ...[...this.#routes.values()].flat().flatMap(upstreamHosts),
        ...everyOidc(props).flatMap(providerUrls).flatMap(hostsOf),
        ...(props.redis ? [props.redis.host] : []),
        ...forwardedHosts.map(({ upstream }) => upstream.host),
        ...(tls?.challenges ? [tls.challenges.host] : []),
      ],
      files: () => this.files(),
      healthCheck: gatewayHealthCheck(port, props.routes, hasVirtualHosts(props) ? host : undefined),
      ...limitsOf({ maxProcesses: mostProcesses({ ...defined({ tls }), limits }), ...props }),
    });
  }

  /**
   * Another route, e.g. for a web client; may come until synthesis.
   *
   * @param host of the gateway or of one of its sites
   * @throws KitError when it has no such host
   */
  addRoute(route: GatewayRoute, host = this.host): GatewayRoute {
    const routes = this.#routes.get(host);
    if (!routes) throw unknownHost(this.node.path, route, host, [...this.#routes.keys()]);
    routes.push(route);
    return route;
  }

  /**
   * The files that httpd is given.
   *
   * @throws KitError for everything wrong with the routes
   */
  files(): ConfigFile[] {
    const { path } = this.node;
    const config = this.#config((host) => this.#routes.get(host) ?? []);
    const problems = [
      ...routeProblems(config.routes, `${path}.routes`),
      ...(config.sites ?? []).flatMap(({ name, routes }) =>
        routeProblems(routes, `${path}.sites.${name}.routes`),
      ),
      // Connections to upstreams are those of the whole server.
      ...httpdRouteProblems([...this.#routes.values()].flat(), `${path}.routes`),
    ];
    if (problems.length > 0) throw new KitError(`HttpdGateway ${path} cannot be built`, problems);
    return renderHttpd(config);
  }
}
