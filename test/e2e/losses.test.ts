import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { docker, environmentPorts, freePorts } from "../engine";
import { KitProject, type KitRun } from "./support/kit";

const ports = environmentPorts();
const project = new KitProject("kit-e2e-loss", { images: "built", ports });
/** Another published port: James is given something else, and a new container. */
const { imap: changedImap } = freePorts("imap");
const changed = { KIT_PORTS_IMAP: String(changedImap) };
const user = "james-user@localhost";
let password = "";

beforeAll(() => project.cleanUp());
afterAll(() => project.remove());

function expectExit(run: KitRun, exitCode: number): void {
  expect(run.exitCode, run.output).toBe(exitCode);
}

const curl = (...args: string[]) =>
  execFileSync("curl", ["--silent", "--show-error", "--user", `${user}:${password}`, ...args], {
    encoding: "utf8",
  });

function sendMail(subject: string, to = user): void {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-mail-"));
  const file = join(folder, "mail.eml");
  writeFileSync(file, `From: ${user}\r\nTo: ${user}\r\nSubject: ${subject}\r\n\r\nText\r\n`);
  curl(
    "--url",
    `smtp://127.0.0.1:${ports.smtp}`,
    "--mail-from",
    user,
    "--mail-rcpt",
    to,
    "--upload-file",
    file,
  );
  rmSync(folder, { recursive: true });
}

/** How many mails IMAP finds, with a password that LDAP knows. */
function mailsFound(port = ports.imap): number {
  const found = curl("--url", `imap://127.0.0.1:${port}/INBOX`, "--request", "SEARCH ALL");
  return (found.match(/\d+/g) ?? []).length;
}

const patiently = { timeout: 120_000, interval: 500 };
const networksOf = (service: string) =>
  docker(
    "inspect",
    "--format",
    "{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}",
    container(service),
  );
const stateFile = () => join(project.kitDirectory, "terraform.tfstate");
const container = (service: string) => `${project.name}-${service}`;

