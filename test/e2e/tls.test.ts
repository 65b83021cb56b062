import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Authority } from "../authority";
import { freePorts } from "../engine";
import { inBrowser, lackOfBrowser } from "./support/browser";
import { imageSettings, KitProject } from "./support/kit";
import { providerUnavailable } from "./support/provider";
import { lackOfThunderbird, startThunderbird } from "./support/thunderbird";

/** An address of this machine that no other run has, and so all of the standard ports. */
const address = `127.13.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const mail = "mail.acme.test";
const login = "login.acme.test";
/** The host of the mail domain itself, where mail programs look for their configuration. */
const partner = "partner.test";

const settings = {
  ...imageSettings,
  ...{ domain: "acme.test", bind: address, directGrants: true },
  public: { gateway: `https://${mail}`, keycloak: `https://${login}` },
  tls: { mode: "own" },
  ports: { gateway: 443, keycloak: null, ...freePorts("keycloakAdmin") },
  people: [{ mail: "bob@acme.test" }],
  realms: [
    {
      ...{ name: "partner", domain: "partner.test", people: [{ mail: "amy@partner.test" }] },
      // With a path before those of JMAP.
      ...{ hosts: { gateway: partner }, public: { gateway: `https://${partner}/jmap` } },
      ports: { imap: 1143, smtp: 1587, sieve: 14190, imaps: 1993, submissions: 1465 },
    },
  ],
};

/** As DNS would have it. */
const hosts = [`${address} ${mail} ${login} ${partner}`];

interface Finding {
  readonly severity: string;
  readonly check: string;
  readonly where: string;
}

