import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../kit/package-root";
import { prepareTerraform } from "../../setup/machine";
import { createProgress } from "../../setup/progress/progress";
import { KeycloakProviderUnavailable } from "../../setup/terraform/keycloak-provider";
import { inBrowser, lackOfBrowser } from "./support/browser";
import { KitProject } from "./support/kit";
import { startPlayground } from "./support/playground";
import { lackOfThunderbird, startThunderbird } from "./support/thunderbird";

/**
 * What Apache James's own example tells to do, in its words, with curl and plain sockets: examples/oidc/README.md and
 * test.sh of https://github.com/apache/james-project. The environment is `reference` at another loopback address, its
 * ports and host names unchanged.
 */
const address = "127.0.0.40";
const reference = parse(readFileSync(join(packageRoot, "environments/reference.yaml"), "utf8"));
const settings = {
  ...reference,
  bind: address,
  ldif: [join(packageRoot, "ldif/localhost.ldif")],
  // A busy machine is no failure.
  startTimeoutSeconds: 600,
};

const user = "james-user@localhost";
const password = "secret";
const accountId = "fe100f0103112aa50a585b7ca037c6b9387352991fc35cec15faf7ce4edd8d03";
const client = ["client_id=james-thunderbird", "client_secret=Xw9ht1veTu0Tk5sMMy03PdzY3AiFvssw"];
const oidc = "http://sso.example.com:8080/auth/realms/oidc/protocol/openid-connect";
const jmap = "http://apisix.example.com:9080/oidc/jmap";
const accept = "Accept: application/json; jmapVersion=rfc-8621";

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function curl(url: string, ...args: string[]): Promise<Answer> {
  const hosts = ["sso.example.com:8080", "apisix.example.com:9080"];
  const { stdout } = await promisify(execFile)("curl", [
    ...["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"],
    ...hosts.flatMap((host) => ["--resolve", `${host}:${address}`]),
    ...[...args, url],
  ]);
  const [, body = "", status] = /^([\s\S]*)\n(\d+)$/.exec(stdout) ?? [];
  return { status: Number(status), body };
}

const form = (url: string, ...fields: string[]) =>
  curl(url, ...fields.flatMap((field) => ["--data-urlencode", field]));
const bearer = (token: string) => ["--header", accept, "--header", `Authorization: Bearer ${token}`];

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

function tokensOf({ status, body }: Answer): Tokens {
  expect(status, body).toBe(200);
  return JSON.parse(body) as Tokens;
}

const login = async (scope: string) =>
  tokensOf(
    await form(
      `${oidc}/token`,
      ...["grant_type=password", `scope=${scope}`, ...client],
      ...[`username=${user}`, `password=${password}`],
    ),
  );
const logout = ({ refresh_token }: Tokens) =>
  form(`${oidc}/logout`, ...client, `refresh_token=${refresh_token}`);
const session = (token: string) => curl(`${jmap}/session`, ...bearer(token));

/** All that a server says: each line is sent when the one before it was answered, as telnet's user does. */
function conversation(port: number, answered: RegExp, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, address);
    const rest = [...lines];
    let said = "";
    let seen = 0;
    socket.setTimeout(60_000, () => socket.destroy(new Error(`port ${port} is silent after: ${said}`)));
    socket.on("data", (data) => {
      said += data;
      const lines = said.slice(seen, said.lastIndexOf("\n") + 1);
      seen += lines.length;
      // A server that tells why it refuses a token wants an empty answer before it goes on.
      if (/^(\+|334) /m.test(lines)) socket.write("\r\n");
      if (/^"[\w+/=]{40,}"\r$/m.test(lines)) socket.write('""\r\n');
      // The greeting, and one answer for each line.
      for (const _ of lines.matchAll(answered)) {
        const line = rest.shift();
        if (line === undefined) socket.end();
        else socket.write(`${line}\r\n`);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(said));
  });
}

