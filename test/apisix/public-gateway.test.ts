import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ApisixGateway } from "../../constructs/apisix/apisix-gateway";
import type { ApisixGatewayProps } from "../../constructs/apisix/apisix-gateway-props";
import { checkApisixYaml } from "../../constructs/apisix/check/check";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { realmAt } from "../../constructs/keycloak/server/realm";
import { HealthCheck } from "../../constructs/workload/health-check";
import { Image } from "../../constructs/workload/image";
import type { ServerCertificate } from "../../constructs/workload/server-certificate";
import { Workload } from "../../constructs/workload/workload";
import { packageRoot } from "../../kit/package-root";
import { secret, synth, testStack } from "../template";

const upstream = { host: "james.example.com", port: 80 };
const keycloak = { host: "sso.example.com", port: 8080 };
const host = "mail.example.org";
const volume = { name: "certificates-gateway", path: "/run/certificates", readOnly: true } as const;
const certificate = (name: string, ...hosts: [string, ...string[]]): ServerCertificate => ({
  ...{ hosts, volume },
  chainFile: `/run/certificates/${name}/chain.pem`,
  keyFile: `/run/certificates/${name}/key.pem`,
});
const tls = {
  port: 443,
  certificates: [certificate("mail", host), certificate("login", "login.example.org")] as const,
  redirectPort: 80,
  challenges: { host: "certificates.example.com", port: 8080 },
};
const login = {
  ...{ host: "login.example.org", upstream: keycloak, path: "/auth" },
  hidden: ["/auth/admin", "/auth/realms/master"],
};
const proxied = (protocol: "forwarded" | "proxy-v2") => ({
  trusted: ["192.0.2.0/24", "127.0.0.1"],
  protocol,
});

interface Route {
  readonly id: string;
  readonly hosts?: readonly string[];
  readonly plugins: Readonly<Record<string, { readonly answer?: string } | undefined>>;
}

function build(props: Partial<ApisixGatewayProps> = {}) {
  const { stack, engine } = testStack();
  const version = props.version ?? "3.18.0";
  for (const { host } of [upstream, keycloak, tls.challenges, { host: "redis.example.com" }]) {
    new Workload(stack, host, {
      ...{
        engine,
        name: host.replace(/\..*/, ""),
        aliases: [host],
        healthCheck: HealthCheck.http(80, "/"),
      },
      image: Image.registry("example/image", { tag: "1" }),
    });
  }
  const gateway = new ApisixGateway(stack, "gateway", {
    ...{ engine, version, host },
    image: Image.registry("apache/apisix", { tag: version, user: "apisix" }),
    routes: mailRoutes({ publicUrl: "https://mail.example.org", upstream }),
    oidc: {
      ...realmAt("http://sso.example.com:8080/auth", "oidc"),
      ...{ clientId: "james", clientSecret: secret("value of james"), logoutClients: ["oidc"] },
    },
    redis: { host: "redis.example.com", port: 6379, password: secret("value of redis") },
    ...props,
  });
  const files = () => gateway.files((one) => one.reveal());
  const file = (name: string) => files().find(({ path }) => path.endsWith(`/${name}`))?.content ?? "";
  return {
    ...{ stack, gateway, files, file },
    routes: (): Route[] => parse(file("apisix.yaml")).routes,
    config: () => parse(file("config.yaml")),
    snippet: (): string => parse(file("config.yaml")).nginx_config.http_configuration_snippet,
    container: () => synth(stack).resource("docker_container", "unit-gateway"),
  };
}