describe.sequential("people's mail", () => {
  it("what starts too slowly is named, with the setting; up again takes up what has become healthy since", async () => {
    const slow = await project.run(["up"], { env: { KIT_START_TIMEOUT_SECONDS: "5" } });
    expectExit(slow, 4);
    expect(slow.output).toMatch(/service keycloak[^\n]*not healthy within 5 s, startTimeoutSeconds/);
    const { keycloak } = project.containerIds();
    expect(keycloak).toBeDefined();
    expectExit(await project.run(["up"]), 0);
    expect(project.containerIds().keycloak).toBe(keycloak);
    // What Terraform does after a start that it has seen.
    const limits = docker(
      "inspect",
      "--format",
      "{{.HostConfig.PidsLimit}}",
      ...Object.values(project.containerIds()),
    );
    expect(limits.map(Number).filter((limit) => limit > 0)).toHaveLength(5);
    const shown = await project.run(["secrets", "show", user]);
    password = (shown.result.secrets as Record<string, string>)[user] as string;
  });

  it("while the smoke test runs, no other command touches the environment", async () => {
    let refused: Promise<KitRun[]> | undefined;
    const smoke = project.run(["smoke"], {
      onOutput: (output, kit) => {
        if (refused || !/discovery document/.test(output)) return;
        kit.kill("SIGSTOP");
        refused = Promise.all(["down", "plan", "up"].map((command) => project.run([command])));
        refused.finally(() => kit.kill("SIGCONT"));
      },
    });
    expectExit(await smoke, 0);
    for (const run of (await refused) ?? []) expectExit(run, 6);
    expect(await refused).toHaveLength(3);
  });

  it("nobody is asked where there is none: what the smoke test sent is none", async () => {
    const { james } = project.containerIds();
    expectExit(await project.run(["up", "--no-smoke"], { env: changed }), 0);
    expect(project.containerIds().james).not.toBe(james);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
  });

  it("plan and up say what would be lost by a changed port, counted, and refuse; nothing is changed", async () => {
    sendMail("one");
    sendMail("two");
    await vi.waitFor(() => expect(mailsFound()).toBe(2), patiently);
    const before = project.containerIds();
    const runs = [
      await project.run(["plan"], { env: changed }),
      await project.run(["up"], { env: changed }),
      await project.run(["down", "--keep-data"]),
    ];
    for (const run of runs) {
      expectExit(run, 2);
      expect(run.output).toMatch(/2 mails of 1 person/);
      expect(run.output).toMatch(/--allow-loss mail/);
    }
    expect(runs[0]?.result).toMatchObject({
      changes: [
        {
          action: "replace",
          name: "james",
          reasons: [`ports.imap is ${changedImap} instead of ${ports.imap}`],
        },
      ],
    });
    const diff = await project.cdktf(["diff", "platform", "--skip-provider-lock"], changed);
    expect(diff.exitCode, diff.output).not.toBe(0);
    expect(diff.output).toMatch(/2 mails of 1 person/);
    expect(project.containerIds()).toEqual(before);
  });

  it("mail of people whom the directory has no longer is counted too, and what could not be delivered", async () => {
    const settings = { images: "built", ports, people: [{ mail: user }, { mail: "leaver@localhost" }] };
    project.configure(settings);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    sendMail("three", "leaver@localhost");
    // A group in a group and so on, too many: James gives up, keeps the mail and sends a bounce.
    const put = Array.from(
      { length: 12 },
      (_, n) =>
        `exec 3<>/dev/tcp/127.0.0.1/8000; printf 'PUT /address/groups/g${n}@localhost/g${n + 1}@localhost HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`,
    );
    execFileSync("docker", ["exec", container("james"), "bash", "-c", put.join("\n")]);
    sendMail("four", "g0@localhost");
    project.configure({ ...settings, people: [{ mail: user }] });
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    await vi.waitFor(async () => {
      const { output } = await project.run(["plan"], { env: changed });
      expect(output).toMatch(/4 mails of 2 people/);
      expect(output).toMatch(/1 mail that could not be delivered/);
    }, patiently);
  });

  it("a lost state is no leave to remove James", async () => {
    const before = project.containerIds();
    renameSync(stateFile(), `${stateFile()}.away`);
    const run = await project.run(["up", "--no-smoke"]);
    renameSync(`${stateFile()}.away`, stateFile());
    expectExit(run, 2);
    expect(run.output).toMatch(/the state does not know it[\s\S]*4 mails of 2 people/);
    expect(project.containerIds()).toEqual(before);
  });

  it("up goes on with what is paused, stopped, cut off, or was given up by an earlier run; mail is still there", async () => {
    const before = project.containerIds();
    docker("pause", container("james"));
    docker("stop", container("redis"));
    for (const network of networksOf("ldap")) docker("network", "disconnect", network, container("ldap"));
    const state = JSON.parse(readFileSync(stateFile(), "utf8"));
    for (const { type, instances } of state.resources) {
      if (type === "docker_container") instances[0].status = "tainted";
    }
    writeFileSync(stateFile(), JSON.stringify({ ...state, serial: state.serial + 1 }));
    const planned = await project.run(["plan"]);
    expect(planned.result).toMatchObject({ changes: [] });
    const repaired = (planned.result.repairs as { name: string }[]).map(({ name }) => name);
    expect([...new Set(repaired)].sort()).toEqual(["james", "ldap", "redis"]);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    expect(project.containerIds()).toEqual(before);
    expect(mailsFound()).toBe(3);
    expectExit(await project.run(["status"]), 0);
    expect((await project.run(["plan"])).result).toMatchObject({ changes: [], repairs: [] });
  });

  it("goes when that is allowed", async () => {
    expectExit(await project.run(["up", "--no-smoke", "--allow-loss", "mail"], { env: changed }), 0);
    expect(mailsFound(changedImap)).toBe(0);
    const needless = await project.run(["up", "--no-smoke", "--allow-loss", "mail"], { env: changed });
    expectExit(needless, 2);
    expect(needless.output).toMatch(/all mail stays/);
  });

  it("a service that ends over and over is not waited for; its last lines are told", async () => {
    const [image = ""] = docker("inspect", "--format", "{{.Config.Image}}", container("redis"));
    const volume = `${project.name}-redis-data:/data`;
    const spoil = "for file in /data/appendonlydir/*.manifest; do echo nonsense >$file; done";
    execFileSync("docker", [
      "run",
      "--rm",
      "--user",
      "0",
      "--volume",
      volume,
      "--entrypoint",
      "sh",
      image,
      "-c",
      spoil,
    ]);
    docker("restart", "--time", "0", container("redis"));
    const run = await project.run(["up", "--no-smoke"], { env: changed });
    expectExit(run, 4);
    expect(run.output).toMatch(/service redis[^\n]*ends whenever it is started/);
    const seconds = run.events.flatMap(({ seconds }) => (typeof seconds === "number" ? [seconds] : []));
    expect(Math.max(...seconds)).toBeLessThan(180);
  });

  it("down tells what went with James", async () => {
    sendMail("three");
    await vi.waitFor(() => expect(mailsFound(changedImap)).toBe(1), patiently);
    const run = await project.run(["down"]);
    expectExit(run, 0);
    expect(run.result).toMatchObject({ lost: ["1 mail of 1 person"] });
    expect(project.leftovers()).toEqual([]);
  });
});