describe.sequential("an environment with public names and an authority of its own", () => {
  const project = new KitProject("kit-e2e-tls", settings);
  let ca: string;

  const run = async (...args: string[]) => {
    const run = await project.run(args, { hosts });
    expect(run.exitCode, run.output).toBe(0);
    return run;
  };
  const eventsOf = <T>(events: readonly Record<string, unknown>[], event: string) =>
    events.filter((one) => one.event === event) as unknown as T[];
  /** Programs that are not the kit's, which must trust the authority and find the names. */
  const curl = (...args: string[]) => {
    const names = [`${mail}:443`, `${mail}:993`, `${mail}:465`, `${mail}:143`, `${login}:443`];
    const { status, stdout, stderr } = spawnSync(
      "curl",
      [
        ...["--silent", "--show-error", "--max-time", "20", "--cacert", ca],
        ...names.flatMap((name) => ["--resolve", `${name}:${address}`]),
        ...args,
      ],
      { encoding: "utf8", input: "Subject: by curl\r\n\r\nhello\r\n" },
    );
    return { code: status, output: stdout + stderr };
  };

  const passwordOf = (person: string): string =>
    JSON.parse(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8"))[person];

  beforeAll(async () => {
    project.cleanUp();
    // Without a provider Keycloak imports the realms.
    if ((await providerUnavailable()) === undefined) project.configure({ ...settings, identity: "provider" });
  });
  afterAll(() => project.remove());

  it("comes up, and passes the smoke test of each realm, with all that TLS adds", async () => {
    const { events } = await run("up");
    const passed = events.flatMap(({ smoke, realm }) => {
      const step = smoke as { id: string; ok: boolean; skipped?: string } | undefined;
      return step?.ok && step.skipped === undefined ? [`${realm} ${step.id}`] : [];
    });
    for (const realm of ["oidc", "partner"]) {
      const added = [
        "tls.imaps",
        "tls.submissions",
        "tls.mail",
        "tls.credentials",
        "tls.web",
        "tls.redirect",
      ];
      expect(passed).toEqual(
        expect.arrayContaining([...added, "hidden.plain"].map((id) => `${realm} ${id}`)),
      );
    }
    ca = join(project.directory, "ca.pem");
    const shown = await run("ca", "show");
    writeFileSync(ca, `${shown.result.certificate}`);
  });

  it("has nothing to change after that, and no drift", async () => {
    const ids = project.containerIds();
    expect((await run("up", "--no-smoke")).result.changed).toBe(0);
    expect(project.containerIds()).toEqual(ids);
    await run("drift");
  });

  it("doctor finds nothing, and tells what it has looked at", async () => {
    const { events } = await run("doctor");
    expect(eventsOf<Finding>(events, "finding")).toEqual([]);
    const listeners = eventsOf<{ where: string; tls: { version: string } | null }>(events, "listener");
    expect(listeners.map(({ where }) => where).sort()).toEqual(
      [
        ...[
          `https://${mail}`,
          `https://${login}`,
          `https://${partner}`,
          `http://${mail}`,
          `http://${partner}`,
        ],
        ...[`imap://${mail}:143`, `imaps://${mail}:993`, `sieve://${mail}:4190`],
        ...[`submission://${mail}:587`, `submissions://${mail}:465`],
        ...[`imap://${partner}:1143`, `imaps://${partner}:1993`, `sieve://${partner}:14190`],
        ...[`submission://${partner}:1587`, `submissions://${partner}:1465`],
      ].sort(),
    );
    for (const { where, tls } of listeners) {
      expect([where, tls?.version]).toEqual([where, where.startsWith("http:") ? undefined : "TLSv1.3"]);
    }
  });

  it("doctor says of names that lead nowhere that they do, and looks at what is published", async () => {
    const { exitCode, events } = await project.run(["doctor"]);
    expect(exitCode).toBe(7);
    const findings = eventsOf<Finding>(events, "finding");
    expect([...new Set(findings.map(({ severity, check }) => `${severity} ${check}`))]).toEqual([
      "error name",
    ]);
    expect(eventsOf<{ tls: unknown }>(events, "listener").filter(({ tls }) => tls === null)).toHaveLength(2);
  });

  it("passes the smoke test by its names as they resolve", async () => {
    await run("smoke", "--public");
  });

  it("is used by programs that trust its authority, and by no others", async () => {
    const user = ["--user", `bob@acme.test:${passwordOf("bob@acme.test")}`];
    expect(curl(...user, `https://${mail}/jmap/session`)).toMatchObject({
      code: 0,
      output: expect.stringContaining(`"apiUrl":"https://${mail}/jmap"`),
    });
    expect(curl(...user, `imaps://${mail}/`).output).toContain("INBOX");
    expect(curl(...user, "--ssl-reqd", `imap://${mail}/`).output).toContain("INBOX");
    expect(
      curl(
        ...[...user, "--mail-from", "bob@acme.test", "--mail-rcpt", "bob@acme.test"],
        ...["--upload-file", "-", `smtps://${mail}/`],
      ),
    ).toMatchObject({ code: 0 });
    // 60: the certificate is of nobody that it knows.
    expect(curl("--cacert", "/etc/ssl/certs/ca-certificates.crt", `https://${mail}/`).code).toBe(60);
    // In clear no password is taken: 67.
    expect(curl(...user, `imap://${mail}/`).code).toBe(67);
  });

  const lack = lackOfBrowser();
  it("a browser that trusts its authority logs in, and uses JMAP and its WebSocket", async ({ skip }) => {
    if (lack) skip(lack);
    // The address is of this machine, which Chromium lets no page of another one reach.
    const flags = ["--disable-features=LocalNetworkAccessChecks"];
    const at = { hosts: { [mail]: address, [login]: address }, flags, ca };
    const page = "http://localhost:3000/callback";
    const realm = `https://${login}/realms/oidc/protocol/openid-connect`;
    const verifier = "a verifier of PKCE, of forty-three characters or more".replace(/\W/g, "-");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const password = passwordOf("bob@acme.test");
    await inBrowser(at, async (browser) => {
      // What the web client's own server would answer.
      await browser.route(`${page}**`, (route) =>
        route.fulfill({ contentType: "text/html", body: "<p>mail" }),
      );
      const query = { client_id: "oidc", response_type: "code", scope: "openid", redirect_uri: page };
      const pkce = { code_challenge: challenge, code_challenge_method: "S256" };
      await browser.goto(`${realm}/auth?${new URLSearchParams({ ...query, ...pkce })}`);
      await browser.fill("#username", "bob@acme.test");
      await browser.fill("#password", password);
      await browser.click("#kc-login");
      await browser.waitForURL(`${page}**`);
      const used = await browser.evaluate(
        async ({ realm, code, verifier, page, gateway }) => {
          const form = { grant_type: "authorization_code", client_id: "oidc", redirect_uri: page };
          const json = (answer: Response) => answer.json() as Promise<Record<string, string>>;
          const tokens = await fetch(`${realm}/token`, {
            method: "POST",
            body: new URLSearchParams({ ...form, code, code_verifier: verifier }),
          }).then(json);
          const headers = { Authorization: `Bearer ${tokens.access_token}` };
          // Seen once on a busy machine: Chromium's first connection ends before it asks (ERR_SOCKET_NOT_CONNECTED).
          const ask = () => fetch(`${gateway}/oidc/jmap/session`, { headers });
          const session = await ask().catch(ask).then(json);
          return { apiUrl: session.apiUrl, token: tokens.access_token as string };
        },
        {
          ...{ realm, verifier, page, gateway: `https://${mail}` },
          code: new URL(browser.url()).searchParams.get("code") ?? "",
        },
      );
      expect(used.apiUrl).toBe(`https://${mail}/oidc/jmap`);
      // By itself a page sends no token with a WebSocket.
      await browser.setExtraHTTPHeaders({ Authorization: `Bearer ${used.token}` });
      const said = await browser.evaluate(
        (url) =>
          new Promise<string>((resolve, reject) => {
            const socket = new WebSocket(url, "jmap");
            const request = { "@type": "Request", id: "r1", using: ["urn:ietf:params:jmap:core"] };
            const methodCalls = [["Core/echo", { said: "by a browser" }, "c1"]];
            socket.onopen = () => socket.send(JSON.stringify({ ...request, methodCalls }));
            socket.onmessage = ({ data }) => resolve(data);
            socket.onerror = () => reject(new Error("the WebSocket fails"));
          }),
        `wss://${mail}/oidc/jmap/ws`,
      );
      expect(said).toContain("by a browser");
    });
  });

  const lackOfMailProgram = lackOfThunderbird();
  it("Thunderbird configures itself, and logs in: by password, or by the provider of the kit's add-on", async ({
    skip,
  }) => {
    if (lackOfMailProgram) skip(lackOfMailProgram);
    const person = "amy@partner.test";
    const addon = join(project.directory, "partner.xpi");
    await run("client", "show", "james-thunderbird", "--realm", "partner", "--addon", addon);
    const thunderbird = await startThunderbird(address);
    try {
      await thunderbird.run(trust(readFileSync(ca, "utf8")));
      const byPassword = await thunderbird.run<Configured>(configure(person, passwordOf(person)));
      expect(byPassword).toEqual({
        ...{ source: "xml-from-isp-https", loggedIn: true },
        incoming: [partner, 1993, "SSL", person, "password"],
        outgoing: [partner, 1465, "SSL", person, "password"],
        alternatives: [[partner, 1143, "STARTTLS", person, "password"]],
      });
      await thunderbird.install(addon);
      const byToken = await thunderbird.run<Configured>(configure(person));
      expect([byToken.incoming, byToken.outgoing]).toEqual([
        [partner, 1993, "SSL", person, "OAuth2"],
        [partner, 1465, "SSL", person, "OAuth2"],
      ]);
    } finally {
      thunderbird.close();
    }
  });

  it("speaks HTTP/2", () => {
    expect(
      curl("--http2", "--output", "/dev/null", "--write-out", "%{http_version}", `https://${mail}/`),
    ).toEqual({
      ...{ code: 0, output: "2" },
    });
  });

  it("another authority is brought to every listener without a container being replaced but the one that issues", async () => {
    const before = project.containerIds();
    await run("secrets", "rotate", "authority");
    await run("up");
    const after = project.containerIds();
    const replaced = Object.keys(before).filter((service) => before[service] !== after[service]);
    expect(replaced).toEqual(["certificates"]);
    const { events } = await run("doctor");
    expect(eventsOf<Finding>(events, "finding")).toEqual([]);
    // Who trusts the former one alone connects no more.
    await expect(
      new Promise((resolve, reject) => {
        const socket = connect({ host: address, port: 993, servername: mail, ca: readFileSync(ca) }, () =>
          resolve(socket.destroy()),
        ).on("error", reject);
      }),
    ).rejects.toThrow(/certificate/);
  });
});

describe.sequential("an environment with certificates of somebody else's, Keycloak at a port of its own", async () => {
  const reason = await providerUnavailable();
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-e2e-files-"));
  const authority = new Authority(folder);
  const certify = (...hosts: [string, ...string[]]) => {
    const [, chain, key] = authority.certify(...hosts).map(({ content }) => content);
    return { chain, key };
  };
  const wanted = {
    ...{ ...imageSettings, bind: `127.14${address.slice(6)}`, directGrants: true },
    // Without a provider Keycloak imports the realm.
    ...(reason === undefined && { identity: "provider" }),
    ports: { keycloak: 8443, gateway: 443, http: null, ...freePorts("keycloakAdmin") },
  };
  const names = ["sso.example.com", "apisix.example.com"] as const;
  const project = new KitProject("kit-e2e-tls-files", wanted);
  const configure = () =>
    project.configure({
      ...wanted,
      tls: { mode: "files", files: [certify(...names)], ca: authority.path },
    });

  beforeAll(() => {
    project.cleanUp();
    configure();
  });
  afterAll(() => {
    project.remove();
    rmSync(folder, { recursive: true });
  });

  const run = async (...args: string[]) => {
    const run = await project.run(args);
    expect(run.exitCode, run.output).toBe(0);
    return run;
  };
  /** What doctor finds, and the fingerprints of what is shown. */
  const doctor = async () => {
    const { events } = await run("doctor");
    const listeners = events.filter(({ event }) => event === "listener") as unknown as {
      tls: { certificate: { fingerprint: string } };
    }[];
    return {
      findings: events.flatMap(({ event, severity, check }) =>
        event === "finding" ? [`${severity} ${check}`] : [],
      ),
      shown: [...new Set(listeners.map(({ tls }) => tls.certificate.fingerprint))],
    };
  };

  it("comes up, and passes the smoke test; doctor warns of names that are not public alone", async () => {
    await run("up");
    const { findings, shown } = await doctor();
    expect([...new Set(findings)]).toEqual(["warning name"]);
    expect(shown).toHaveLength(1);
    await run("drift");
  });

  it("takes others of them while it runs: no container of what people are connected to is replaced", async () => {
    const before = { ids: project.containerIds(), ...(await doctor()) };
    configure();
    await run("up");
    const after = project.containerIds();
    expect(Object.keys(after).filter((service) => before.ids[service] !== after[service])).toEqual([
      "certificates",
    ]);
    // Services take them in turn.
    await expect
      .poll(async () => (await doctor()).shown, { timeout: 120_000, interval: 1_000 })
      .toHaveLength(1);
    expect((await doctor()).shown).not.toEqual(before.shown);
  });
});

interface Configured {
  readonly source: string;
  readonly incoming: readonly unknown[];
  readonly outgoing: readonly unknown[];
  readonly alternatives: readonly unknown[][];
  readonly loggedIn: boolean;
}

/** For Thunderbird: what somebody tells it in its settings about an authority. */
const trust = (pem: string) => `
  const certificate = ${JSON.stringify(pem.replace(/-----[^-]*-----|\s/g, ""))};
  Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(certificate, "C,,");`;

/**
 * For Thunderbird: what its window for a new account does with an address, but for asking Mozilla and Exchange; with a
 * password it logs in.
 */
const configure = (person: string, password?: string) => `
  Services.prefs.setBoolPref("mailnews.auto_config.fetchFromExchange.enabled", false);
  Services.prefs.setCharPref("mailnews.auto_config_url", "");
  const load = (name) => ChromeUtils.importESModule("resource:///modules/accountcreation/" + name + ".sys.mjs")[name];
  const [FindConfig, AccountConfig, ConfigVerifier] = ["FindConfig", "AccountConfig", "ConfigVerifier"].map(load);
  const person = ${JSON.stringify(person)};
  const password = ${JSON.stringify(password ?? "")};
  const { signal } = new AbortController();
  const { value: config } = await FindConfig.parallelAutoDiscovery(person.split("@")[1], person, signal).next();
  if (!config) throw new Error("nothing found");
  AccountConfig.replaceVariables(config, "Amy", person, password);
  const { SSL, alwaysSTARTTLS } = Ci.nsMsgSocketType;
  const { OAuth2, passwordCleartext } = Ci.nsMsgAuthMethod;
  const told = ({ hostname, port, socketType, username, auth }) => [
    hostname,
    port,
    { [SSL]: "SSL", [alwaysSTARTTLS]: "STARTTLS" }[socketType],
    username,
    { [OAuth2]: "OAuth2", [passwordCleartext]: "password" }[auth],
  ];
  if (password) await new ConfigVerifier(null, signal).verifyConfig(config, false);
  return {
    source: config.subSource,
    incoming: told(config.incoming),
    outgoing: told(config.outgoing),
    alternatives: config.incomingAlternatives.map(told),
    loggedIn: password !== "",
  };`;