const xoauth2 = (token: string) =>
  Buffer.from(`user=${user}\x01auth=Bearer ${token}\x01\x01`).toString("base64");
const imap = (token: string) =>
  conversation(143, /^(\* OK|[ac] (OK|NO|BAD))/gm, [`a AUTHENTICATE XOAUTH2 ${xoauth2(token)}`, "c LOGOUT"]);
const smtp = (token: string) => conversation(587, /^\d{3} /gm, [`AUTH XOAUTH2 ${xoauth2(token)}`, "QUIT"]);
const sieve = (token: string) =>
  conversation(4190, /^(OK|NO|BYE)/gm, [
    `AUTHENTICATE "XOAUTH2" "${xoauth2(token)}"`,
    "CAPABILITY",
    "LOGOUT",
  ]);

/** Why Keycloak's provider cannot be had here. */
const lackOfProvider = () =>
  prepareTerraform(createProgress(), { keycloakProvider: true }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof KeycloakProviderUnavailable) return error.message;
      throw error;
    },
  );

describe.sequential.each(["import", "provider"])("reference, identity: %s", async (identity) => {
  const reason = identity === "provider" ? await lackOfProvider() : undefined;
  if (reason) it("the example's walk", ({ skip }) => skip(reason));
  else walks(identity);
});

