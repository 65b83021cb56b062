import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailRoutes } from "../../../constructs/gateway/mail-routes";
import { HttpdGateway } from "../../../constructs/httpd/httpd-gateway";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { App, TerraformStack } from "../../../constructs/terraform";
import { packageRoot } from "../../../kit/package-root";
import { builtImages } from "../../../platform/image-set";
import { parseLoginForm } from "../../../smoke/clients/login-form";
import { freePorts } from "../../engine";
import { type EchoUpstream, mailUser, startEchoUpstream } from "../../gateway/behaviour/echo-upstream";
import { claims } from "../../gateway/behaviour/forged-tokens";
import { basic } from "../../gateway/behaviour/http";
import { resourceServer, testRealm } from "../../gateway/behaviour/realm";
import {
  adminPassword,
  ask,
  askWithCookies,
  certificateOf,
  type KeycloakServerLab,
  type Place,
  startKeycloakServer,
} from "../../keycloak/keycloak-server-lab";
import { secret } from "../../template";
import { inBrowser, lackOfBrowser } from "../support/browser";
import { type MailSink, startMailSink } from "../support/mail-sink";

/** A realm that mails who forgot a password. */
function publicRealm(options: {
  logoutUrl?: string;
  relay?: { host: string; port: number };
}): RealmRepresentation {
  const { logoutUrl = "http://127.0.0.1:1/", relay } = options;
  const { clients, ...realm } = testRealm("oidc", logoutUrl);
  return {
    ...realm,
    ...{ resetPasswordAllowed: true, bruteForceProtected: true },
    ...(relay && { smtpServer: { ...relay, port: String(relay.port), from: "sso@example.org" } }),
    clients: [
      ...clients,
      {
        ...{ clientId: "web", enabled: true, publicClient: true, standardFlowEnabled: true },
        redirectUris: ["https://mail.example.org/callback"],
      },
    ],
  } as RealmRepresentation;
}

const login = { grant_type: "password", client_id: "mail", scope: "openid email" };
const right = { ...login, username: mailUser.address, password: mailUser.password };
const loginPage =
  "protocol/openid-connect/auth?client_id=web&response_type=code&scope=openid&redirect_uri=https://mail.example.org/callback";

/** What somebody sends who would like Keycloak to speak of another host. */
const forged = {
  host: "evil.example.com",
  "x-forwarded-host": "evil.example.com",
  "x-forwarded-proto": "http",
  "x-forwarded-port": "81",
  "x-forwarded-prefix": "/evil",
  "x-forwarded-for": "203.0.113.66",
  forwarded: "for=203.0.113.66;host=evil.example.com;proto=http",
};