describe("ApisixGateway with TLS", () => {
  it("publishes HTTPS and what leads to it; plain HTTP is for the environment's own services", () => {
    const { container, gateway, config } = build({ tls });
    expect(container().ports).toMatchObject([
      { internal: 443, external: 443 },
      { internal: 80, external: 80 },
    ]);
    expect(config().apisix.node_listen).toEqual([{ ip: "0.0.0.0", port: 9080 }]);
    expect(gateway.backchannelLogoutUrl).toBe("http://mail.example.org:9080/add-revoked-token");
    expect(gateway.service.props.healthCheck).toMatchObject({ probe: { port: 9080 } });
  });

  it("has TLS 1.2 and 1.3 with authenticated ciphers and ephemeral keys, and HTTP/2", () => {
    const { apisix } = build({ tls }).config();
    expect(apisix.ssl).toMatchObject({
      ...{ enable: true, listen: [{ ip: "0.0.0.0", port: 443 }], ssl_protocols: "TLSv1.2 TLSv1.3" },
      fallback_sni: host,
    });
    for (const suite of apisix.ssl.ssl_ciphers.split(":")) expect(suite).toMatch(/^ECDHE-.*(GCM|POLY1305)/);
    expect(apisix.enable_http2).toBe(true);
  });

  it("takes certificates from a volume that it can only read, and is given no key", () => {
    const { config, container, files } = build({ tls });
    expect(config().apisix.router.ssl).toBe("certificate_files");
    expect(files().map(({ path }) => path)).toContain(
      "/usr/local/apisix/kit/apisix/ssl/router/certificate_files.lua",
    );
    expect(config().plugin_attr["kit-certificates"].list).toEqual([
      {
        hosts: [host],
        chain: "/run/certificates/mail/chain.pem",
        key: "/run/certificates/mail/key.pem",
      },
      expect.objectContaining({ hosts: ["login.example.org"] }),
    ]);
    expect(container().volumes).toMatchObject([{ container_path: "/run/certificates", read_only: true }]);
  });

  it("leads plain HTTP to where people find its hosts, and challenges to who answers them", () => {
    const { snippet, gateway } = build({ tls: { ...tls, publicPort: 8443 }, forwardedHosts: [login] });
    expect(snippet()).toContain('"mail.example.org" "https://mail.example.org:8443";');
    expect(snippet()).toContain('"login.example.org" "https://login.example.org:8443";');
    expect(snippet()).toContain("set $kit_challenges certificates.example.com:8080;");
    expect(gateway.service.connectsTo()).toContain("certificates.example.com");
    expect(build({ tls }).snippet()).toContain('"mail.example.org" "https://mail.example.org";');
  });

  it("leads nowhere without a port for it", () => {
    const { snippet, container } = build({ tls: { port: 443, certificates: tls.certificates } });
    expect(snippet()).not.toContain("listen");
    expect(container().ports).toMatchObject([{ internal: 443 }]);
  });

  it("has HTTP/2 on the port alone before 3.9", () => {
    const { apisix } = build({ tls, version: "3.2.2" }).config();
    expect(apisix.ssl.listen).toEqual([{ ip: "0.0.0.0", port: 443, enable_http2: true }]);
    expect(apisix).not.toHaveProperty("enable_http2");
  });

  it("is refused without a certificate for each host", () => {
    expect(() => build({ tls, forwardedHosts: [{ ...login, host: "auth.example.org" }] })).toThrow(
      /no certificate is good for auth\.example\.org/,
    );
  });
});

