import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backchannelLogoutPath, defaultApisixLimits } from "../../constructs/apisix/apisix-gateway";
import { Secret } from "../../constructs/container/secret";
import { defaultLimits } from "../../constructs/httpd/httpd-config";
import { configurationPath, renderHttpd } from "../../constructs/httpd/render-httpd";
import { apisixFiles, findApisix, type RunningApisix, startApisix } from "../gateway/apisix";
import { freePort } from "../gateway/docker";
import { type GatewayLab, kitImage, redisPassword, startGatewayLab } from "../gateway/gateway-lab";
import {
  firstHost,
  hostOidc,
  hostRoutes,
  partnerHost,
  partnerRealm,
  sitesBehaviour,
} from "../gateway/sites-behaviour";

const secret = (value: string) => new Secret("test", value);

describe("a gateway for two realms", () => {
  let lab: GatewayLab;
  beforeAll(async () => {
    lab = await startGatewayLab("realms");
  }, 150_000);
  afterAll(() => lab?.close());

  const redis = { host: "redis.example.com", port: 6379, password: secret(redisPassword) };
  const hosts = (port: number, more: object = {}) => {
    const [first, partner] = [firstHost, partnerHost].map((host) => ({
      host,
      routes: hostRoutes(lab, host, port),
      oidc: { ...hostOidc(lab, host), ...more },
    }));
    if (!first || !partner) throw new Error("there are two");
    return { ...first, port, sites: [{ name: partnerRealm, ...partner }] };
  };

  describe.each([0, 3])("on httpd that asks Keycloak every %i s", (introspectionIntervalSeconds) => {
    const name = `httpd-${introspectionIntervalSeconds}`;
    let baseUrl: string;
    beforeAll(async () => {
      const port = await freePort();
      baseUrl = `http://127.0.0.1:${port}`;
      const files = renderHttpd({
        ...hosts(port),
        introspectionIntervalSeconds,
        redis,
        cryptoPassphrase: secret("passphrase of the tests"),
        limits: defaultLimits,
      });
      await lab.startGateway(name, await kitImage("httpd"), port, files);
    });

    it("starts without a warning", async () => {
      expect(await lab.execute(name, "apache2", "-t", "-f", configurationPath)).toBe("Syntax OK");
      expect(await lab.logs(name)).not.toMatch(/:(?:warn|error|crit|alert|emerg)]/);
    });

    sitesBehaviour(() => ({ baseUrl, lab }));
  });

  const source = findApisix();
  if ("missing" in source) {
    it("on APISIX", ({ skip }) => skip(source.missing));
    return;
  }
  describe.each(["redis", "introspection"] as const)("on APISIX with revocation %s", (revocation) => {
    let running: RunningApisix;
    let baseUrl: string;
    beforeAll(async () => {
      const port = await freePort();
      baseUrl = `http://127.0.0.1:${port}`;
      const files = apisixFiles({
        ...hosts(port, { logoutClients: ["mail"] }),
        version: source.version,
        revocation,
        redis,
        limits: { ...defaultApisixLimits, requestsPerSecond: 100_000, burst: 100_000, breakerFailures: 1000 },
      });
      running = await startApisix(source, lab, { name: `apisix-${revocation}`, port, files });
    }, 60_000);
    afterAll(() => running?.stop());

    it("starts without an error", async () => {
      expect(await running.logs()).not.toMatch(/\[(?:error|crit|alert|emerg)\]/);
    });

    sitesBehaviour(() => ({
      baseUrl,
      lab,
      ...(revocation === "redis" && { backchannel: backchannelLogoutPath }),
    }));
  });
});
