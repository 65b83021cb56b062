import { describe, expect, it } from "vitest";
import { identityHeaders } from "../../constructs/gateway/identity-headers";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { defaultLimits, type HttpdConfig } from "../../constructs/httpd/httpd-config";
import { renderHttpd } from "../../constructs/httpd/render-httpd";
import { Secret } from "../../constructs/workload/secret";
import { mailAddressPattern } from "../../kit/mail-address";
import { type Directive, readHttpd } from "./read-httpd";

const secret = (value: string) => new Secret("test", value);
const upstream = { host: "james.example.com", port: 80 };
const config: HttpdConfig = {
  port: 9080,
  host: "apisix.example.com",
  routes: mailRoutes({
    publicUrl: "http://apisix.example.com:9080",
    upstream,
    userSecret: secret("hush-user"),
  }),
  oidc: {
    issuer: "http://sso.example.com:8080/auth/realms/oidc",
    introspectionUrl: "http://sso.example.com:8080/auth/realms/oidc/protocol/openid-connect/token/introspect",
    clientId: "james",
    clientSecret: secret("hush-client"),
  },
  introspectionIntervalSeconds: 0,
  redis: { host: "redis.example.com", port: 6379, password: secret("hush-redis") },
  cryptoPassphrase: secret("hush-passphrase"),
  limits: defaultLimits,
};

function render(change: Partial<HttpdConfig> = {}) {
  const [main, secrets, ...lua] = renderHttpd({ ...config, ...change });
  if (!main || !secrets) throw new Error("there are two files at least");
  return {
    main,
    secrets,
    lua,
    directives: readHttpd(main.content),
    secretDirectives: readHttpd(secrets.content),
  };
}

const all = (directives: readonly Directive[], name: string) => directives.filter((it) => it.name === name);
const webFinger = { issuer: "https://sso.example.com/realms/a${PATH}%41", domains: ["example.com", "b.org"] };
const withWebFinger = mailRoutes({ publicUrl: "http://apisix.example.com:9080", upstream, webFinger });

const args = (directives: readonly Directive[], name: string) => all(directives, name).map((it) => it.args);
const lines = (directives: readonly Directive[]) =>
  directives.map(({ name, args }) => [name, ...args].join(" "));

