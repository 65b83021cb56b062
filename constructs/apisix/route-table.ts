import { Construct } from "constructs";
import { basicChallenge } from "../gateway/challenges";
import { allowMethods, corsPolicy } from "../gateway/cors";
import { type ForwardedHost, forwardingHeaders } from "../gateway/forwarded-host";
import {
  type ForwardTarget,
  type GatewayRoute,
  isDocument,
  isForward,
  isWebFinger,
  type RouteAuthentication,
  type Upstream,
} from "../gateway/gateway-route";
import { identityHeaders, strippedHeaders } from "../gateway/identity-headers";
import type { ApisixLimits } from "./apisix-gateway-props";
import type { ApisixConfiguration } from "./objects/apisix-configuration";
import { ApisixGlobalRule } from "./objects/apisix-global-rule";
import { ApisixPluginConfig } from "./objects/apisix-plugin-config";
import { type ApisixMethod, ApisixRoute } from "./objects/apisix-route";
import { ApisixService } from "./objects/apisix-service";
import { ApisixUpstream } from "./objects/apisix-upstream";
import { redirect } from "./plugins/general/redirect";
import { kitCors } from "./plugins/kit/kit-cors";
import { kitDocument } from "./plugins/kit/kit-document";
import { kitForward } from "./plugins/kit/kit-forward";
import { kitWebfinger } from "./plugins/kit/kit-webfinger";
import type { Plugin } from "./plugins/plugin/plugin";
import { limitReq } from "./plugins/traffic/limit-req";
import { proxyRewrite } from "./plugins/transformation/proxy-rewrite";
import { responseRewrite } from "./plugins/transformation/response-rewrite";
import type { ApisixCapabilities } from "./schema/capabilities";
import { bearerPlugins, logoutPlugin, type TokenRevocation, type TokenSite } from "./token-plugins";

/** A host name with its realm. */
export interface TableSite extends TokenSite {
  /** Before the ids of its objects. */
  readonly prefix: string;
  /** Undefined: every host. */
  readonly host?: string;
  /** Origins of pages that may use its routes. */
  readonly webOrigins: readonly string[];
}

export interface RouteTableProps extends TokenRevocation {
  readonly sites: readonly TableSite[];
  readonly limits: ApisixLimits;
  /** Whether there are hosts that others answer for. */
  readonly forwards: boolean;
  /** Path where Keycloak tells of logouts. */
  readonly logoutPath: string;
}

const defaultIdleSeconds = 60;
const webSocketIdleSeconds = 3600;

/**
 * The kit's routes as APISIX objects: one global rule that keeps identity headers from both sides, one plugin config
 * with the limits, a service for each upstream and way to authenticate, and a route for each route. What is not a route
 * of the table has an id that none can have: `kit.…`.
 */
export class RouteTable extends Construct {
  readonly #apisix: ApisixCapabilities;
  readonly #props: RouteTableProps;
  readonly #routes: GatewayRoute[] = [];
  readonly #limits: ApisixPluginConfig;