function walks(identity: string): void {
  const project = new KitProject(`kit-e2e-ref-${identity}`, { ...settings, identity });
  beforeAll(async () => {
    project.cleanUp();
    const run = await project.run(["up", "--no-smoke"]);
    expect(run.exitCode, run.output).toBe(0);
  });
  afterAll(async () => {
    await project.run(["down"]);
    project.remove();
  });

  it("is planned with the clients that take passwords directly", async () => {
    const { result } = await project.run(["plan"]);
    expect(result).toMatchObject({
      changes: [],
      directAccessGrants: [
        { realm: "oidc", clientId: "james-thunderbird" },
        { realm: "oidc", clientId: "kit-smoke" },
      ],
    });
  });

  it("passes the walk of the example's README and test script", async () => {
    const tokens = await login("openid profile email");
    const token = tokens.access_token;
    expect((await curl(`${oidc}/userinfo`, ...bearer(token))).body).toContain("james-user");

    const found = await session(token);
    expect(found.status, found.body).toBe(200);
    expect(JSON.parse(found.body)).toMatchObject({
      username: user,
      uploadUrl: expect.stringContaining("apisix.example.com:9080"),
      accounts: { [accountId]: { name: user } },
    });
    const body = {
      using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
      methodCalls: [["Mailbox/get", { accountId }, "c1"]],
    };
    const json = ["--header", "Content-Type: application/json", "--data", JSON.stringify(body)];
    const mailboxes = await curl(jmap, ...bearer(token), ...json);
    expect(mailboxes.body).toMatch(/"Mailbox\/get".*"INBOX"/);

    expect(await imap(token)).toMatch(/^a OK AUTHENTICATE completed[\s\S]*^c OK LOGOUT completed/m);
    const submission = await smtp(token);
    expect(submission).toContain("235 Authentication successful");
    expect(submission).toContain("221 2.0.0 james.example.com Service closing transmission channel");
    const takesTokens = /XOAUTH2/.test(await conversation(4190, /^(OK|NO|BYE)/gm, ["LOGOUT"]));
    if (takesTokens) {
      expect(await sieve(token)).toMatch(/"OWNER" "james-user@localhost"[\s\S]*OK channel is closing/);
    }

    expect((await logout(tokens)).status).toBe(204);
    expect((await session(token)).status).toBe(401);
    expect(await imap(token)).toMatch(/^a NO /m);
    expect(await smtp(token)).toMatch(/^535 /m);
    if (takesTokens) expect(await sieve(token)).toMatch(/^NO /m);
  });

  it("keeps a mail client logged in with offline_access, until it logs out", async () => {
    const first = await login("openid email offline_access");
    const { typ } = JSON.parse(Buffer.from(first.refresh_token.split(".")[1] ?? "", "base64url").toString());
    expect(typ).toBe("Offline");
    const refresh = ({ refresh_token }: Tokens) =>
      form(`${oidc}/token`, "grant_type=refresh_token", ...client, `refresh_token=${refresh_token}`);
    const tokens = tokensOf(await refresh(first));
    expect((await session(tokens.access_token)).status).toBe(200);
    expect(await imap(tokens.access_token)).toContain("a OK AUTHENTICATE completed");
    expect((await logout(tokens)).status).toBe(204);
    expect(await refresh(tokens)).toMatchObject({
      status: 400,
      body: expect.stringContaining("invalid_grant"),
    });
    expect((await session(tokens.access_token)).status).toBe(401);
    expect(await imap(tokens.access_token)).toMatch(/^a NO /m);
  });

  const lack = lackOfBrowser();
  const browse = (title: string, work: () => Promise<void>) =>
    it(title, async ({ skip }) => (lack ? skip(lack) : await work()));
  const hosts = { "sso.example.com": address, "apisix.example.com": address };
  const enter = async (page: Page) => {
    await page.fill("#username", user);
    await page.fill("#password", password);
    await page.click("#kc-login");
  };

  for (const [how, init, scope, refreshType] of [
    ["with PKCE, as it is sent today", {}, "openid", "Refresh"],
    ["without PKCE, for an offline token", { pkceMethod: false }, "openid offline_access", "Offline"],
  ] as const) {
    browse(`lets Keycloak's playground page log in ${how}, and call JMAP from its origin`, async () => {
      const playground = await startPlayground({ init, login: { scope }, jmap, accountId });
      // The page is on https and the example is not: by itself a browser does not let one call the other.
      const flags = ["--ignore-certificate-errors", "--allow-running-insecure-content"];
      const at = { hosts: { ...hosts, "www.keycloak.org:443": playground.address }, flags };
      const query = "url=http://sso.example.com:8080/auth&realm=oidc&client=oidc";
      const who = async (page: Page, name: string) => {
        await page.waitForFunction("document.getElementById('who')?.textContent");
        expect(await page.textContent("#who")).toBe(name);
      };
      try {
        await inBrowser(at, async (page) => {
          await page.goto(`https://www.keycloak.org/app/?${query}`);
          await who(page, "nobody");
          await page.click("#login");
          await enter(page);
          await page.waitForURL("https://www.keycloak.org/app/**");
          await who(page, user);
          expect(await page.textContent("#mail")).toMatch(/^200 .*"Mailbox\/get".*"INBOX"/);
          const tokens = (await page.evaluate("tokens")) as Record<string, string>;
          const { access = "", refresh } = tokens;
          expect(tokens.refreshType).toBe(refreshType);
          await page.click("#logout");
          await page.waitForURL("https://www.keycloak.org/app/**");
          await who(page, "nobody");
          // By design a browser's logout leaves an offline session, which lasts until its own token ends it.
          if (refreshType === "Offline") {
            expect((await session(access)).status).toBe(200);
            const ended = await form(`${oidc}/logout`, "client_id=oidc", `refresh_token=${refresh}`);
            expect(ended.status).toBe(204);
          }
          expect((await session(access)).status).toBe(401);
        });
      } finally {
        playground.close();
      }
    });
  }

  const lackOfMailProgram = lackOfThunderbird();
  it("is known to Thunderbird by the add-on that the kit writes: it logs in and sees the mailbox", async ({
    skip,
  }) => {
    if (lackOfMailProgram) skip(lackOfMailProgram);
    const addon = join(project.directory, "kit.xpi");
    const shown = await project.run(["client", "show", "james-thunderbird", "--addon", addon]);
    expect(shown.exitCode, shown.output).toBe(0);
    const thunderbird = await startThunderbird(address);
    try {
      await thunderbird.install(addon);
      const { folders, log } = await thunderbird.run<{ folders: string[]; log: string[] }>(
        logInByWindow(address),
      );
      expect(folders, log.join("\n")).toContain("INBOX");
    } finally {
      thunderbird.close();
    }
  });

  browse("shows people their account, where they set up a second factor", async () => {
    const account = "http://sso.example.com:8080/auth/realms/oidc/account";
    await inBrowser({ hosts }, async (page) => {
      await page.goto(`${account}/`);
      await enter(page);
      const email = page.locator("input[name=email]");
      await email.waitFor();
      expect(await email.inputValue()).toBe(user);
      await page.goto(`${account}/account-security/signing-in`);
      await page.getByText("Set up Authenticator application").click();
      await page.locator("#mode-manual").click();
      const key = (await page.textContent("#kc-totp-secret-key"))?.replace(/\s/g, "");
      await page.fill("#totp", oneTimePassword(key ?? ""));
      await page.fill("#userLabel", "the phone");
      await page.click("#saveTOTPBtn");
      await page.getByText("the phone").waitFor();
    });
    // From now on it is asked for.
    const refused = await form(
      `${oidc}/token`,
      ...["grant_type=password", ...client, `username=${user}`, `password=${password}`],
    );
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining("invalid_grant") });
  });
}