describe.sequential("Keycloak with TLS of its own, under a public name", () => {
  const host = "login.example.org";
  const ports = freePorts("tls", "admin");
  const publicUrl = `https://${host}:${ports.tls}/auth`;
  const internalUrl = "http://sso.example.com:8080/auth";
  const realm = `${publicUrl}/realms/oidc`;
  const internalRealm = `${internalUrl}/realms/oidc`;
  const local: Place = { address: "127.0.0.1", port: ports.admin };
  let upstream: EchoUpstream;
  let sink: MailSink;
  let lab: KeycloakServerLab;
  let outside: Place;
  let inside: Place;
  let machine = "";

  beforeAll(async () => {
    lab = await startKeycloakServer("keycloak-tls", async (address) => {
      machine = address;
      upstream = await startEchoUpstream(address);
      sink = await startMailSink(address);
      return {
        publicUrl,
        tls: { port: ports.tls, certificate: certificateOf(host) },
        adminPort: ports.admin,
        adminUrl: `http://127.0.0.1:${ports.admin}/auth`,
        realms: [
          publicRealm({
            logoutUrl: `http://${address}:${upstream.port}/logout-token`,
            relay: { host: address, port: sink.port },
          }),
        ],
      };
    });
  });
  afterAll(async () => {
    await lab?.close();
    await sink?.close();
    await upstream?.close();
  });

  const tokens = async (
    answer: ReturnType<typeof ask>,
  ): Promise<Record<"access_token" | "refresh_token", string>> => JSON.parse((await answer).text);
  const discovery = async (place: Place, base: string): Promise<Record<string, string>> =>
    JSON.parse((await ask(place, `${base}/.well-known/openid-configuration`)).text);

  it("waits for its certificate", async () => {
    await expect
      .poll(() => lab.logs(), { timeout: 120_000 })
      .toContain("waiting for /run/certificates/public/chain.pem");
    await lab.certify("keycloak", host);
    await lab.isReady();
    outside = { address: "127.0.0.1", port: ports.tls, ca: lab.ca };
    inside = { address: await lab.address("keycloak"), port: 8080 };
    await lab.isReady(outside, realm);
  });

  it("tells clients its public URLs, and services those that they reach, of one issuer", async () => {
    const [told, read] = [await discovery(outside, realm), await discovery(inside, internalRealm)];
    const endpoints = (document: Record<string, string>) =>
      Object.entries(document).filter(([, value]) => /^https?:/.test(value));
    expect(endpoints(told).filter(([, url]) => !url.startsWith(realm))).toEqual([]);
    expect(read).toMatchObject({
      issuer: realm,
      authorization_endpoint: `${realm}/protocol/openid-connect/auth`,
      ...{ jwks_uri: `${internalRealm}/protocol/openid-connect/certs` },
      introspection_endpoint: `${internalRealm}/protocol/openid-connect/token/introspect`,
    });
    expect(lab.server.realm("oidc")).toMatchObject({
      ...{ issuer: told.issuer, jwksUrl: read.jwks_uri, introspectionUrl: read.introspection_endpoint },
    });
  });

  it("a token of the public URL is active at the internal one, until a logout, of which services are told inside", async () => {
    const { access_token: token, refresh_token } = await tokens(
      ask(outside, `${realm}/protocol/openid-connect/token`, { form: right }),
    );
    const { iss, sid } = claims(token);
    expect(iss).toBe(realm);
    const isActive = async () =>
      JSON.parse(
        (
          await ask(inside, `${internalRealm}/protocol/openid-connect/token/introspect`, {
            headers: basic(resourceServer.clientId, encodeURIComponent(resourceServer.clientSecret)),
            form: { token },
          })
        ).text,
      ).active;
    expect(await isActive()).toBe(true);
    const { status } = await ask(outside, `${realm}/protocol/openid-connect/logout`, {
      form: { client_id: "mail", refresh_token },
    });
    expect(status).toBe(204);
    expect(upstream.logoutTokens.map((one) => claims(one))).toContainEqual(
      expect.objectContaining({ iss: realm, sid }),
    );
    expect(await isActive()).toBe(false);
  });

  it("people log in by https alone: its addresses, cookies and headers", async () => {
    const browse = askWithCookies(outside);
    const page = await browse(`${realm}/${loginPage}`);
    const cookies = page.headers["set-cookie"] ?? [];
    expect(cookies.length).toBeGreaterThan(0);
    expect(cookies.filter((cookie) => !/;Secure;.*SameSite=None/.test(cookie))).toEqual([]);
    expect(page.headers["strict-transport-security"]).toMatch(/^max-age=31536000/);
    expect(Object.keys(page.headers)).not.toEqual(expect.arrayContaining(["server", "x-powered-by"]));
    const { action, fields, user, password } = parseLoginForm(page.text, new URL(realm));
    expect(action.origin).toBe(new URL(publicUrl).origin);
    fields.set(user, mailUser.address);
    fields.set(password, mailUser.password);
    const done = await browse(action.href, { form: fields });
    const back = new URL(done.headers.location ?? "");
    expect([done.status, back.origin, back.searchParams.get("iss")]).toEqual([
      302,
      "https://mail.example.org",
      realm,
    ]);
  });

  it.each([
    ["from outside, by https", () => outside, realm],
    ["from this machine, by plain http", () => local, `http://127.0.0.1:${ports.admin}/auth/realms/oidc`],
  ])("forged headers change no link, cookie or mail: %s", async (_, place, base) => {
    const browse = askWithCookies(place());
    const page = await browse(`${base}/${loginPage}`, { headers: forged });
    expect([page.status, page.text]).toEqual([200, expect.not.stringMatching(/evil/)]);
    const link = /href="([^"]*login-actions\/reset-credentials[^"]*)"/.exec(page.text)?.[1] ?? "";
    const reset = await browse(new URL(link.replaceAll("&amp;", "&"), base).href, { headers: forged });
    const action = /action="([^"]*)"/.exec(reset.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(action).toMatch(new RegExp(`^${realm}/login-actions/`));
    const { pathname, search } = new URL(action);
    const before = sink.mails.length;
    await browse(`${new URL(base).origin}${pathname}${search}`, {
      headers: forged,
      form: { username: mailUser.address },
    });
    expect(sink.mails).toHaveLength(before + 1);
    const mail = sink.mails.at(-1)?.replaceAll("=\n", "") ?? "";
    expect(mail).toContain(`${realm}/login-actions/action-token`);
    expect(mail).not.toContain("evil");
    const failed = await ask(place(), `${base}/protocol/openid-connect/token`, {
      headers: forged,
      form: { ...login, username: "nobody@localhost", password: "wrong" },
    });
    expect(failed.text).toContain("invalid_grant");
    const log = await lab.logs();
    expect(log).toContain(`ipAddress="${machine}"`);
    expect(log).not.toContain("203.0.113.66");
  });

  it("its administration console works from this machine, where one logs in under the public name", async () => {
    const lack = lackOfBrowser();
    if (lack !== undefined) throw new Error(lack);
    await inBrowser(
      {
        hosts: { [`${host}:${ports.tls}`]: `127.0.0.1:${ports.tls}` },
        ca: lab.caFile,
      },
      async (page) => {
        await page.goto(`http://127.0.0.1:${ports.admin}/auth/admin/master/console/`);
        await page.waitForURL(`${publicUrl}/realms/master/**`);
        await page.fill("#username", "admin");
        await page.fill("#password", adminPassword);
        await page.click("#kc-login");
        await page.waitForURL(`http://127.0.0.1:${ports.admin}/auth/admin/master/console/**`);
        await page.getByText("Server info").first().waitFor();
      },
    );
  });

  it("another certificate is shown to new connections, and ends neither open ones nor sessions", async () => {
    const serial = () =>
      new Promise<string>((resolve, reject) => {
        const socket: TLSSocket = connect({ ...outside, host: outside.address, servername: host }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        }).on("error", reject);
      });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const opened: (number | undefined)[] = [];
    agent.on("free", (socket: TLSSocket) => opened.push(socket.localPort));
    const kept = { ...outside, agent };
    const { refresh_token } = await tokens(
      ask(kept, `${realm}/protocol/openid-connect/token`, { form: right }),
    );
    const before = await serial();
    await lab.certify("keycloak", host);
    await expect.poll(serial, { timeout: 120_000, interval: 1000 }).not.toBe(before);
    const refreshed = await ask(kept, `${realm}/protocol/openid-connect/token`, {
      form: { grant_type: "refresh_token", client_id: "mail", refresh_token },
    });
    expect(refreshed.status).toBe(200);
    expect(opened.length).toBeGreaterThan(1);
    expect(new Set(opened).size).toBe(1);
    agent.destroy();
  });

  it("testssl.sh finds nothing above low", async () => {
    expect(await sslFindings(`${realm}/account/`)).toEqual([]);
  });
});

