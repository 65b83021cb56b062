import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Construct } from "constructs";
import { KitError } from "../../kit/errors";
import { packageRoot } from "../../kit/package-root";
import { hostsOf } from "../../kit/web-url";
import { gatewayHealthCheck } from "../gateway/gateway-health";
import type { GatewayRoute } from "../gateway/gateway-route";
import { everyHost, everyOidc, unknownHost } from "../gateway/gateway-site";
import { certificateVolumes, publishedPorts } from "../gateway/gateway-tls";
import { routeProblems } from "../gateway/route-rules";
import { checkProps } from "../terraform/rules";
import type { ConfigFile } from "../workload/config-file";
import { limitsOf } from "../workload/limits";
import type { Secret } from "../workload/secret";
import { portsBehind } from "../workload/trusted-proxy";
import { type PublishedPort, Workload } from "../workload/workload";
import { type ApisixGatewayProps, defaultApisixLimits, readDiscoveryUrl } from "./apisix-gateway-props";
import { gatewayRules } from "./gateway-rules";
import { kitPluginNames, luaFiles } from "./lua-files";
import { ApisixConfiguration } from "./objects/apisix-configuration";
import { asksForEngineAddress, proxyProtocolPort, renderGatewayConfig } from "./render-config";
import { backchannelLogoutPath, backchannelLogoutUrl } from "./revocation";
import { RouteTable, type TableSite } from "./route-table";

/** Starts APISIX where it must know more than its files say. */
const startProgram = readFileSync(join(packageRoot, "constructs/apisix/apisix-start.sh"), "utf8");

/** Where APISIX's files are in its images. */
const home = "/usr/local/apisix";

interface SiteWithRoutes {
  readonly site: TableSite;
  /** What its routes are called in problems. */
  readonly where: string;
  readonly routes: GatewayRoute[];
}

/**
 * A gateway on Apache APISIX in standalone mode: the kit's routes as APISIX objects, and those that the user adds.
 * `configuration` is the scope for further `ApisixRoute`s, services and global rules.
 */
export class ApisixGateway extends Construct {
  readonly service: Workload;
  readonly configuration: ApisixConfiguration;
  readonly host: string;
  readonly port: number;
  /** Where Keycloak must send the logouts of every client whose tokens are taken; undefined with `introspection`. */
  readonly backchannelLogoutUrl: string | undefined;
  /** By host, the gateway's own first. */
  readonly #sites = new Map<string, SiteWithRoutes>();
  readonly #table: RouteTable;
  readonly #props: ApisixGatewayProps;