/**
 * For Thunderbird: makes an account of IMAP with OAuth2, types the password into the window of Keycloak that opens, and
 * tells the folders that the server then shows.
 */
const logInByWindow = (host: string) => `
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const log = [];
  const typing = "data:," + encodeURIComponent(${JSON.stringify(`(() => {
    const type = () => {
      const at = (id) => content.document.getElementById(id);
      if (!at("password")) return content.setTimeout(type, 200);
      at("username").value = ${JSON.stringify(user)};
      at("password").value = ${JSON.stringify(password)};
      at("kc-form-login").submit();
    };
    type();
  })()`)});
  Services.ww.registerNotification({
    observe(window, topic) {
      if (topic !== "domwindowopened") return;
      window.addEventListener("load", () => {
        log.push("a window: " + window.location.href);
        const timer = window.setInterval(() => {
          const browser = window.document.getElementById("requestFrame");
          if (!browser?.currentURI?.spec.startsWith("http")) return;
          window.clearInterval(timer);
          log.push("in it: " + browser.currentURI.spec);
          browser.messageManager.loadFrameScript(typing, true);
        }, 200);
      }, { once: true });
    },
  });
  const server = MailServices.accounts.createIncomingServer(${JSON.stringify(user)}, ${JSON.stringify(host)}, "imap");
  server.port = 143;
  server.socketType = Ci.nsMsgSocketType.plain;
  server.authMethod = Ci.nsMsgAuthMethod.OAuth2;
  const account = MailServices.accounts.createAccount();
  account.incomingServer = server;
  const identity = MailServices.accounts.createIdentity();
  identity.email = ${JSON.stringify(user)};
  account.addIdentity(identity);
  const names = () => server.rootFolder.subFolders.map(({ name }) => name);
  const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
  // INBOX is there from the beginning: what the server shows comes with it.
  server.performExpand(null);
  for (let tries = 0; tries < 600 && !log.includes("logged in"); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const inbox = server.rootFolder.subFolders.find(({ name }) => name === "INBOX" || name === "Inbox");
    if (inbox?.QueryInterface(Ci.nsIMsgImapMailFolder).verifiedAsOnlineFolder) log.push("logged in");
  }
  return { folders: log.includes("logged in") ? names() : [], log };`;

/** RFC 6238, as Keycloak has it by default: SHA-1, six digits, 30 seconds. */
function oneTimePassword(base32: string): string {
  const bits = [...base32].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = (digest.at(-1) as number) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
