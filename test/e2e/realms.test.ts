import { join } from "node:path";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { SecretStore } from "../../config/secrets";
import { defaultApisixLimits } from "../../constructs/apisix/apisix-gateway-props";
import { backchannelLogoutPath } from "../../constructs/apisix/revocation";
import { defaultLimits, type HttpdConfig } from "../../constructs/httpd/httpd-config";
import { startCommand } from "../../constructs/httpd/httpd-start";
import { configurationPath, renderHttpd } from "../../constructs/httpd/render-httpd";
import { Secret } from "../../constructs/workload/secret";
import type { Deployment } from "../../operations/deployment/deployment";
import { smokeTarget } from "../../operations/verify/smoke-target";
import { createHttp } from "../../smoke/clients/http";
import { openImap } from "../../smoke/clients/imap-reader";
import { type Login, loginImap, loginImapByCommand, loginSmtp } from "../../smoke/clients/login";
import { createClient, discover, logOut, passwordGrant, type Tokens } from "../../smoke/clients/oidc";
import { bearer, createContext, type SmokeContext } from "../../smoke/steps/context";
import { accepted, within } from "../../smoke/steps/expect";
import { statusOf } from "../../smoke/steps/gateway-probe";
import { environmentPorts, freePort, freePorts } from "../engine";
import {
  firstHost,
  hostOidc,
  hostRoutes,
  partnerHost,
  partnerRealm,
  type SitesUnderTest,
  sitesBehaviour,
} from "../gateway/behaviour/sites-behaviour";
import { apisixFiles, findApisix, type RunningApisix, startApisix } from "../gateway/lab/apisix";
import { type GatewayLab, kitImage, redisPassword, startGatewayLab } from "../gateway/lab/gateway-lab";
import { labCertificate } from "../gateway/lab/httpd";
import { imageSettings, KitProject } from "./support/kit";

const secret = (value: string) => new Secret("test", value);

describe("a gateway for two realms", () => {
  let lab: GatewayLab;
  beforeAll(async () => {
    lab = await startGatewayLab("realms");
  });
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
      const port = freePort();
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

  describe("on httpd by HTTPS", () => {
    const https = freePort();
    beforeAll(async () => {
      const port = freePort();
      const { certificate, files } = labCertificate(lab, "gateway", firstHost, partnerHost);
      const config: HttpdConfig = {
        ...hosts(https),
        port,
        tls: { port: https, certificates: [certificate] },
        introspectionIntervalSeconds: 0,
        redis,
        cryptoPassphrase: secret("passphrase of the tests"),
        limits: defaultLimits,
      };
      const command = startCommand(config);
      await lab.startGateway(
        ...(["httpd-tls", await kitImage("httpd"), port, [...renderHttpd(config), ...files]] as const),
        { ports: [https], ...(command && { command }) },
      );
    });
    sitesBehaviour(() => ({
      ...{ baseUrl: `https://${firstHost}:${https}`, ca: lab.authority.certificate, lab },
    }));
  });

  const source = findApisix();
  if ("missing" in source) {
    it("on APISIX", ({ skip }) => skip(source.missing));
    return;
  }
  describe.each([
    ["redis", "HTTP"],
    ["introspection", "HTTP"],
    ["redis", "HTTPS"],
  ] as const)("on APISIX with revocation %s, by %s", (revocation, by) => {
    let running: RunningApisix;
    let under: Omit<SitesUnderTest, "lab">;
    beforeAll(async () => {
      const port = freePort();
      const https = freePort();
      const { certificate, files } = labCertificate(lab, "mail", firstHost, partnerHost);
      under =
        by === "HTTP"
          ? { baseUrl: `http://127.0.0.1:${port}` }
          : { baseUrl: `https://${firstHost}:${https}`, ca: lab.authority.certificate };
      const rendered = apisixFiles({
        ...hosts(port, { logoutClients: ["mail"] }),
        ...(by === "HTTPS" && { tls: { port: https, certificates: [certificate] } }),
        version: source.version,
        revocation,
        redis,
        limits: { ...defaultApisixLimits, requestsPerSecond: 100_000, burst: 100_000 },
      });
      running = await startApisix(source, lab, {
        ...{ name: `apisix-${revocation}-${by.toLowerCase()}`, port, files: [...rendered, ...files] },
        ports: by === "HTTPS" ? [https] : [],
      });
    });
    afterAll(() => running?.stop());

    it("starts without an error", async () => {
      expect(await running.logs()).not.toMatch(/\[(?:error|crit|alert|emerg)\]/);
    });

    sitesBehaviour(() => ({
      ...{ ...under, lab },
      ...(revocation === "redis" && { backchannel: backchannelLogoutPath }),
    }));
  });
});

const settings = {
  ...imageSettings,
  directGrants: true,
  ports: environmentPorts(),
  realms: [
    {
      name: "partner",
      domain: "partner.example",
      hosts: { gateway: "apisix.partner.example" },
      ports: freePorts("imap", "smtp", "sieve"),
      people: [{ mail: "amy@partner.example" }],
    },
  ],
};

