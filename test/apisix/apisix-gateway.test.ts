import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ApisixGateway } from "../../constructs/apisix/apisix-gateway";
import type { ApisixGatewayProps } from "../../constructs/apisix/apisix-gateway-props";
import { checkApisixYaml } from "../../constructs/apisix/check/check";
import { ApisixRoute } from "../../constructs/apisix/objects/apisix-route";
import { ApisixUpstream } from "../../constructs/apisix/objects/apisix-upstream";
import type { GatewayRoute } from "../../constructs/gateway/gateway-route";
import { identityHeaders } from "../../constructs/gateway/identity-headers";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { realmAt } from "../../constructs/keycloak/server/realm";
import { Image } from "../../constructs/workload/image";
import type { Secret } from "../../constructs/workload/secret";
import { KitError } from "../../kit/errors";
import { secret, synth, testStack } from "../template";

const redis = { host: "redis.example.com", port: 6379, password: secret("value of redis") };
const upstream = { host: "james.example.com", port: 80 };
const realm = realmAt("http://sso.example.com:8080/auth", "oidc");
const oidc = {
  ...realm,
  clientId: "james",
  clientSecret: secret("value of james"),
  logoutClients: ["oidc"],
};
const routes = mailRoutes({
  publicUrl: "http://apisix.example.com:9080",
  upstream,
  userSecret: secret("value of gatewayUser"),
  webFinger: { issuer: realm.issuer, domains: ["localhost"] },
});
const partnerRealm = realmAt("http://sso.example.com:8080/auth", "partner");
/** A gateway for two realms. */
const twoRealms: Partial<ApisixGatewayProps> = {
  oidc: { ...oidc, userDomains: ["localhost"] },
  sites: [
    {
      name: "partner",
      host: "apisix.partner.example",
      routes,
      oidc: { ...oidc, ...partnerRealm, userDomains: ["partner.example"] },
    },
  ],
};
const reveal = (one: Secret) => one.reveal();

function build(props: Partial<ApisixGatewayProps> = {}) {
  const { stack, engine } = testStack();
  const version = props.version ?? "3.18.0";
  const image = Image.registry("apache/apisix", { tag: version });
  const gateway = new ApisixGateway(stack, "gateway", {
    engine,
    image,
    version,
    routes,
    oidc,
    redis,
    ...props,
  });
  const file = (name: string) =>
    gateway.files(reveal).find(({ path }) => path.endsWith(`/${name}`))?.content ?? "";
  return {
    stack,
    gateway,
    file,
    yaml: () => parse(file("apisix.yaml")),
    config: () => parse(file("config.yaml")),
  };
}

function problems(props: Partial<ApisixGatewayProps>) {
  try {
    build(props).gateway.files(reveal);
  } catch (error) {
    if (error instanceof KitError) return error.problems.map(({ where, what }) => `${where}: ${what}`);
    throw error;
  }
  return [];
}

type Plugins = Record<string, Record<string, unknown>>;

