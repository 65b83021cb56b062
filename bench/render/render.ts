import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApisixGateway } from "../../constructs/apisix/apisix-gateway";
import { ApisixConfiguration } from "../../constructs/apisix/objects/apisix-configuration";
import { ApisixPluginConfig } from "../../constructs/apisix/objects/apisix-plugin-config";
import { ApisixRoute } from "../../constructs/apisix/objects/apisix-route";
import { ApisixService } from "../../constructs/apisix/objects/apisix-service";
import { ApisixUpstream } from "../../constructs/apisix/objects/apisix-upstream";
import { cors } from "../../constructs/apisix/plugins/security/cors";
import { limitReq } from "../../constructs/apisix/plugins/traffic/limit-req";
import { requestId } from "../../constructs/apisix/plugins/traffic/request-id";
import { proxyRewrite } from "../../constructs/apisix/plugins/transformation/proxy-rewrite";
import { DockerEngine } from "../../constructs/engine/docker/docker-engine";
import { App, TerraformStack } from "../../constructs/terraform";
import { Image } from "../../constructs/workload/image";
import { Secret } from "../../constructs/workload/secret";
import type { PartOptions, Report } from "../report/report";
import { type RenderSamples, renderTables, renderTargets, routeCounts } from "./render-targets";

const VERSION = "3.18.0";

/** How long routes take from the typed constructs to checked YAML. */
export async function benchRender({ progress, runs }: PartOptions): Promise<Report> {
  const measured = [
    { title: "ApisixRoutes", render: renderApisixRoutes },
    { title: "GatewayRoutes", render: renderGatewayRoutes },
  ].map((entry) => ({ ...entry, runs: { 100: [], 1000: [], 10000: [] } as RenderSamples["runs"] }));
  for (let run = 1; run <= runs; run++) {
    await progress.step(`check and render 100, 1,000 and 10,000 routes (run ${run} of ${runs})`, async () => {
      for (const { render, runs } of measured) {
        for (const count of routeCounts) {
          const started = performance.now();
          render(count);
          runs[count].push((performance.now() - started) / 1000);
        }
      }
    });
  }
  const samples: RenderSamples[] = measured.map(({ title, runs }) => ({ title, runs }));
  return { targets: renderTargets(samples), text: renderTables(samples), figures: { render: samples } };
}

/** Nothing is shared but the upstream: each route has a service and a plugin config of its own, and two plugins. */
function renderApisixRoutes(count: number): string {
  const apisix = new ApisixConfiguration(new App(), "apisix", { version: VERSION });
  const upstream = new ApisixUpstream(apisix, "james", { nodes: [{ host: "james.example.com", port: 80 }] });
  for (let number = 1; number <= count; number++) {
    new ApisixRoute(apisix, `route-${number}`, {
      uri: `/app/${number}/*`,
      methods: ["GET", "POST"],
      service: new ApisixService(apisix, `service-${number}`, { upstream, plugins: [requestId()] }),
      pluginConfig: new ApisixPluginConfig(apisix, `limits-${number}`, {
        plugins: [limitReq({ rate: 100, burst: 50, key: "remote_addr" })],
      }),
      plugins: [
        proxyRewrite({ headers: { set: { "X-App": `${number}` } } }),
        cors({ allowOrigins: [`https://app-${number}.example.com`], allowMethods: ["GET", "POST"] }),
      ],
    });
  }
  return apisix.render((secret) => secret.reveal());
}

/** As a user of the kit adds them, to a hundred upstreams. */
function renderGatewayRoutes(count: number): string[] {
  const secret = (name: string) => new Secret(name, `the ${name} of the measurements`);
  const stack = new TerraformStack(new App(), "bench");
  const gateway = new ApisixGateway(stack, "gateway", {
    engine: new DockerEngine(stack, "docker", {
      name: "bench",
      // Nothing is synthesized, so nothing is written there.
      privateDirectory: join(tmpdir(), "james-oidc-kit-bench"),
      fingerprintKey: secret("fingerprint key"),
    }),
    image: Image.registry("apache/apisix", { tag: `${VERSION}-debian` }),
    version: VERSION,
    routes: [],
    redis: { host: "redis.example.com", port: 6379, password: secret("password") },
    oidc: {
      issuer: "http://sso.example.com/realms/oidc",
      discoveryUrl: "http://sso.example.com/realms/oidc/.well-known/openid-configuration",
      clientId: "james",
      clientSecret: secret("client secret"),
      logoutClients: ["mail"],
    },
  });
  for (let number = 1; number <= count; number++) {
    gateway.addRoute({
      id: `app-${number}`,
      path: `/app/${number}/*`,
      methods: ["GET", "POST"],
      authentication: "oidc",
      target: {
        upstream: { host: `app-${number % 100}.example.com`, port: 8080 },
        upstreamPath: "/*",
        requestHeaders: { "X-App": `${number}` },
      },
    });
  }
  return gateway.files((secret) => secret.reveal()).map(({ content }) => content);
}