describe("what browsers are told by ApisixGateway", () => {
  const answers = (props: Partial<ApisixGatewayProps> = {}) =>
    build(props)
      .routes()
      .map(({ id, plugins }) => [id, plugins["kit-forward"]?.answer]);

  it("depends on whose answer it is: a person's own, of what anybody may ask, of an upstream that answers for itself", () => {
    expect(Object.fromEntries(answers({ forwardedHosts: [login] }))).toMatchObject({
      ...{ "oidc-session": "private", "basic-download": "private" },
      ...{ "basic-webfinger": "page", "oidc-well-known-jmap": undefined },
      "kit.forwarded-login.example.org": "whole",
    });
  });

  it("is to come by HTTPS only where it does (RFC 6797)", () => {
    expect(build().snippet()).not.toContain("Strict-Transport-Security");
    expect(build({ tls }).snippet()).toMatch(
      /map \$https\S* \S+ \{\n {2}default "";\n {2}"on" "max-age=31536000";/,
    );
  });
});

describe("ApisixGateway with hosts that others answer for", () => {
  it("passes on what is below their path, but what is hidden, and tells where it was asked for", () => {
    const { routes } = build({ tls, forwardedHosts: [{ ...login, upstreamPath: "/sso" }] });
    const route = routes().find(({ id }) => id === "kit.forwarded-login.example.org");
    expect(route).toMatchObject({ uri: "/auth/*", hosts: ["login.example.org"] });
    expect(route).not.toHaveProperty("methods");
    expect(route?.plugins).toEqual({
      "kit-forward": {
        ...{ path: "/auth/*", upstream_path: "/sso/*", hidden: login.hidden, cookies: true, answer: "whole" },
        headers: {
          "X-Forwarded-Proto": "https",
          "X-Forwarded-Host": "login.example.org",
          "X-Forwarded-Port": "443",
        },
      },
    });
  });

  it("tells where people find them, where a proxy is before it", () => {
    const { routes } = build({
      forwardedHosts: [{ ...login, path: "", hidden: [], origin: "https://login.example.org:8443" }],
    });
    const route = routes().find(({ id }) => id === "kit.forwarded-login.example.org");
    expect(route).toMatchObject({ uri: "/*" });
    expect(route?.plugins).toMatchObject({
      "kit-forward": {
        headers: {
          "X-Forwarded-Proto": "https",
          "X-Forwarded-Host": "login.example.org:8443",
          "X-Forwarded-Port": "8443",
        },
      },
    });
  });

  it("has its own routes at its own host only, then, and is asked for it by its health check", () => {
    const { routes, gateway, container } = build({ forwardedHosts: [login] });
    for (const { hosts } of routes()) expect(hosts).toHaveLength(1);
    expect(gateway.service.props.healthCheck).toMatchObject({ probe: { host: "mail.example.org:9080" } });
    expect(container().networks_advanced).toContainEqual(
      expect.objectContaining({ aliases: ["mail.example.org", "login.example.org"] }),
    );
    expect(gateway.service.connectsTo()).toContain("sso.example.com");
  });

  it("stands its own check", () => {
    const findings = checkApisixYaml(build({ tls, forwardedHosts: [login] }).file("apisix.yaml"), {
      version: "3.18.0",
    });
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  });
});

describe("ApisixGateway behind a proxy", () => {
  it("believes nobody else about a client's address", () => {
    const { http } = build().config().nginx_config;
    expect(http.real_ip_from).toEqual(["unix:"]);
    expect(http).not.toHaveProperty("real_ip_header");
  });

  it("forwarded: takes the last address that is none of a trusted proxy's", () => {
    const { config, container } = build({ proxy: proxied("forwarded") });
    expect(config().nginx_config.http).toMatchObject({
      real_ip_from: ["192.0.2.0/24", "${{KIT_ENGINE_ADDRESS}}"],
      real_ip_header: "X-Forwarded-For",
      real_ip_recursive: "on",
    });
    expect(config().apisix).not.toHaveProperty("proxy_protocol");
    expect(container().ports).toMatchObject([{ internal: 9080, external: 9080 }]);
  });

  it("proxy-v2: every published port wants its header, the others do not", () => {
    const { config, snippet, container } = build({ tls, proxy: proxied("proxy-v2") });
    expect(config().nginx_config.http).toMatchObject({ real_ip_header: "proxy_protocol" });
    expect(config().apisix).toMatchObject({
      node_listen: [{ port: 9080 }],
      ssl: { listen: [] },
      proxy_protocol: { listen_https_port: 443 },
    });
    expect(snippet()).toContain("listen 0.0.0.0:80 default_server proxy_protocol;");
    expect(container().ports).toMatchObject([{ internal: 443 }, { internal: 80 }]);
  });

  it("proxy-v2 without TLS: another port is published in place of the one of the environment's services", () => {
    const { config, container } = build({ proxy: proxied("proxy-v2") });
    expect(config().apisix).toMatchObject({
      node_listen: [{ port: 9080 }],
      proxy_protocol: { listen_http_port: 9181 },
    });
    expect(container().ports).toMatchObject([{ internal: 9181, external: 9080 }]);
    expect(() => build({ proxy: proxied("proxy-v2"), port: 9181 })).toThrow(
      /port: the PROXY protocol has this port/,
    );
  });

  it("is started by who knows the engine's address, where that one is trusted", () => {
    const { container } = build({ proxy: proxied("forwarded") });
    expect(container()).toMatchObject({ entrypoint: ["/usr/local/bin/kit-start"], user: "apisix" });
    const elsewhere = build({ proxy: { ...proxied("forwarded"), trusted: ["192.0.2.1"] } });
    expect(elsewhere.container()).not.toHaveProperty("entrypoint");
  });
});

describe("apisix-start.sh", () => {
  const start = readFileSync(join(packageRoot, "constructs/apisix/apisix-start.sh"), "utf8");
  const header = "Iface\tDestination\tGateway\tFlags\n";
  const run = (routes: string) =>
    spawnSync(
      "bash",
      [
        "-c",
        start
          .replace("</proc/net/route", "< <(printf '%s' \"$1\")")
          .replace("/docker-entrypoint.sh", "env printf '%s %s' \"$KIT_ENGINE_ADDRESS\""),
        "bash",
        `${header}${routes}`,
      ],
      { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" },
    );

  it("tells the address of the network's gateway", () => {
    const routes = "eth1\t000012AC\t00000000\t0001\neth0\t00000000\t010011AC\t0003\n";
    expect(run(routes).stdout).toBe("172.17.0.1 docker-start");
  });

  it("says so when there is none", () => {
    expect(run("eth1\t000012AC\t00000000\t0001\n")).toMatchObject({
      ...{ status: 1, stdout: "" },
      stderr: "apisix-start: no route leads to the engine's machine\n",
    });
  });
});