describe("ApisixGateway", () => {
  it("reads the discovery document, and joins the network of, where services reach the realm, whose issuer is a public name", () => {
    const apart = realmAt("https://login.example.org/auth", "oidc", {
      internalUrl: "http://sso.example.com:8080/auth",
    });
    const { gateway, file } = build({ oidc: { ...oidc, ...apart } });
    expect(gateway.service.connectsTo()).toContain("sso.example.com");
    expect(gateway.service.connectsTo()).not.toContain("login.example.org");
    const yaml = file("apisix.yaml");
    const read = yaml.match(/(?<=discovery: )\S+/g) ?? [];
    expect(new Set(read.map((url) => url.replaceAll('"', "")))).toEqual(
      new Set(["http://sso.example.com:8080/auth/realms/oidc/.well-known/openid-configuration"]),
    );
    expect(yaml).toMatch(/issuer: "?https:\/\/login\.example\.org\/auth\/realms\/oidc"?$/m);
  });

  it("minimal: tokens verified by the realm's keys, sessions that ended in Redis, Keycloak's word taken", () => {
    const { gateway, yaml, config } = build();
    const { services, routes } = yaml();
    const bearer = services.find(({ id }: { id: string }) => id.startsWith("kit.oidc-")).plugins as Plugins;
    expect(bearer["openid-connect"]).toMatchObject({ use_jwks: true, bearer_only: true });
    expect(bearer["openid-connect"]).not.toHaveProperty("client_secret");
    // Neither keys nor discovery at every request; what kit-bearer knows is not verified again.
    expect(Object.keys(config().nginx_config.http.custom_lua_shared_dict)).toEqual([
      "jwt_verification",
      "kit-sessions",
    ]);
    expect(bearer["openid-connect"]?._meta).toEqual({ filter: [["kit_token", "~=", "known"]] });
    expect(bearer["openid-connect"]?.claim_validator).toEqual({ issuer: { valid_issuers: [realm.issuer] } });
    expect(bearer["kit-bearer"]).toMatchObject({
      issuer: realm.issuer,
      audience: "james",
      revocation: { redis: { password: "value of redis" } },
    });
    const logout = routes.find(({ uri }: { uri: string }) => uri === "/add-revoked-token");
    expect(logout.plugins["kit-backchannel-logout"]).toMatchObject({
      clients: ["oidc"],
      issuer: realm.issuer,
    });
    expect(gateway.backchannelLogoutUrl).toBe("http://apisix.example.com:9080/add-revoked-token");
    expect(config().plugins).toEqual(expect.arrayContaining(["openid-connect", "kit-bearer", "kit-forward"]));
    expect(config().plugins).not.toContain("prometheus");
  });

  describe("of another provider than Keycloak", () => {
    const other = {
      ...oidc,
      provider: "other",
      issuer: "https://auth.example.org/",
      discoveryUrl: "https://auth.example.org/.well-known/openid-configuration",
      ca: "PEM",
    } as const;
    const pluginsOf = (props: Partial<ApisixGatewayProps>) =>
      build({ revocation: "introspection", ...props })
        .yaml()
        .services.find(({ id }: { id: string }) => id.startsWith("kit.oidc-")).plugins;

    it("verifies tokens by its keys, and asks it whether they are active", () => {
      const plugins = pluginsOf({ oidc: other, introspectionIntervalSeconds: 5 });
      expect(plugins["openid-connect"]).toMatchObject({ use_jwks: true, ssl_verify: true });
      expect(plugins["kit-bearer"]).toMatchObject({
        untyped: true,
        audience: "james",
        discovery: other.discoveryUrl,
        introspection: { client_id: "james", client_secret: "value of james", interval: 5 },
      });
    });

    it("asks nobody where it cannot be asked", () => {
      const { introspectionUrl: _, ...unasked } = other;
      expect(pluginsOf({ oidc: unasked })["kit-bearer"]).not.toHaveProperty("introspection");
    });

    it("trusts its authority, and no other", () => {
      const { config, file } = build({ oidc: other });
      expect(config().apisix.ssl.ssl_trusted_certificate).toBe("/usr/local/apisix/kit/trusted.pem");
      expect(file("trusted.pem")).toBe("PEM\n");
      const [site] = twoRealms.sites ?? [];
      const trusting = {
        ...oidc,
        discoveryUrl: "https://sso.example.com/d",
        userDomains: ["partner.example"],
      };
      expect(
        problems({
          oidc: { ...other, userDomains: ["localhost"] },
          sites: site ? [{ ...site, oidc: trusting }] : [],
        }),
      ).toEqual([expect.stringMatching(/oidc: APISIX trusts the authorities that are named/)]);
    });
  });

  describe("with Redis by TLS", () => {
    const secure = { ...redis, tls: true, ca: "PEM of Redis", user: "kit" };

    it("asks as its user, and trusts the named authorities and no other", () => {
      const https = { ...oidc, discoveryUrl: "https://sso.example.com/d", ca: "PEM of the realm" };
      const { yaml, config, file } = build({ redis: secure, oidc: https });
      const { services, routes } = yaml();
      const bearer = services.find(({ plugins }: { plugins: object }) => "kit-bearer" in plugins).plugins;
      const logout = routes.find(({ uri }: { uri: string }) => uri === "/add-revoked-token").plugins;
      const asked = { tls: true, username: "kit", password: "value of redis" };
      expect(bearer["kit-bearer"].revocation.redis).toMatchObject(asked);
      expect(logout["kit-backchannel-logout"].redis).toMatchObject(asked);
      expect(config().apisix.ssl.ssl_trusted_certificate).toBe("/usr/local/apisix/kit/trusted.pem");
      expect(file("trusted.pem")).toBe("PEM of the realm\nPEM of Redis\n");
    });

    it.each<[string, Partial<ApisixGatewayProps>, RegExp]>([
      ["nobody's certificate", { redis: { ...redis, tls: true } }, /redis: nobody knows of which authority/],
      ["an address's certificate", { redis: { ...secure, host: "10.0.0.1" } }, /redis: .* for a DNS name/],
      ["an authority without TLS", { redis: { ...redis, ca: "PEM" } }, /redis: the connection has no TLS/],
      [
        "a realm of another authority, which is not named",
        { redis: secure, oidc: { ...oidc, discoveryUrl: "https://sso.example.com/d" } },
        /oidc: APISIX trusts the authorities that are named/,
      ],
      [
        "the Java plugin",
        { redis: secure, revocation: "linagora-java-plugin", version: "3.2.0" },
        /redis: the Java plugin knows no TLS/,
      ],
    ])("refuses %s", (_, props, what) => {
      expect(problems(props).join("\n")).toMatch(what);
    });
  });

  it("remembers a session for the time that it is told, and asks the realm about tokens that are older", () => {
    const { yaml } = build({ oidc: { ...oidc, rememberLogoutSeconds: 900 } });
    const { services, routes } = yaml();
    const { plugins } = services.find(({ id }: { id: string }) => id.startsWith("kit.oidc-"));
    const logout = routes.find(({ uri }: { uri: string }) => uri === "/add-revoked-token");
    expect(plugins["kit-bearer"].revocation.remember).toBe(900);
    expect(logout.plugins["kit-backchannel-logout"].remember).toBe(900);
  });

  it("introspection asks Keycloak, at every request unless told otherwise, and is told of nothing", () => {
    const { gateway, yaml } = build({ revocation: "introspection" });
    const text = JSON.stringify(yaml());
    expect(gateway.backchannelLogoutUrl).toBeUndefined();
    expect(text).toContain('"introspection_cache_ignore":true');
    expect(text).toContain("value of james");
    expect(text).not.toContain("add-revoked-token");
    const cached = JSON.stringify(
      build({ revocation: "introspection", introspectionIntervalSeconds: 5 }).yaml(),
    );
    expect(cached).toContain('"introspection_cache_ignore":false,"introspection_interval":5');
  });

  it("the Java plugin says whether a session ended, and fails closed; its password is in no argument", () => {
    const { yaml, config, file } = build({ revocation: "linagora-java-plugin", version: "3.2.0" });
    expect(JSON.stringify(yaml().services)).toContain("TokenRevokedFilter");
    const logout = yaml().routes.find(({ uri }: { uri: string }) => uri === "/add-revoked-token");
    expect(logout.plugins["kit-backchannel-logout"]).toMatchObject({ bare_keys: true, remember: 604_800 });
    expect(config()["ext-plugin"].cmd.join(" ")).not.toContain("value of redis");
    expect(file("java-plugin.arguments")).toContain('"-DREDIS_PASSWORD=value of redis"');
    expect(file("java-plugin.arguments")).toContain("-DREDIS_IGNORE_ERRORS=false");
  });

  it("the Java plugin without a Redis keeps sessions in its memory, and hears of them itself", () => {
    const { stack, engine } = testStack();
    const gateway = new ApisixGateway(stack, "gateway", {
      ...{ engine, routes, oidc, version: "3.2.0", revocation: "linagora-java-plugin" },
      image: Image.registry("linagora/apisix", { tag: "3.2.0" }),
    });
    const text = JSON.stringify(gateway.files(reveal));
    expect(gateway.backchannelLogoutUrl).toBe("http://apisix.example.com:8081/add-revoked-token");
    expect(text).not.toContain("REDIS_URL");
    expect(text).not.toContain("kit-backchannel-logout:");
  });

  it("keeps identity headers, and whatever a route of the user's sets, from clients and upstreams", () => {
    const { gateway, yaml } = build();
    gateway.addRoute({
      id: "app",
      path: "/app/*",
      methods: ["GET"],
      authentication: "public",
      target: { upstream, requestHeaders: { "X-Tenant": "one" } },
    });
    const { plugins } = yaml().global_rules[0];
    expect(plugins["proxy-rewrite"].headers.remove).toEqual(
      expect.arrayContaining([...identityHeaders, "X-Tenant"]),
    );
    expect(plugins["response-rewrite"].headers.remove).toEqual([...identityHeaders]);
  });

  it("takes APISIX's own objects beside the table", () => {
    const { gateway, yaml } = build();
    const metrics = new ApisixUpstream(gateway.configuration, "metrics-host", {
      nodes: [{ host: "metrics", port: 9090 }],
    });
    new ApisixRoute(gateway.configuration, "metrics", { uri: "/metrics/*", upstream: metrics });
    expect(yaml().routes).toContainEqual(
      expect.objectContaining({ id: "metrics", upstream_id: "metrics-host" }),
    );
  });

  it.each([
    ["redis", "3.18.0"],
    ["introspection", "3.18.0"],
    ["redis", "3.2.2"],
    ["introspection", "3.2.2"],
    ["linagora-java-plugin", "3.2.0"],
  ] as const)("its own check finds nothing in what it renders: %s on %s", (revocation, version) => {
    const { gateway } = build({ revocation, version });
    const text = gateway.files(({ name }) => `\${{KIT_${name}}}`)[0]?.content ?? "";
    const findings = checkApisixYaml(text, { version }).filter(({ severity }) => severity === "error");
    expect(findings).toEqual([]);
  });

  it("further hosts: every route is for one host, each realm's tokens are for its own people and services", () => {
    const { gateway, yaml, stack } = build(twoRealms);
    gateway.addRoute(
      {
        ...{ id: "app", path: "/app", methods: ["GET"], authentication: "oidc", target: { upstream } },
      },
      "apisix.partner.example",
    );
    type Object = { id: string; hosts?: string[]; service_id?: string; plugins: Plugins };
    const { routes: rendered, services }: Record<string, Object[]> = yaml();
    expect(rendered).toHaveLength(2 * (routes.length + 1) + 1);
    for (const { id, hosts, service_id = "" } of rendered ?? []) {
      const partner = /^(kit\.)?partner\./.test(id);
      expect(hosts, id).toEqual([partner ? "apisix.partner.example" : "apisix.example.com"]);
      const plugins = services?.find(({ id }) => id === service_id)?.plugins ?? {};
      if (plugins["kit-bearer"]) {
        const { issuer } = partner ? partnerRealm : realm;
        const domain = partner ? "partner.example" : "localhost";
        expect(plugins["kit-bearer"], id).toMatchObject({ issuer, user_domains: [domain] });
        expect(plugins["openid-connect"], id).toMatchObject({ cache_segment: issuer });
      }
    }
    expect(rendered?.map(({ id }) => id)).toContain("partner.app");
    const container = synth(stack).resource("docker_container", "unit-gateway");
    expect(container.networks_advanced).toEqual([
      expect.objectContaining({ aliases: ["apisix.example.com", "apisix.partner.example"] }),
    ]);
    expect(() => gateway.addRoute(routes[0] as GatewayRoute, "other.example")).toThrow(/no such host/);
  });

  it.each(["redis", "introspection"] as const)(
    "its own check finds nothing in several realms with revocation %s",
    (revocation) => {
      const { gateway } = build({ ...twoRealms, revocation });
      const text = gateway.files(({ name }) => `\${{KIT_${name}}}`)[0]?.content ?? "";
      const findings = checkApisixYaml(text, { version: "3.18.0" });
      expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    },
  );

  it("has no secret in the Terraform JSON", () => {
    const { stack } = build();
    expect(synth(stack).text).not.toContain("value of");
  });

  it.each<[string, Partial<ApisixGatewayProps>, RegExp]>([
    [
      "no client whose logouts are taken",
      { oidc: { ...oidc, logoutClients: [] } },
      /oidc.*no client's logout/,
    ],
    ["an interval that nothing uses", { introspectionIntervalSeconds: 5 }, /nothing is introspected/],
    ["an interval too long", { revocation: "introspection", introspectionIntervalSeconds: 4000 }, /interval/],
    ["the Java plugin on a current APISIX", { revocation: "linagora-java-plugin" }, /made for APISIX 3\.2/],
    ["an issuer that is no URL", { oidc: { ...oidc, issuer: "sso" } }, /not a URL/],
    ["a logout forgotten too early", { oidc: { ...oidc, rememberLogoutSeconds: 1 } }, /remember logouts/],
    ["no request at all", { limits: { requestsPerSecond: 0 } }, /requestsPerSecond/],
    [
      "two routes of one id",
      { routes: [...routes, ...structuredClone(routes.slice(-1))] },
      /two routes have this id/,
    ],
    [
      "several realms of which one may name any user",
      { ...twoRealms, oidc },
      /each must say whose its users/,
    ],
    [
      "two realms for one domain",
      { ...twoRealms, oidc: { ...oidc, userDomains: ["partner.example"] } },
      /two realms have one user domain/,
    ],
    [
      "a provider by https at an address",
      { oidc: { ...oidc, discoveryUrl: "https://192.0.2.1:8443/d" } },
      /finds no address in a certificate/,
    ],
    ["two realms on one host", { ...twoRealms, host: "apisix.partner.example" }, /two realms have one host/],
    ["a domain not in lower case", { oidc: { ...oidc, userDomains: ["A.example"] } }, /not a domain/],
    ["a secret that APISIX would replace", { redis: { ...redis, password: secret("${{HOME}}") } }, /\$\{\{/],
  ])("refuses %s", (_, props, what) => {
    expect(problems(props).join("\n")).toMatch(what);
  });

  it("says so when revoked sessions have no place", () => {
    const { stack, engine } = testStack();
    const image = Image.registry("apache/apisix", { tag: "3.18.0" });
    expect(
      () => new ApisixGateway(stack, "gateway", { engine, image, version: "3.18.0", routes, oidc }),
    ).toThrow(/redis: revoked sessions are kept in Redis, and there is none/);
  });
});
