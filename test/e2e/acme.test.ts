import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { docker, freePorts, removeRuns, runName } from "../engine";
import { testLabel } from "../gateway/lab/docker";
import { imageSettings, KitProject } from "./support/kit";
import { ensurePebble, Pebble } from "./support/pebble";
import { providerUnavailable } from "./support/provider";

/**
 * An environment of two realms whose certificates Let's Encrypt's authority for tests issues: their names are proved through its
 * gateway, and they end within minutes, so that they are renewed while people are connected. Its realms are made by Keycloak's
 * provider where that can be had.
 */
const purpose = "kit-e2e-acme";
const address = `127.15.${(process.pid >> 8) & 255}.${process.pid & 255}`;
const mail = "mail.acme.test";
const login = "login.acme.test";
const partner = "mail.partner.test";
const hosts = [`${address} ${mail} ${login} ${partner}`];
const ports = { gateway: 443, keycloak: 8443, http: 80, ...freePorts("keycloakAdmin") };
const settings = {
  ...imageSettings,
  ...{ domain: "acme.test", bind: address, directGrants: true, people: [{ mail: "bob@acme.test" }], ports },
  public: { gateway: `https://${mail}`, keycloak: `https://${login}:8443/auth` },
  realms: [
    {
      ...{ name: "partner", domain: "partner.test", people: [{ mail: "amy@partner.test" }] },
      ...{ hosts: { gateway: partner }, public: { gateway: `https://${partner}` } },
      ports: { imap: 1143, smtp: 1587, sieve: 14190, imaps: 1993, submissions: 1465 },
    },
  ],
};
const password = "the password of bob";
const listeners = [
  [443, mail],
  [8443, login],
  [993, mail],
  [443, partner],
  [1993, partner],
] as const;

const project = new KitProject(purpose, settings);
const network = runName(purpose);
let pebble: Pebble | undefined;
let root: string;

beforeAll(async () => {
  removeRuns(testLabel, purpose);
  docker("network", "create", "--label", `${testLabel}=${network}`, network);
  const [gateway = ""] = docker(
    "network",
    "inspect",
    network,
    "--format",
    "{{(index .IPAM.Config 0).Gateway}}",
  );
  const started = new Pebble(await ensurePebble(), {
    address: gateway,
    names: address,
    httpPort: ports.http,
    lifetimeSeconds: 300,
  });
  pebble = started;
  root = await vi.waitFor(() => started.root(), { timeout: 60_000, interval: 200 });
  writeFileSync(join(project.directory, "environments/root.pem"), root);
  writeFileSync(join(project.directory, "environments/directory.pem"), started.ca);
  project.configure({
    ...settings,
    ...((await providerUnavailable()) === undefined && { identity: "provider" }),
    tls: { mode: "acme", acme: { directory: started.directory, ca: "directory.pem" }, ca: "root.pem" },
  });
});
afterAll(() => {
  pebble?.stop();
  project.remove();
  removeRuns(testLabel, purpose);
});

async function run(...args: string[]) {
  const run = await project.run(args, { hosts, env: { KIT_SECRET_BOB_ACME_TEST: password } });
  expect(run.exitCode, run.output).toBe(0);
  return run;
}

async function secure(port: number, servername: string): Promise<TLSSocket> {
  const socket = connect({ host: address, port, servername, ca: root });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket;
}

/** Numbers of the certificates that are shown, each of an authority that is trusted. */
async function shown(): Promise<string[]> {
  const sockets = await Promise.all(listeners.map(([port, name]) => secure(port, name)));
  return sockets.map((socket) => {
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  });
}

/** Says something to a server that speaks in lines, and gives its answer's last one. */
function say(socket: TLSSocket, line: string, answer: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (data: Buffer) => {
      text += data;
      if (!answer.test(text)) return;
      socket.off("data", read);
      resolve(text);
    };
    socket
      .on("data", read)
      .once("error", reject)
      .once("close", () => reject(new Error("closed")));
    socket.write(`${line}\r\n`);
  });
}

it("comes up with certificates whose names were proved through its gateway", async () => {
  await run("up", "--no-smoke");
  await vi.waitFor(async () => expect(await shown()).toHaveLength(listeners.length), {
    timeout: 120_000,
    interval: 1_000,
  });
  expect(pebble?.orders).toBeGreaterThan(0);
  await run("smoke");
});

it("takes new ones while it runs: nobody who is connected notices, and no container is replaced", async () => {
  const ids = project.containerIds();
  const imap = await secure(993, mail);
  expect(await say(imap, `a LOGIN bob@acme.test "${password}"`, /^a /m)).toContain("a OK");
  const socket = new WebSocket(`wss://${mail}/jmap/ws`, "jmap", {
    ...{
      ca: root,
      servername: mail,
      lookup: (_host, _options, found) => found(null, [{ address, family: 4 }] as never, 4),
    },
    headers: { Authorization: `Basic ${Buffer.from(`bob@acme.test:${password}`).toString("base64")}` },
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const before = await shown();
  await vi.waitFor(
    async () => {
      const now = await shown();
      expect(now.filter((serial) => before.includes(serial))).toEqual([]);
    },
    { timeout: 600_000, interval: 2_000 },
  );
  expect(await say(imap, "b NOOP", /^b /m)).toContain("b OK");
  const answer = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
  socket.send(
    JSON.stringify({
      "@type": "Request",
      id: "1",
      using: ["urn:ietf:params:jmap:core"],
      methodCalls: [["Core/echo", { hello: "there" }, "c1"]],
    }),
  );
  expect(await answer).toContain('"hello":"there"');
  imap.destroy();
  socket.close();
  expect(project.containerIds()).toEqual(ids);
  await run("smoke");
});