describe.sequential("an environment with two realms", () => {
  const project = new KitProject("kit-e2e-realms", settings);
  /** What clients of each realm see: the first one's, then the partner's. */
  let realms: [SmokeContext, SmokeContext];
  let closers: (() => Promise<void>)[] = [];

  const run = async (...args: string[]) => {
    const run = await project.run(args);
    expect(run.exitCode, run.output).toBe(0);
    return run;
  };
  const login = async ({ target, http, user }: SmokeContext): Promise<Tokens> => {
    const client = await createClient(http, await discover(http, target.ssoUrl), { clientId: "kit-smoke" });
    return passwordGrant(client, user);
  };
  const session = (context: SmokeContext, authorization: string) =>
    statusOf(context, "/oidc/jmap/session", { headers: { authorization } });
  const took = (login: Login) => {
    if (login.accepted) login.lines.close();
    return login.accepted;
  };

  beforeAll(() => project.cleanUp());
  afterAll(async () => {
    for (const close of closers) await close();
    project.remove();
  });

  it("comes up, and passes the smoke test of each", async () => {
    const { events } = await run("up");
    const steps = events.filter(
      ({ smoke }) => (smoke as { id: string } | undefined)?.id === "refused.other-realm",
    );
    expect(steps.map(({ realm }) => realm)).toEqual(["oidc", "partner"]);

    const file = project.environmentFile;
    const environment = loadEnvironment(file, { env: {} });
    const secrets = new SecretStore(join(project.kitDirectory, "secrets.json"), { env: {} });
    realms = environment.platform.realms.map((realm) => {
      const target = smokeTarget({ environment, secrets } as Deployment, realm);
      const http = createHttp(target);
      closers = [...closers, () => http.close()];
      return createContext(target, http);
    }) as [SmokeContext, SmokeContext];
  });

  it("has nothing to change after that, and no drift", async () => {
    const ids = project.containerIds();
    expect((await run("up", "--no-smoke")).result.changed).toBe(0);
    expect(project.containerIds()).toEqual(ids);
    await run("drift");
  });

  it("refuses tokens and passwords of one realm at the hosts and listeners of the other", async () => {
    for (const [own, other] of [realms, realms.toReversed()] as [SmokeContext, SmokeContext][]) {
      const { accessToken } = await login(own);
      expect(await session(own, bearer(accessToken))).toBe(200);
      expect([401, 403]).toContain(await session(other, bearer(accessToken)));
      expect(await statusOf(other, "/jmap/session", { headers: { authorization: own.basic() } })).toBe(401);
      // As oneself, and as somebody of the other realm.
      for (const { xoauth2, oauthBearer } of [own, other]) {
        for (const sasl of [xoauth2(accessToken), oauthBearer(accessToken)]) {
          expect(took(await loginImap(other.imap, sasl))).toBe(false);
          expect(took(await loginSmtp(other.smtp, sasl))).toBe(false);
        }
      }
      expect(took(await loginImap(own.imap, other.xoauth2(accessToken)))).toBe(false);
      expect(took(await loginImap(own.imap, own.xoauth2(accessToken)))).toBe(true);
    }
  });

  it("lets no realm have a user with an address of another", async () => {
    const { default: KeycloakAdminClient } = await import("@keycloak/keycloak-admin-client");
    const baseUrl = `http://127.0.0.1:${settings.ports.keycloak}/auth`;
    const admin = new KeycloakAdminClient({ baseUrl, realmName: "master" });
    const password = new SecretStore(join(project.kitDirectory, "secrets.json"), { env: {} }).get(
      "keycloakAdmin",
    );
    await admin.auth({
      ...{ grantType: "password", clientId: "admin-cli", username: "admin" },
      password: password.reveal(),
    });
    const make = (email: string) =>
      admin.users.create({ realm: "partner", username: "eve", email }).then(
        ({ id }) => admin.users.del({ realm: "partner", id }).then(() => "made"),
        ({ response }: { response: { status: number } }) => response.status,
      );
    expect(await make("somebody@localhost")).toBe(400);
    expect(await make("eve@partner.example")).toBe("made");
  });

  it("delivers mail from one domain to the other", async () => {
    const [{ user: sender, smtp }, partner] = realms;
    const { mail, password } = sender;
    const transport = createTransport({
      ...{ host: smtp.host, port: smtp.port, ignoreTLS: true },
      auth: { user: mail, pass: password.reveal() },
    });
    const subject = `realms ${Date.now()}`;
    await transport.sendMail({ from: mail, to: partner.user.mail, subject, text: "Hello" });
    transport.close();
    const { user } = partner;
    const lines = accepted(
      await loginImapByCommand(partner.imap, user.mail, user.password.reveal()),
      "the password",
    );
    const imap = await openImap(lines);
    await within(10, async () => {
      await imap.mailboxOpen("INBOX");
      expect(await imap.search({ subject, from: mail }, { uid: true })).toHaveLength(1);
    });
    imap.close();
  });

  it("ends the sessions of one realm, and leaves those of the other", async () => {
    const [first, partner] = realms;
    const [ended, left] = [await login(first), await login(partner)];
    const server = await discover(first.http, first.target.ssoUrl);
    expect(await logOut(first.http, server, { clientId: "kit-smoke" }, ended)).toBe(204);
    expect(await session(first, bearer(ended.accessToken))).toBe(401);
    expect(took(await loginImap(first.imap, first.xoauth2(ended.accessToken)))).toBe(false);
    expect(await session(partner, bearer(left.accessToken))).toBe(200);
    expect(took(await loginImap(partner.imap, partner.xoauth2(left.accessToken)))).toBe(true);
  });

  it("goes without leaving anything", async () => {
    await run("down");
    expect(project.leftovers()).toEqual([]);
  });
});