  constructor(scope: ApisixConfiguration, props: RouteTableProps) {
    super(scope, "routes");
    this.#apisix = scope.apisix;
    this.#props = props;
    const routes = this.#routes;
    new ApisixGlobalRule(this, "kit.identity", {
      // Asked at synthesis: until then routes may come, and with them headers that no client may send.
      get plugins() {
        return [
          proxyRewrite({
            headers: { remove: [...strippedHeaders(routes), ...(props.forwards ? forwardingHeaders : [])] },
          }),
          responseRewrite({ headers: { remove: [...identityHeaders] } }),
        ];
      },
    });
    const { requestsPerSecond, burst } = props.limits;
    this.#limits = new ApisixPluginConfig(this, "kit.limits", {
      plugins: [limitReq({ rate: requestsPerSecond, burst, key: "remote_addr", rejectedCode: 429 })],
    });
    for (const site of props.sites) this.#addLogout(site);
  }

  add(route: GatewayRoute, site: TableSite): void {
    this.#routes.push(route);
    const id = `${site.prefix}${route.id}`;
    // `routeProblems` reports two routes of one id.
    if (this.node.tryFindChild(id)) return;
    const { path, methods, target } = route;
    const head: ApisixMethod[] = methods.includes("GET") ? ["HEAD"] : [];
    const common = {
      uri: path,
      methods: [...new Set([...methods, ...head, "OPTIONS" as const])],
      ...(site.host !== undefined && { hosts: [site.host] }),
    };
    const origins = isWebFinger(target) ? ["*"] : site.webOrigins;
    const plugins = [
      kitCors({
        ...(origins.length > 0 && { origins }),
        methods: allowMethods(methods),
        allowHeaders: corsPolicy.allowHeaders.join(", "),
        exposeHeaders: corsPolicy.exposeHeaders.join(", "),
        maxAgeSeconds: corsPolicy.maxAge,
      }),
    ];
    if (!isForward(target)) {
      new ApisixRoute(this, id, {
        ...common,
        pluginConfig: this.#limits,
        plugins: [...plugins, ownAnswer(target)],
      });
      return;
    }
    const idle = target.idleTimeoutSeconds ?? (target.webSocket ? webSocketIdleSeconds : defaultIdleSeconds);
    new ApisixRoute(this, id, {
      ...common,
      service: this.#service(route.authentication, target.upstream, site),
      pluginConfig: this.#limits,
      plugins: [
        ...plugins,
        kitForward({
          path,
          upstreamPath: target.upstreamPath ?? path,
          ...(Object.keys(target.requestHeaders ?? {}).length > 0 && {
            headers: target.requestHeaders ?? {},
          }),
          // oidc: kit-bearer takes it away, when it has read the token.
          ...(route.authentication !== "oidc" && {
            authorization: route.authentication === "basic" ? "basic" : "none",
          }),
          ...(route.authentication === "basic" && {
            challenge: basicChallenge,
            ...(site.oidc.userDomains && { userDomains: site.oidc.userDomains }),
          }),
          ...(route.authentication === "public" && { cookies: true }),
          answer: route.authentication === "public" ? "page" : "private",
          ...(target.webSocketProtocol !== undefined && { websocketProtocol: target.webSocketProtocol }),
        }),
      ],
      enableWebSocket: target.webSocket ?? false,
      timeout: { connectSeconds: 5, sendSeconds: idle, readSeconds: idle },
    });
  }

  /** A host whose paths go to one upstream, which answers for itself. */
  addHost(forwarded: ForwardedHost & { readonly origin: string }): void {
    const { host, origin, path, upstreamPath = path, upstream, hidden = [] } = forwarded;
    const { protocol, host: authority, port } = new URL(origin);
    const scheme = protocol.slice(0, -1);
    new ApisixRoute(this, `kit.forwarded-${host}`, {
      uri: `${path}/*`,
      hosts: [host],
      upstream: this.#upstream(upstream.host, upstream.port),
      pluginConfig: this.#limits,
      plugins: [
        kitForward({
          path: `${path}/*`,
          upstreamPath: `${upstreamPath}/*`,
          ...(hidden.length > 0 && { hidden }),
          headers: {
            "X-Forwarded-Proto": scheme,
            "X-Forwarded-Host": authority,
            "X-Forwarded-Port": port || (scheme === "https" ? "443" : "80"),
          },
          cookies: true,
          answer: "whole",
        }),
      ],
    });
  }

  #service(authentication: RouteAuthentication, { host, port }: Upstream, site: TableSite): ApisixService {
    const id = `kit.${authentication === "oidc" ? site.prefix : ""}${authentication}-${host}-${port}`;
    const found = this.node.tryFindChild(id);
    if (found) return found as ApisixService;
    return new ApisixService(this, id, {
      upstream: this.#upstream(host, port),
      plugins: authentication === "oidc" ? bearerPlugins(site, this.#props, this.#apisix) : [],
    });
  }

  #upstream(host: string, port: number): ApisixUpstream {
    const id = `kit.${host}-${port}`;
    const found = this.node.tryFindChild(id);
    return (found as ApisixUpstream | undefined) ?? new ApisixUpstream(this, id, { nodes: [{ host, port }] });
  }

  /** Where Keycloak tells of logouts. Without a Redis the Java plugin hears them itself, on a port of its own. */
  #addLogout(site: TableSite): void {
    const { prefix, host } = site;
    const { revocation, redis, logoutPath } = this.#props;
    if (revocation === "introspection" || !redis) return;
    new ApisixRoute(this, `kit.${prefix}backchannel-logout`, {
      uri: logoutPath,
      methods: ["POST"],
      ...(host !== undefined && { hosts: [host] }),
      pluginConfig: this.#limits,
      plugins: [logoutPlugin(site, { ...this.#props, redis })],
    });
  }
}

function ownAnswer(target: Exclude<GatewayRoute["target"], ForwardTarget>): Plugin {
  if (isWebFinger(target)) return kitWebfinger(target.webFinger);
  if (isDocument(target)) return kitDocument(target.document);
  return redirect({ uri: target.redirectTo, retCode: 302 });
}