/** What testssl.sh finds above low of a listener on 127.0.0.1, without what is said of an authority of the test's own. */
async function sslFindings(url: string): Promise<string[]> {
  if (!existsSync("/usr/bin/testssl")) {
    execFileSync(join(packageRoot, "scripts/apt-install"), ["testssl.sh"], { stdio: "pipe" });
  }
  const folder = mkdtempSync(join(tmpdir(), "kit-testssl-"));
  const file = join(folder, "findings.json");
  try {
    // Its exit code counts what it finds.
    await promisify(execFile)(
      "testssl",
      ["--quiet", "--color=0", "--warnings=off", "--ip=127.0.0.1", `--jsonfile=${file}`, url],
      { maxBuffer: 64 * 1024 * 1024 },
    ).catch(() => undefined);
    const findings: { id: string; severity: string; finding: string }[] = JSON.parse(
      readFileSync(file, "utf8"),
    );
    expect(findings.map(({ id }) => id)).toContain("cipher_order");
    const own = /^cert_(chain_of_trust|expirationStatus|notAfter|revocation)/;
    return findings.flatMap(({ id, severity, finding }) =>
      ["OK", "INFO", "LOW", "WARN"].includes(severity) || own.test(id)
        ? []
        : [`${severity} ${id}: ${finding}`],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.sequential("Keycloak behind the kit's gateway, below a path of its public URL", () => {
  const host = "mail.example.org";
  const ports = freePorts("tls", "admin");
  const origin = `https://${host}:${ports.tls}`;
  const realm = `${origin}/sso/realms/oidc`;
  let lab: KeycloakServerLab;
  let outside: Place;

  beforeAll(async () => {
    lab = await startKeycloakServer("keycloak-gateway", async () => ({
      publicUrl: `${origin}/sso`,
      behindGateway: true,
      adminPort: ports.admin,
      realms: [publicRealm({})],
    }));
    const routes = mailRoutes({
      publicUrl: "https://jmap.example.org",
      upstream: { host: "james.example.com", port: 80 },
      webFinger: { issuer: realm, domains: ["localhost"] },
    });
    const gateway = new HttpdGateway(new TerraformStack(new App(), "test"), "gateway", {
      ...{ engine: { add() {} }, image: builtImages().httpd, routes, host: "jmap.example.org" },
      oidc: { ...lab.server.realm("oidc"), clientId: "james", clientSecret: secret("of james") },
      cryptoPassphrase: secret("a passphrase of the test"),
      tls: { port: ports.tls, certificates: [{ ...certificateOf(host), hosts: [host, "jmap.example.org"] }] },
      forwardedHosts: [
        {
          ...{ host, path: "/sso", upstreamPath: "/auth", origin, hidden: ["/sso/admin"] },
          upstream: { host: "sso.example.com", port: 8080 },
        },
      ],
    });
    await lab.start(gateway.service);
    await lab.certify("gateway", host);
    await lab.isReady();
    outside = { address: "127.0.0.1", port: ports.tls, ca: lab.ca };
    await lab.isReady(outside, realm);
  });
  afterAll(() => lab?.close());

  it("all that browsers are told is below that path, by https, forged headers or not", async () => {
    const document = (
      await ask(outside, `${realm}/.well-known/openid-configuration`, { headers: forgedWithHost(host) })
    ).text;
    const endpoints = Object.values<string>(JSON.parse(document)).filter((value) => /^https?:/.test(value));
    expect(endpoints.length).toBeGreaterThan(5);
    expect(endpoints.filter((url) => !url.startsWith(realm))).toEqual([]);
    const browse = askWithCookies(outside);
    const page = await browse(`${realm}/${loginPage}`, { headers: forgedWithHost(host) });
    const links = [...page.text.matchAll(/\b(?:href|src|action)="([^"]*)"/g)].map(
      ([, link = ""]) => new URL(link, origin),
    );
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => link.origin !== origin || !link.pathname.startsWith("/sso/"))).toEqual([]);
    const cookies = page.headers["set-cookie"] ?? [];
    expect(
      cookies.filter((cookie) => !/;Path=\/sso\/realms\/oidc\/;.*Secure;.*SameSite=None/.test(cookie)),
    ).toEqual([]);
    const { action, fields, user, password } = parseLoginForm(page.text, new URL(realm));
    fields.set(user, mailUser.address);
    fields.set(password, mailUser.password);
    const done = await browse(action.href, { form: fields });
    expect([done.status, done.headers.location]).toEqual([
      302,
      expect.stringMatching(/^https:\/\/mail\.example\.org\/callback/),
    ]);
    expect((await ask(outside, `${origin}/sso/admin/master/console/`)).status).toBe(404);
  });

  it("knows a client's address by the gateway's word alone", async () => {
    const form = { ...login, username: "nobody@localhost", password: "wrong" };
    const places: [Place, string][] = [
      [outside, realm],
      // This machine is on Keycloak's network, as its gateway, and is none of the environment's services.
      [
        { address: await lab.address("keycloak"), port: 8080 },
        "http://sso.example.com:8080/auth/realms/oidc",
      ],
      [{ address: "127.0.0.1", port: ports.admin }, `http://127.0.0.1:${ports.admin}/auth/realms/oidc`],
    ];
    for (const [place, base] of places) {
      const { text } = await ask(place, `${base}/protocol/openid-connect/token`, {
        headers: forgedWithHost(new URL(base).host),
        form,
      });
      expect(text, base).toContain("invalid_grant");
    }
    const log = await lab.logs();
    const gateway = await lab.address("gateway");
    const addresses = [...log.matchAll(/type="LOGIN_ERROR".*?ipAddress="([^"]*)"/g)].map(
      ([, address]) => address,
    );
    expect(addresses).toHaveLength(places.length);
    expect(addresses).not.toContain(gateway);
    expect(addresses).not.toContain("203.0.113.66");
    // What is on its network is believed, as the gateway is.
    const answer = await postFrom(lab, 8080, { "x-forwarded-for": "203.0.113.66" }, form);
    expect(answer).toContain("invalid_grant");
    expect(await lab.logs()).toContain('ipAddress="203.0.113.66"');
  });
});