  /** @throws KitError when a prop is wrong; routes are checked at synthesis */
  constructor(scope: Construct, id: string, props: ApisixGatewayProps) {
    super(scope, id);
    checkProps(this, props, gatewayRules);
    const {
      host = "apisix.example.com",
      port = 9080,
      revocation = "redis",
      webOrigins = [],
      sites = [],
      forwardedHosts = [],
    } = props;
    this.#props = props;
    this.host = host;
    this.port = port;
    this.backchannelLogoutUrl = backchannelLogoutUrl({ ...props, host, port }, revocation);
    this.configuration = new ApisixConfiguration(this, "configuration", {
      version: props.version,
      customPlugins: kitPluginNames,
    });
    const named = sites.length > 0 || forwardedHosts.length > 0 || props.tls !== undefined;
    const first: TableSite = { prefix: "", oidc: props.oidc, webOrigins, ...(named && { host }) };
    this.#sites.set(host, { site: first, where: `${this.node.path}.routes`, routes: [] });
    for (const { name, host, oidc, webOrigins = [] } of sites) {
      // No realm ends the sessions of another.
      const site: TableSite = { prefix: `${name}.`, host, oidc, webOrigins, sessionPrefix: `${name}/` };
      this.#sites.set(host, { site, where: `${this.node.path}.sites.${name}.routes`, routes: [] });
    }
    this.#table = new RouteTable(this.configuration, {
      ...props,
      sites: [...this.#sites.values()].map(({ site }) => site),
      revocation,
      limits: { ...defaultApisixLimits, ...props.limits },
      forwards: forwardedHosts.length > 0,
      logoutPath: backchannelLogoutPath,
    });
    for (const route of props.routes) this.addRoute(route);
    for (const site of sites) for (const route of site.routes) this.addRoute(route, site.host);
    for (const forwarded of forwardedHosts)
      this.#table.addHost({ origin: this.#origin(forwarded.host), ...forwarded });
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "gateway",
      image: asksForEngineAddress(props.proxy) ? props.image.withStart(startProgram) : props.image,
      aliases: everyHost({ ...props, host }),
      ports: portsBehind(props.proxy, portsOf(port, props)),
      ...(props.tls && { volumes: certificateVolumes(props.tls) }),
      connectsTo: () => [
        ...this.configuration.upstreamHosts(),
        ...(props.tls?.challenges ? [props.tls.challenges.host] : []),
        ...everyOidc(props).map(readDiscoveryUrl).flatMap(hostsOf),
        ...(props.redis ? [props.redis.host] : []),
      ],
      files: () => this.files((secret) => secret.reveal()),
      healthCheck: gatewayHealthCheck(port, props.routes, named ? host : undefined),
      ...limitsOf(props),
    });
  }

  /**
   * Another route, e.g. for a web client; may come until synthesis.
   *
   * @param host of the gateway or of one of its sites
   * @throws KitError when it has no such host
   */
  addRoute(route: GatewayRoute, host = this.host): GatewayRoute {
    const found = this.#sites.get(host);
    if (!found) throw unknownHost(this.node.path, route, host, [...this.#sites.keys()]);
    found.routes.push(route);
    this.#table.add(route, found.site);
    return route;
  }

  /**
   * The files that APISIX is given.
   *
   * @param secretText what stands for a secret in them
   * @throws KitError for everything wrong with routes and objects
   */
  files(secretText: (secret: Secret) => string): ConfigFile[] {
    const problems = [
      ...[...this.#sites.values()].flatMap(({ routes, where }) => routeProblems(routes, where)),
      ...this.configuration.problems(),
    ];
    if (problems.length > 0) throw new KitError(`ApisixGateway ${this.node.path} cannot be built`, problems);
    const { revocation = "redis", redis, limits, version, tls, proxy } = this.#props;
    return [
      { path: `${home}/conf/apisix.yaml`, content: this.configuration.render(secretText), secret: true },
      ...renderGatewayConfig({
        home,
        version,
        port: this.port,
        plugins: this.configuration.pluginNames(),
        limits: { ...defaultApisixLimits, ...limits },
        authorities: authorities(this.#props),
        ...(tls && { tls, origins: this.#origins() }),
        ...(proxy && { proxy }),
        ...(revocation === "linagora-java-plugin" && { javaPlugin: redis ? { redis } : {} }),
        secretText,
      }),
      ...luaFiles(this.configuration.pluginNames(), `${home}/kit`),
    ];
  }

  /** Where people find each host. */
  #origins(): Map<string, string> {
    const { forwardedHosts = [] } = this.#props;
    return new Map([
      ...[...this.#sites.keys()].map((host) => [host, this.#origin(host)] as const),
      ...forwardedHosts.map(({ host, origin = this.#origin(host) }) => [host, origin] as const),
    ]);
  }

  #origin(host: string): string {
    const { tls } = this.#props;
    return new URL(tls ? `https://${host}:${tls.publicPort ?? tls.port}` : `http://${host}:${this.port}`)
      .origin;
  }
}

/** Behind a proxy with the PROXY protocol, plain HTTP of the environment's own services is another port. */
function portsOf(port: number, { tls, proxy }: ApisixGatewayProps): PublishedPort[] {
  return proxy?.protocol === "proxy-v2" && !tls
    ? [{ internal: proxyProtocolPort, external: port }]
    : publishedPorts(port, tls);
}

/** Certificates of which those of the realms, and of Redis, must be. */
function authorities(props: ApisixGatewayProps): string[] {
  const realms = everyOidc(props).map(({ ca }) => ca);
  return [...new Set([...realms, props.redis?.tls ? props.redis.ca : undefined])].filter(
    (ca) => ca !== undefined,
  );
}
