import type { Revocation } from "../../constructs/apisix/revocation";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { defaultLimits } from "../../constructs/httpd/httpd-config";
import { renderHttpd } from "../../constructs/httpd/render-httpd";
import { Secret } from "../../constructs/workload/secret";
import { resourceServer } from "../../test/gateway/behaviour/realm";
import { type ApisixSource, apisixFiles, startApisix } from "../../test/gateway/lab/apisix";
import { kitImage, redisPassword } from "../../test/gateway/lab/gateway-lab";
import { startBareApisix } from "./bare-apisix";
import type { BenchLab } from "./gateway-lab";

/** A gateway in one of its ways to check tokens. */
export interface GatewayVariant {
  readonly gateway: "httpd" | "APISIX without the kit" | "APISIX";
  readonly tokens: string;
  /** Starts it on a port of 127.0.0.1; or why that cannot be done here. */
  readonly start: ((lab: BenchLab, port: number) => Promise<RunningGateway>) | { readonly leftOut: string };
}

export interface RunningGateway {
  stop(): Promise<void>;
}

export function gatewayVariants(apisix: ApisixSource): GatewayVariant[] {
  const viaApisix = (revocation: Revocation, interval = 0): GatewayVariant["start"] =>
    "missing" in apisix
      ? { leftOut: apisix.missing }
      : (lab, port) => startApisixVariant(apisix, lab, port, revocation, interval);
  return [
    {
      gateway: "httpd",
      tokens: "introspection at every request",
      start: (lab, port) => startHttpd(lab, port, 0),
    },
    {
      gateway: "httpd",
      tokens: "introspection, kept for 5 s in Redis",
      start: (lab, port) => startHttpd(lab, port, 5),
    },
    {
      gateway: "APISIX without the kit",
      tokens: "openid-connect, realm's keys, logouts unknown",
      start:
        "missing" in apisix ? { leftOut: apisix.missing } : (lab, port) => startBareApisix(apisix, lab, port),
    },
    { gateway: "APISIX", tokens: "realm's keys, logouts in Redis", start: viaApisix("redis") },
    { gateway: "APISIX", tokens: "introspection at every request", start: viaApisix("introspection") },
    { gateway: "APISIX", tokens: "introspection, kept for 5 s", start: viaApisix("introspection", 5) },
  ];
}

async function startHttpd(
  lab: BenchLab,
  port: number,
  introspectionIntervalSeconds: number,
): Promise<RunningGateway> {
  const name = `httpd-${introspectionIntervalSeconds}`;
  const files = renderHttpd({
    ...common(lab, port),
    host: "apisix.example.com",
    introspectionIntervalSeconds,
    cryptoPassphrase: new Secret("passphrase", "passphrase of the measurements"),
    limits: defaultLimits,
  });
  await lab.startGateway(name, await kitImage("httpd"), port, files);
  return { stop: () => lab.stop(name) };
}

async function startApisixVariant(
  source: Exclude<ApisixSource, { missing: string }>,
  lab: BenchLab,
  port: number,
  revocation: Revocation,
  introspectionIntervalSeconds: number,
): Promise<RunningGateway> {
  const { oidc, ...settings } = common(lab, port);
  const files = apisixFiles({
    ...settings,
    version: source.version,
    revocation,
    introspectionIntervalSeconds,
    oidc: { ...oidc, logoutClients: ["mail"] },
    // The load comes from one address.
    limits: { requestsPerSecond: 1_000_000, burst: 1_000_000 },
  });
  const name = `apisix-${revocation}-${introspectionIntervalSeconds}`;
  return startApisix(source, lab, { name, port, files });
}

function common(lab: BenchLab, port: number) {
  return {
    port,
    routes: mailRoutes({ publicUrl: `http://apisix.example.com:${port}`, upstream: lab.upstreamAddress }),
    oidc: {
      ...lab.realm,
      clientId: resourceServer.clientId,
      clientSecret: new Secret("client secret", resourceServer.clientSecret),
    },
    redis: { host: "redis.example.com", port: 6379, password: new Secret("Redis password", redisPassword) },
  };
}
