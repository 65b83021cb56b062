import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ForwardedHost } from "../../constructs/gateway/forwarded-host";
import type { GatewayTls } from "../../constructs/gateway/gateway-tls";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { HttpdGateway, type HttpdGatewayProps } from "../../constructs/httpd/httpd-gateway";
import { image, secret, synth, testStack } from "../template";

const upstream = { host: "james.example.com", port: 80 };
const routes = mailRoutes({ publicUrl: "http://apisix.example.com:9080", upstream });
const oidc = {
  issuer: "http://sso.example.com:8080/auth/realms/oidc",
  introspectionUrl: "http://sso.example.com:8080/introspect",
  clientId: "james",
  clientSecret: secret("hush-client"),
};
const cryptoPassphrase = secret("hush-passphrase-of-the-gateway");
const extra = {
  id: "webmail",
  path: "/*",
  methods: ["GET"],
  authentication: "public",
  target: { upstream: { host: "webmail.example.com", port: 8080 } },
} as const;

function build(change: Partial<HttpdGatewayProps> = {}) {
  const { stack, engine, privateDirectory } = testStack();
  const gateway = new HttpdGateway(stack, "gateway", {
    engine,
    image,
    routes,
    oidc,
    cryptoPassphrase,
    ...change,
  });
  return { stack, gateway, privateDirectory };
}

const certificate = (name: string, host: string) => ({
  hosts: [host] as const,
  volume: { name: "certificates-gateway", path: "/run/certificates", readOnly: true as const },
  chainFile: `/run/certificates/${name}/chain.pem`,
  keyFile: `/run/certificates/${name}/key.pem`,
});
const tls: GatewayTls = {
  ...{ port: 443, redirectPort: 80 },
  certificates: [certificate("a", "apisix.example.com"), certificate("b", "*.example.org")],
};
const login: ForwardedHost = {
  ...{ host: "login.example.org", upstream: { host: "sso.example.com", port: 8080 }, path: "/auth" },
};

type Upload = { file: string; content?: string; source?: string };