describe.sequential("Keycloak behind somebody's proxy on this machine", () => {
  const publicUrl = "https://login.example.org/auth";
  const { http } = freePorts("http");
  const proxied = {
    ...{ "x-forwarded-host": "login.example.org", "x-forwarded-proto": "https", "x-forwarded-port": "443" },
    "x-forwarded-for": "198.51.100.7",
  };
  const wrong = { ...login, username: "nobody@localhost", password: "wrong" };
  let lab: KeycloakServerLab;
  let proxy: Place;

  beforeAll(async () => {
    lab = await startKeycloakServer("keycloak-proxy", async () => ({
      ...{ publicUrl, port: http, realms: [publicRealm({})] },
      proxy: { trusted: ["192.0.2.0/24", "127.0.0.1"], protocol: "forwarded" },
    }));
    await lab.isReady();
    proxy = { address: "127.0.0.1", port: http };
  });
  afterAll(() => lab?.close());

  it("takes its word for scheme, host and the client's address", async () => {
    const base = `http://127.0.0.1:${http}/auth/realms/oidc`;
    const { text } = await ask(proxy, `${base}/.well-known/openid-configuration`, { headers: proxied });
    expect(Object.values<string>(JSON.parse(text)).filter((value) => /^http:/.test(value))).toEqual([]);
    const page = await ask(proxy, `${base}/${loginPage}`, { headers: proxied });
    expect(page.headers["set-cookie"]?.filter((cookie) => !cookie.includes(";Secure;"))).toEqual([]);
    const failed = await ask(proxy, `${base}/protocol/openid-connect/token`, {
      headers: proxied,
      form: wrong,
    });
    expect(failed.text).toContain("invalid_grant");
    expect(await lab.logs()).toContain('ipAddress="198.51.100.7"');
  });

  it("takes nobody else's word, not even that of a neighbour on its network", async () => {
    const own = await lab.address("keycloak");
    const headers = { ...proxied, "x-forwarded-for": "203.0.113.66" };
    expect(await postFrom(lab, http, headers, wrong)).toContain("invalid_grant");
    const log = await lab.logs();
    expect(log).toContain(`ipAddress="${own}"`);
    expect(log).not.toContain("203.0.113.66");
  });
});

/** Asks Keycloak for a token from its own container: by an address of its network that is no gateway's. */
async function postFrom(
  lab: KeycloakServerLab,
  port: number,
  headers: Readonly<Record<string, string>>,
  form: Readonly<Record<string, string>>,
): Promise<string> {
  const body = new URLSearchParams(form).toString();
  const request = [
    "POST /auth/realms/oidc/protocol/openid-connect/token HTTP/1.1",
    ...[`Host: sso.example.com:${port}`, "Connection: close"],
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...["Content-Type: application/x-www-form-urlencoded", `Content-Length: ${body.length}`, "", body],
  ].join("\r\n");
  const send = 'exec 3<>"/dev/tcp/$1/$2" && printf %s "$3" >&3 && cat <&3';
  return lab.execute("bash", "-c", send, "bash", await lab.address("keycloak"), String(port), request);
}

/** `forged`, but for what a proxy finds its host by. */
const forgedWithHost = (host: string) => ({ ...forged, host });
