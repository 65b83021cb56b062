import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outputs } from "../../config/outputs";
import { DockerEngine } from "../../constructs/engine/docker/docker-engine";
import { removeRuns, runName } from "../engine";
import { KitProject, type KitRun } from "./support/kit";

const project = new KitProject("kit-e2e-copies", {
  ...{ images: "built", directGrants: true },
  ...{ people: { generate: 2 }, mailboxes: "../mail" },
});
/** With what only some programs leave as it is. */
const letter = Buffer.from(
  "Date: Mon, 4 Mar 2024 10:00:00 +0100\r\nSubject: a\r\n\r\n\xff \r\n.\r\nno end",
  "latin1",
);
mkdirSync(join(project.directory, "mail/everyone"), { recursive: true });
writeFileSync(join(project.directory, "mail/everyone/a.eml"), letter);
const purposes = ["kit-e2e-copy-a", "kit-e2e-copy-b"];
const [leased = "", other = ""] = purposes.map(runName);

const cleanUp = () => {
  for (const purpose of purposes) removeRuns(DockerEngine.label, purpose);
};
beforeAll(cleanUp);
afterAll(() => {
  cleanUp();
  project.remove();
});

// A command that finds a copy is told its name alone.
const kit = (name: string, ...args: string[]) =>
  project.run(["--name", name, ...args], { env: { KIT_ENV: "" } });
const expectExit = (run: KitRun, exitCode: number) => expect(run.exitCode, run.output).toBe(exitCode);
const outputsOf = async (name: string) => (await kit(name, "outputs")).result.outputs as Outputs;
/** The environments of this run, as `list` tells of them. */
const listed = async () => {
  const list = await kit(leased, "list");
  expectExit(list, 0);
  const environments = list.result.environments as { name: string }[];
  return environments.filter(({ name }) => name === leased || name === other);
};

describe.sequential("two environments from one file", () => {
  it("come up at once, each with ports and host names of its own, and the smoke test succeeds on both", async () => {
    const up = (name: string, ...more: string[]) =>
      project.run(["--name", name, "up", "--ports", "auto", "--label", `run=${leased}`, ...more]);
    const runs = await Promise.all([up(leased, "--ttl", "1h"), up(other)]);
    for (const run of runs) {
      expectExit(run, 0);
      expect(run.result).toMatchObject({ mails: 2 });
    }
    const both = await Promise.all([leased, other].map(outputsOf));
    const addresses = both.flatMap(({ keycloak, realms: [realm] }) => [
      ...[keycloak?.url, realm?.jmap.sessionUrl, realm?.imap.port, realm?.smtp.port, realm?.sieve?.port],
    ]);
    expect(new Set(addresses).size).toBe(10);
    for (const { realms } of both) {
      const { oidc } = realms[0] as Outputs["realms"][number];
      // As a program of a job finds it, with nothing in /etc/hosts.
      const answer = execFileSync("curl", ["--silent", "--fail", oidc.discoveryUrl], { encoding: "utf8" });
      expect(JSON.parse(answer).issuer).toBe(oidc.issuer);
    }
  });

  it("people who are made up find the mail of a folder, octet for octet; another up puts in no more", async () => {
    const { realms, secrets = {} } = (await kit(leased, "outputs", "--secrets")).result.outputs as Outputs;
    const { imap, people = [] } = realms[0] ?? {};
    const { mail = "", secret = "" } = people.at(-1) ?? {};
    const curl = (path: string, ...command: string[]) =>
      execFileSync("curl", [
        ...["--silent", "--fail", "--user", `${mail}:${secrets[secret]}`, ...command],
        `imap://${imap?.host}:${imap?.port}/${path}`,
      ]);
    expect(curl("INBOX;UID=1")).toEqual(letter);
    const again = await kit(leased, "up", "--no-smoke");
    expectExit(again, 0);
    expect(again.result).not.toHaveProperty("mails");
    const fetched = curl("INBOX", "--request", "FETCH 1:* INTERNALDATE").toString("latin1");
    expect(fetched.match(/INTERNALDATE "[^"]*"/g)).toEqual(['INTERNALDATE "04-Mar-2024 09:00:00 +0000"']);
  });

  it("are both on the list", async () => {
    expect(await listed()).toEqual(
      [leased, other].map((name) =>
        expect.objectContaining({ name, state: "healthy", durable: false, labels: { run: leased } }),
      ),
    );
  });

  it("logs and the archive of a diagnosis have none of its secrets, not even one that a service was made to log", async () => {
    const { secretsFile, realms } = await outputsOf(leased);
    const stored: Record<string, unknown> = JSON.parse(readFileSync(secretsFile, "utf8"));
    const secrets = Object.values(stored).filter((value) => typeof value === "string");
    const { origin } = new URL(realms[0]?.jmap.sessionUrl as string);
    execFileSync("curl", ["--silent", "--output", "/dev/null", `${origin}/oidc/jmap/${stored.redis}`]);
    const logs = await kit(leased, "logs", "--since", "10m");
    expectExit(logs, 0);
    const lines = logs.events.filter(({ event }) => event === "log");
    expect(lines).toContainEqual(
      expect.objectContaining({ service: "gateway", text: expect.stringContaining("/oidc/jmap/***") }),
    );
    const times = lines.map(({ time }) => time as string);
    expect(times).toEqual(times.toSorted());
    const folder = join(project.directory, "archives");
    const { exitCode, output, result } = await kit(leased, "diagnose", "--out", folder);
    expect(exitCode, output).toBe(0);
    expect(result.missing).toEqual([]);
    expect(result.replaced).toContainEqual({
      file: "logs/gateway.log",
      secrets: expect.arrayContaining(["redis"]),
    });
    execFileSync("tar", ["xzf", result.archive as string], { cwd: folder });
    const unpacked = join(folder, `diagnosis-${leased}`);
    expect(readFileSync(join(unpacked, "logs/gateway.log"), "utf8")).toContain("/oidc/jmap/***");
    for (const secret of secrets) {
      expect(logs.output).not.toContain(secret);
      const base64 = Buffer.from(secret).toString("base64").replace(/=+$/, "");
      const grep = spawnSync("grep", ["-rF", "-e", secret, "-e", base64, unpacked], { encoding: "utf8" });
      expect([grep.status, grep.stdout]).toEqual([1, ""]);
    }
  });

  it("prune removes what is old, keeps what is wanted, and leaves nothing of the one and all of the other", async () => {
    const prune = await kit(leased, "prune", "--older-than", "0h", "--label", `run=${leased}`);
    expectExit(prune, 0);
    const { result } = prune;
    expect(result.removed).toEqual([expect.objectContaining({ name: other })]);
    expect(result.kept).toEqual([expect.objectContaining({ name: leased })]);
    expect(await listed()).toEqual([expect.objectContaining({ name: leased, state: "healthy" })]);
    expectExit(await kit(leased, "status"), 0);
    expectExit(await kit(leased, "down"), 0);
    expect(await listed()).toEqual([]);
  });
});