describe("HttpdGateway", () => {
  it("minimal: is reached by its name and port, inside and out, and gives no secret away", () => {
    const { stack, gateway, privateDirectory } = build();
    expect(gateway).toMatchObject({ host: "apisix.example.com", port: 9080 });
    const template = synth(stack);
    expect(template.resource("docker_container")).toMatchObject({
      name: "unit-gateway",
      ports: [{ internal: 9080, external: 9080, ip: "127.0.0.1" }],
      networks_advanced: [{ aliases: ["apisix.example.com"] }],
    });
    expect(template.text).not.toContain("hush");
    const uploads = template.resource("docker_container").upload as unknown as Upload[];
    expect(uploads.map(({ file }) => file)).toEqual([
      "/etc/apache2/kit.conf",
      "/etc/apache2/kit-secrets.conf",
      ...["refused-handler", "provider", "certificate"].map((name) => `/etc/apache2/kit-lua/${name}.lua`),
    ]);
    const secrets = readFileSync(join(privateDirectory, "gateway/etc/apache2/kit-secrets.conf"), "utf8");
    expect(secrets).toContain("client_secret=hush-client&expiry=0");
  });

  it("maximal: takes name, port, Redis, interval and limits", () => {
    const { stack, privateDirectory } = build({
      host: "mail.test",
      port: 8443,
      introspectionIntervalSeconds: 30,
      redis: { host: "cache.test", port: 6380, password: secret("hush-redis") },
      limits: { maxBodyBytes: 1000, maxRequests: 10 },
      memoryMb: 64,
    });
    const container = synth(stack).resource("docker_container");
    expect(container).toMatchObject({ memory: 64, networks_advanced: [{ aliases: ["mail.test"] }] });
    const [main] = container.upload as unknown as Upload[];
    expect(main?.content).toContain("Listen 8443\n");
    expect(main?.content).toContain("-gt 1000");
    expect(main?.content).toContain("MaxRequestWorkers 10\n");
    const secrets = readFileSync(join(privateDirectory, "gateway/etc/apache2/kit-secrets.conf"), "utf8");
    expect(secrets).toContain("host=cache.test&port=6380");
  });

  it("further hosts: a virtual host each, with the secrets of its realm in a file of its own", () => {
    const partner = { ...oidc, clientSecret: secret("hush-partner"), userDomains: ["partner.example"] };
    const { stack, gateway, privateDirectory } = build({
      oidc: { ...oidc, userDomains: ["localhost"] },
      sites: [{ name: "partner", host: "mail.partner.example", routes, oidc: partner }],
    });
    gateway.addRoute(extra, "mail.partner.example");
    expect(() => gateway.addRoute(extra, "other.example")).toThrow(/no such host/);
    const container = synth(stack).resource("docker_container");
    expect(container).toMatchObject({
      networks_advanced: [{ aliases: ["apisix.example.com", "mail.partner.example"] }],
    });
    const [main] = container.upload as unknown as Upload[];
    const [, unknown = "", first = "", second = ""] = main?.content?.split("<VirtualHost ") ?? [];
    expect(unknown).toContain("R=404");
    expect(unknown).not.toContain("LocationMatch");
    for (const [text, number, webmail] of [
      [first, 1, false],
      [second, 2, true],
    ] as const) {
      expect(text).toContain(`Include "/etc/apache2/kit-secrets-${number}.conf"`);
      expect(text.includes("http://webmail.example.com:8080/")).toBe(webmail);
      const file = join(privateDirectory, `gateway/etc/apache2/kit-secrets-${number}.conf`);
      expect(readFileSync(file, "utf8").includes("hush-partner")).toBe(number === 2);
    }
  });

  it("by HTTPS: plain HTTP is inside only, and a start program waits for the certificates, read-only on their volume", () => {
    const { stack } = build({ tls, forwardedHosts: [login] });
    const container = synth(stack).resource("docker_container");
    expect(container).toMatchObject({
      ports: [
        { internal: 443, external: 443 },
        { internal: 80, external: 80 },
      ],
      networks_advanced: [{ aliases: ["apisix.example.com", "login.example.org"] }],
      volumes: [{ container_path: "/run/certificates", read_only: true }],
      command: ["bash", "/usr/local/bin/kit-httpd-start", "8", "4"],
    });
    const uploads = container.upload as unknown as Upload[];
    const content = (path: string) => uploads.find(({ file }) => file === path)?.content;
    expect(content("/etc/apache2/kit-certificates")).toBe(
      "/run/certificates/a/chain.pem /run/certificates/a/key.pem\n/run/certificates/b/chain.pem /run/certificates/b/key.pem\n",
    );
    const hosts = content("/etc/apache2/kit.conf")?.split("<VirtualHost ").slice(1) ?? [];
    expect(hosts.map((text) => [text.slice(0, 5), /\/dev\/shm\S*?(\d)\.pem/.exec(text)?.[1]])).toEqual([
      ["*:908", undefined],
      ["*:908", undefined],
      ["*:443", "1"],
      ["*:443", "1"],
      ["*:443", "2"],
      ["*:80>", undefined],
    ]);
  });

  it("renders routes that come later", () => {
    const { stack, gateway } = build();
    expect(gateway.addRoute(extra)).toBe(extra);
    const [main] = synth(stack).resource("docker_container").upload as unknown as Upload[];
    expect(main?.content).toContain("http://webmail.example.com:8080/");
  });

  it.each<[string, Partial<HttpdGatewayProps>, RegExp]>([
    ["a negative interval", { introspectionIntervalSeconds: -1 }, /introspectionIntervalSeconds.*0 to 3600/s],
    ["half a second", { introspectionIntervalSeconds: 0.5 }, /introspectionIntervalSeconds/],
    ["an issuer that is no URL", { oidc: { ...oidc, issuer: "sso" } }, /gateway\.oidc.*"sso".*http:/s],
    ["another provider without keys", { oidc: { ...oidc, provider: "other" } }, /gateway\.oidc.*by no key/s],
    [
      "answers of another provider that are kept",
      { oidc: { ...oidc, provider: "other", jwksUrl: oidc.issuer }, introspectionIntervalSeconds: 5 },
      /introspectionIntervalSeconds.*asked at every request/s,
    ],
    ["no client id", { oidc: { ...oidc, clientId: "" } }, /gateway\.oidc.*empty/s],
    [
      "a break in the client secret",
      { oidc: { ...oidc, clientSecret: secret("a\nb") } },
      /control character/,
    ],
    [
      "several realms of which one may name any user",
      { sites: [{ name: "b", host: "b.example", routes, oidc: { ...oidc, userDomains: ["b.example"] } }] },
      /gateway\.oidc.*each must say whose its users/s,
    ],
    ["a site without a name", { sites: [{ name: "", host: "b.example", routes, oidc }] }, /gateway\.sites/],
    ["a short passphrase", { cryptoPassphrase: secret("short") }, /cryptoPassphrase.*16/s],
    ["a break in Redis's password", { redis: { ...upstream, password: secret("a\nb") } }, /gateway\.redis/],
    [
      "TLS to Redis",
      {
        redis: { ...upstream, password: secret("a"), tls: true, ca: "PEM" },
        introspectionIntervalSeconds: 5,
      },
      /gateway\.redis.*knows no TLS/s,
    ],
    [
      "a user of Redis",
      { redis: { ...upstream, password: secret("a"), user: "kit" }, introspectionIntervalSeconds: 5 },
      /gateway\.redis.*no user/s,
    ],
    [
      "a host without a certificate",
      { tls, host: "mail.test" },
      /gateway\.tls.*no certificate is good for mail\.test/s,
    ],
    [
      "two answers for a host",
      { forwardedHosts: [{ ...login, host: "apisix.example.com" }] },
      /gateway\.forwardedHosts.*there already/s,
    ],
    ["a proxy of everybody", { proxy: { trusted: ["0.0.0.0/0"], protocol: "forwarded" } }, /gateway\.proxy/],
    ["a limit of nothing", { limits: { maxRequests: 0 } }, /gateway\.limits.*maxRequests/s],
  ])("refuses %s", (_, change, message) => {
    expect(() => build(change)).toThrow(message);
  });

  it("refuses wrong routes at synthesis, all at once, with their place", () => {
    const { stack, gateway } = build();
    gateway.addRoute({ ...extra, id: "oidc-jmap" });
    gateway.addRoute({
      ...extra,
      id: "expr",
      path: "/x/*",
      target: { ...extra.target, requestHeaders: { A: "expr=1" } },
    });
    expect(() => synth(stack)).toThrow(
      /gateway\.routes\.oidc-jmap\.id: two routes[\s\S]*gateway\.routes\.expr\.requestHeaders.*expression/,
    );
  });

  it("refuses two kinds of connection to one URL, which httpd cannot keep apart", () => {
    const { stack, gateway } = build();
    gateway.addRoute({
      ...extra,
      path: "/socket",
      target: { upstream, upstreamPath: "/jmap/ws", idleTimeoutSeconds: 5 },
    });
    expect(() => synth(stack)).toThrow(
      /routes\.webmail.*http:\/\/james\.example\.com:80\/jmap\/ws.*oidc-websocket/s,
    );
  });
});