/** The section of the route that answers a path. */
function section(directives: readonly Directive[], path: string): Directive {
  const found = all(directives, "LocationMatch").filter(({ args }) => new RegExp(args[0] ?? "^$").test(path));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} sections for ${path}`);
  return found[0];
}

describe("renderHttpd", () => {
  it("keeps secrets to the file that is marked so", () => {
    const { main, secrets } = render({ introspectionIntervalSeconds: 5 });
    expect([main.path, main.secret, secrets.path, secrets.secret]).toEqual([
      "/etc/apache2/kit.conf",
      undefined,
      "/etc/apache2/kit-secrets.conf",
      true,
    ]);
    expect(main.content).not.toContain("hush");
    for (const value of ["hush-client", "hush-redis", "hush-passphrase", "hush-user"]) {
      expect(secrets.content).toContain(value);
    }
    expect(args(readHttpd(main.content), "Include")).toEqual([[secrets.path]]);
  });

  it("refuses what no route allows, loads no module that serves files, and hides what it is", () => {
    const { directives } = render();
    const [everything] = all(directives, "Location");
    expect(everything?.args).toEqual(["/"]);
    expect(lines(everything?.inner ?? [])).toContain("Require all denied");
    const modules = args(directives, "LoadModule").map(([name]) => name);
    for (const name of ["dir", "autoindex", "cgid", "status", "userdir"])
      expect(modules).not.toContain(`${name}_module`);
    expect(lines(directives)).toEqual(
      expect.arrayContaining([
        "HttpProtocolOptions Strict",
        "TraceEnable Off",
        "ServerTokens Prod",
        "ServerSignature Off",
        "ProxyRequests Off",
        "AllowEncodedSlashes NoDecode",
      ]),
    );
  });

  it("takes every identity header from requests, before anything else, and from answers", () => {
    const { directives } = render();
    const texts = lines(directives);
    for (const name of identityHeaders) {
      expect(texts).toContain(`RequestHeader unset ${name} early`);
      expect(texts).toContain(`Header unset ${name}`);
      expect(texts).toContain(`Header always unset ${name}`);
    }
  });

  it("asks for an active bearer token of this issuer, for this audience, on every oidc route", () => {
    const { directives } = render();
    for (const { path, authentication } of config.routes) {
      const { inner } = section(directives, path.replace("*", "x"));
      const required = all(inner, "RequireAll").flatMap((it) => args(it.inner, "Require"));
      if (authentication === "oidc") {
        expect(required).toEqual([
          ["expr", `%{REMOTE_USER} =~ m#(${mailAddressPattern})#`],
          ["oauth2_claim", `iss:${config.oidc.issuer}`],
          ["oauth2_claim", "aud:james"],
          ["oauth2_claim", "typ:Bearer"],
        ]);
        expect(lines(inner)).toContain("RequestHeader set X-User expr=%{REMOTE_USER}");
        expect(lines(inner)).toContain("RequestHeader unset Authorization");
        expect(args(inner, "Require")).toEqual([]);
      } else {
        expect(args(inner, "Require")).toEqual([["all", "granted"]]);
        expect(lines(inner).filter((line) => line.includes("X-User"))).toEqual([]);
      }
    }
  });

  it("names another audience and claim on request", () => {
    const { main } = render({ oidc: { ...config.oidc, audience: "mail", userClaim: "preferred_username" } });
    expect(main.content).toContain('oauth2_claim "aud:mail"');
    expect(main.content).toContain("remote_user_claim=preferred_username&");
  });

  it("asks at every request for 0 s, without Redis", () => {
    const { secretDirectives } = render();
    expect(args(secretDirectives, "OAuth2Cache")).toEqual([["shm", "name=tokens&max_entries=4"]]);
    const [verify] = args(secretDirectives, "OAuth2TokenVerify");
    expect(verify?.slice(0, 2)).toEqual(["introspect", config.oidc.introspectionUrl]);
    expect(Object.fromEntries(new URLSearchParams(verify?.[2]))).toEqual({
      "introspect.ssl_verify": "true",
      "introspect.auth": "client_secret_basic",
      client_id: "james",
      client_secret: "hush-client",
      expiry: "0",
      "verify.cache": "tokens",
    });
  });

  it("keeps answers in Redis for longer, and looks at their expiry itself", () => {
    const { directives, secretDirectives } = render({ introspectionIntervalSeconds: 5 });
    const [cache] = args(secretDirectives, "OAuth2Cache");
    expect(cache?.[0]).toBe("redis");
    const options = new URLSearchParams(cache?.[1]);
    expect([options.get("host"), options.get("port"), options.get("password")]).toEqual([
      "redis.example.com",
      "6379",
      "hush-redis",
    ]);
    const verify = new URLSearchParams(args(secretDirectives, "OAuth2TokenVerify")[0]?.[2]);
    expect([verify.get("expiry"), verify.get("verify.cache")]).toEqual(["5", options.get("name")]);
    const [all0] = all(section(directives, "/oidc/jmap").inner, "RequireAll");
    expect(args(all0?.inner ?? [], "Require").at(-1)?.[1]).toContain("OAUTH2_CLAIM_exp");
    expect(lines(directives)).toContain("RequestHeader set X-Kit-Now %t early");
    expect(lines(directives)).toContain("RequestHeader unset X-Kit-Now");
  });

  it("keeps them in shared memory without a Redis", () => {
    const { redis: _, ...without } = config;
    const [, secrets] = renderHttpd({ ...without, introspectionIntervalSeconds: 5 });
    expect(secrets?.content).toContain('OAuth2Cache shm "name=tokens"\n');
    expect(secrets?.content).toContain("&expiry=5&verify.cache=tokens");
  });

  it("upgrades connections of WebSocket routes only, and describes longer URLs first", () => {
    const { directives } = render();
    const proxies = all(directives, "Proxy").map(({ args, inner }) => ({
      url: args[0] ?? "",
      set: inner[0]?.args,
    }));
    expect(proxies.filter(({ set }) => set?.includes("upgrade=websocket")).map(({ url }) => url)).toEqual([
      "http://james.example.com:80/jmap/ws",
    ]);
    proxies.forEach(({ url }, index) => {
      for (const { url: later } of proxies.slice(index + 1)) expect(later.startsWith(url)).toBe(false);
    });
  });

  it("sets secret headers in the secret file, on their routes", () => {
    const { secretDirectives } = render();
    const sections = all(secretDirectives, "LocationMatch");
    expect(sections).toHaveLength(
      config.routes.filter(({ authentication }) => authentication !== "public").length,
    );
    expect(lines(section(secretDirectives, "/oidc/jmap").inner)).toEqual([
      "RequestHeader set X-User-Secret hush-user",
    ]);
    expect(lines(section(secretDirectives, "/jmap").inner)).toEqual([
      expect.stringMatching(/^RequestHeader set X-Forwarded-Proof [0-9a-f]{64}$/),
    ]);
  });

  it("answers WebFinger by Lua, told by data, in its own locations only", () => {
    const { directives, lua } = render({ routes: withWebFinger });
    const names = ["webfinger", "text", "webfinger-handler", "refused-handler", "provider", "certificate"];
    expect(lua.map(({ path, secret }) => [path, secret])).toEqual(
      names.map((name) => [`/etc/apache2/kit-lua/${name}.lua`, undefined]),
    );
    for (const { content } of lua) expect(content).not.toContain("example.com");
    for (const { path } of withWebFinger) {
      const { inner } = section(directives, path.replace("*", "x"));
      expect(args(inner, "LuaMapHandler")).toEqual(path.endsWith("/webfinger") ? [["^", lua[2]?.path]] : []);
    }
    const { inner } = section(directives, "/.well-known/webfinger");
    expect(args(inner, "SetEnv")).toEqual([
      ["KIT_WEBFINGER_ISSUER", webFinger.issuer],
      ["KIT_WEBFINGER_DOMAINS", "example.com b.org"],
    ]);
    expect(args(inner, "LuaPackagePath")).toEqual([["/etc/apache2/kit-lua/?.lua"]]);
    expect(directives.map(({ name }) => name).filter((name) => /^Lua|Handler$/.test(name))).toEqual([]);
  });

  it("answers with documents from files of each host's own, in their own locations only", () => {
    const document = (id: string, text: string) => ({
      ...{ id, path: `/${id}.xml`, methods: ["GET" as const], authentication: "public" as const },
      target: { document: { mediaType: "text/xml", text } },
    });
    const text = 'a "b" ${PATH} %41\n</LocationMatch>\n';
    const oidc = { ...config.oidc, userDomains: ["localhost"] };
    const site = { name: "b", host: "b.example.com", oidc: { ...config.oidc, userDomains: ["b.org"] } };
    const files = renderHttpd({
      ...{ ...config, oidc, routes: [...config.routes, document("a", text)] },
      sites: [{ ...site, routes: [document("a", "of b")] }],
    });
    const found = files.filter(({ path }) => path.startsWith("/etc/apache2/kit-documents/"));
    expect(found).toEqual([
      { path: "/etc/apache2/kit-documents/0-a", content: text },
      { path: "/etc/apache2/kit-documents/1-a", content: "of b" },
    ]);
    const hosts = all(readHttpd(files[0]?.content ?? ""), "VirtualHost").slice(1);
    expect(hosts.map(({ inner }) => args(section(inner, "/a.xml").inner, "Alias"))).toEqual(
      found.map(({ path }) => [[path]]),
    );
    expect(args(section(hosts[0]?.inner ?? [], "/a.xml").inner, "ForceType")).toEqual([["text/xml"]]);
    expect(args(section(hosts[0]?.inner ?? [], "/jmap").inner, "Alias")).toEqual([]);
  });

  describe("of another provider than Keycloak", () => {
    const other: HttpdConfig["oidc"] = {
      provider: "other",
      issuer: "https://auth.example.org/",
      jwksUrl: "https://auth.example.org/oauth2/jwks",
      introspectionUrl: "https://auth.example.org/oauth2/introspect",
      ca: "PEM\n",
      clientId: "james",
      clientSecret: secret("hush & hush"),
    };
    const requirements = (directives: readonly Directive[]) =>
      args(all(section(directives, "/oidc/jmap").inner, "RequireAll")[0]?.inner ?? [], "Require");

    it("verifies tokens by its keys, then asks it, last", () => {
      const { directives, secretDirectives, main } = render({ oidc: other });
      expect(args(secretDirectives, "OAuth2TokenVerify")).toEqual([
        ["jwks_uri", other.jwksUrl, expect.stringContaining("jwks_uri.ssl_verify=true")],
      ]);
      const credentials = Buffer.from("james:hush%20%26%20hush").toString("base64");
      expect(args(secretDirectives, "Define")).toEqual([["KIT_CREDENTIALS_1", `Basic ${credentials}`]]);
      expect(main.content).not.toContain(credentials);
      const required = requirements(directives);
      expect(required.map(([, claim]) => claim)).toContain("aud:james");
      expect(required.map(([, claim]) => claim)).not.toContain("typ:Bearer");
      expect(required.at(-1)).toEqual([
        ...["kit-active", other.introspectionUrl, "${KIT_CREDENTIALS_1}", "/etc/apache2/kit-openid-ca.pem"],
      ]);
    });

    it("trusts its authority", () => {
      const { lua } = render({ oidc: other });
      const own = lua.filter(({ path }) => /\.(pem|crt)$/.test(path));
      expect(own).toEqual(
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/apache2/kit-openid-ca.pem"].map((path) => ({
          path,
          content: "PEM\n",
        })),
      );
      const { ca: _, ...trusted } = other;
      expect(
        requirements(render({ oidc: trusted }).directives)
          .at(-1)
          ?.at(-1),
      ).toBe("/etc/ssl/certs");
    });

    it("asks nobody where it cannot be asked", () => {
      const { introspectionUrl: _, ...unasked } = other;
      const { directives, lua } = render({ oidc: unasked });
      expect(requirements(directives).map(([name]) => name)).not.toContain("kit-active");
      expect(all(directives, "LuaAuthzProvider")).toEqual([]);
      expect(lua.map(({ path }) => path)).not.toContain("/etc/apache2/kit-lua/active.lua");
    });
  });

  it("answers what was refused by Lua, which asks the realm about the token as the gateway's client", () => {
    const { directives, secretDirectives, lua } = render();
    expect(lua.map(({ path }) => path)).toEqual(
      ["refused-handler", "provider", "certificate"].map((name) => `/etc/apache2/kit-lua/${name}.lua`),
    );
    expect(args(secretDirectives, "Define")).toEqual([
      ["KIT_CREDENTIALS_1", expect.stringMatching(/^Basic /)],
    ]);
    const place = all(directives, "Location").find((it) => it.args[0] === "/kit-refused");
    expect(lines(place?.inner ?? [])).toEqual([
      "Require all granted",
      `SetEnv KIT_PROVIDER_URL ${config.oidc.introspectionUrl}`,
      "SetEnv KIT_PROVIDER_CA /etc/ssl/certs",
      "SetEnv KIT_PROVIDER_CREDENTIALS ${KIT_CREDENTIALS_1}",
      "LuaPackagePath /etc/apache2/kit-lua/?.lua",
      "LuaMapHandler ^ /etc/apache2/kit-lua/refused-handler.lua",
    ]);
    for (const { path, authentication } of config.routes) {
      const { inner } = section(directives, path.replace("*", "x"));
      expect(args(inner, "ErrorDocument")).toEqual(
        authentication === "oidc" ? [["401", "/kit-refused"]] : [],
      );
    }
  });

  it("lets pages of the named origins use it, and of WebFinger all pages", () => {
    const webOrigins = ["https://webmail.example.org", "moz-extension://a-b.c"];
    const origins = (change: Partial<HttpdConfig>) =>
      args(render(change).directives, "SetEnvIf").filter(([name]) => name === "Origin");
    expect(origins({})).toEqual([]);
    const [origin] = origins({ webOrigins });
    expect(origin?.at(-1)).toBe("KIT_ORIGIN=$0");
    const pattern = new RegExp(origin?.[1] ?? "");
    for (const one of webOrigins) expect(pattern.test(one)).toBe(true);
    for (const one of ["https://webmail-example.org", `${webOrigins[0]}.evil.example`, "null", ""]) {
      expect(pattern.test(one), one).toBe(false);
    }
    const { inner } = section(render({ routes: withWebFinger }).directives, "/.well-known/webfinger");
    expect(lines(inner)).toContain("Header always set Access-Control-Allow-Origin *");
  });

  it("makes room for the requests that it is told of", () => {
    const number = (maxRequests: number, name: string) =>
      Number(args(render({ limits: { ...defaultLimits, maxRequests } }).directives, name)[0]?.[0]);
    for (const requests of [1, 10, 64, 65, 256, 1000]) {
      expect(number(requests, "MaxRequestWorkers")).toBeGreaterThanOrEqual(requests);
      expect(number(requests, "ServerLimit") * number(requests, "ThreadsPerChild")).toBe(
        number(requests, "MaxRequestWorkers"),
      );
      expect(number(requests, "MaxSpareThreads")).toBeGreaterThan(number(requests, "MinSpareThreads"));
    }
  });
});
