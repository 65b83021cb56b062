import { expect } from "vitest";
import {
  type ApisixGatewayProps,
  defaultApisixLimits,
} from "../../../constructs/apisix/apisix-gateway-props";
import { backchannelLogoutPath } from "../../../constructs/apisix/revocation";
import type { GatewayRoute, Upstream } from "../../../constructs/gateway/gateway-route";
import { mailRoutes } from "../../../constructs/gateway/mail-routes";
import type { ConfigFile } from "../../../constructs/workload/config-file";
import { freePort } from "../../engine";
import { secret } from "../../template";
import { autoconfigOf } from "../behaviour/autoconfig-behaviour";
import {
  type GatewayUnderTest,
  gatewayBehaviour,
  type TokenCheck,
  type Tokens,
  webOrigins,
} from "../behaviour/behaviour";
import { ask } from "../behaviour/http";
import { resourceServer } from "../behaviour/realm";
import { type ApisixSource, apisixFiles, type RunningApisix, startApisix } from "./apisix";
import { expiredToken } from "./expired-token";
import { type GatewayLab, redisPassword } from "./gateway-lab";

/** What its routes send in `X-User-Secret`. */
export const userSecret = `secret "of" \\ the $uri \${PATH} tests`;

export const apisixHost = "apisix.example.com";

export interface MailApisix extends Pick<GatewayUnderTest, "baseUrl" | "publicUrl" | "routes" | "ca"> {
  readonly running: RunningApisix;
  /** Plain HTTP. */
  readonly port: number;
}

export interface MailApisixOptions {
  readonly name: string;
  /** Routes that a user of the kit may add, given the upstream. @default none */
  readonly more?: (upstream: Upstream) => readonly GatewayRoute[];
  /** Whatever is otherwise. @default nothing */
  readonly change?: Partial<ApisixGatewayProps>;
  /** Of its certificates. @default none */
  readonly files?: readonly ConfigFile[];
  /** Authority of its certificates. @default none */
  readonly ca?: string;
}

/** Starts an APISIX with the routes of mail. */
export async function startMailApisix(
  source: Exclude<ApisixSource, { missing: string }>,
  lab: GatewayLab,
  { name, more = () => [], change = {}, files = [], ca }: MailApisixOptions,
): Promise<MailApisix> {
  const port = freePort();
  const { tls } = change;
  const https = tls && `https://${apisixHost}:${tls.port}`;
  const publicUrl = https ?? `http://${apisixHost}:${port}`;
  const routes = mailRoutes({
    publicUrl,
    upstream: lab.upstreamAddress,
    webFinger: { issuer: lab.realm.issuer, domains: ["localhost"] },
    autoconfig: autoconfigOf("localhost"),
    userSecret: secret(userSecret),
  });
  const rendered = apisixFiles({
    ...{ version: source.version, port, webOrigins, host: apisixHost },
    routes: [...routes, ...more(lab.upstreamAddress)],
    redis: { host: "redis.example.com", port: 6379, password: secret(redisPassword) },
    oidc: {
      ...lab.realm,
      clientId: resourceServer.clientId,
      clientSecret: secret(resourceServer.clientSecret),
      logoutClients: ["mail", "short"],
      rememberLogoutSeconds: 300,
    },
    // The tests ask from one address, and have the upstream fail.
    limits: { ...defaultApisixLimits, requestsPerSecond: 100_000, burst: 100_000 },
    ...change,
  });
  const ports = tls ? [tls.port, ...(tls.redirectPort === undefined ? [] : [tls.redirectPort])] : [];
  const running = await startApisix(source, lab, { name, port, files: [...rendered, ...files], ports });
  return {
    running,
    baseUrl: https ?? `http://127.0.0.1:${port}`,
    publicUrl,
    routes,
    port,
    ...(ca && { ca }),
  };
}

/** Everything that a gateway must do; nothing that comes later has a Keycloak. */
export function apisixBehaviour(
  lab: () => GatewayLab,
  gateway: () => MailApisix,
  revocation: TokenCheck = "redis",
): void {
  const expired = expiredToken(lab);

  const logoutToken = (tokens: Tokens) => lab().client.logoutToken(lab().upstream, "mail", tokens);
  /** Keycloak's word reaches the gateway by way of the test: an APISIX beside the engine listens on 127.0.0.1 only. */
  const logout = async (tokens: Tokens) => {
    const { baseUrl, ca } = gateway();
    const body = `${new URLSearchParams({ logout_token: await logoutToken(tokens) })}`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { status } = await ask(baseUrl, backchannelLogoutPath, { method: "POST", headers, body }, ca);
    expect(status).toBe(200);
  };

  gatewayBehaviour((): GatewayUnderTest => {
    const { client, upstream, start, stop } = lab();
    return {
      ...gateway(),
      upstream,
      userSecret,
      namesSubprotocol: true,
      revocationSeconds: 0,
      maxBodyBytes: defaultApisixLimits.maxBodyBytes,
      login: () => client.login("mail"),
      loginAs: (address) => client.loginAs(address),
      logout: revocation === "redis" ? logout : (tokens) => client.logout(tokens, "mail"),
      expired,
      otherIssuer: async () => (await client.login("mail", "other")).access,
      otherAudience: async () => (await client.login("other")).access,
      logoutToken: () => client.logoutToken(upstream),
      stopKeycloak: () => stop("keycloak"),
      ...(revocation === "redis" && {
        backchannel: {
          path: backchannelLogoutPath,
          logoutToken,
          stopRedis: () => stop("redis"),
          startRedis: () => start("redis"),
        },
      }),
    };
  }, revocation);
}
