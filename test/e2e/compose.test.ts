import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFiles } from "../../cli/output/write-files";
import { ComposeEngine } from "../../constructs/engine/compose/compose-engine";
import { App, TerraformStack } from "../../constructs/terraform";
import { HealthCheck } from "../../constructs/workload/health-check";
import { Workload } from "../../constructs/workload/workload";
import { run } from "../../kit/run";
import { builtImages } from "../../platform/image-set";
import { silentProgress } from "../../setup/progress/progress";
import { type Compose, composeUp, ensureCompose } from "../compose";
import { docker, environmentPorts } from "../engine";
import { secret } from "../template";
import { imageSettings, KitProject, type KitRun } from "./support/kit";
import { itKeepsServicesApart } from "./support/services-apart";

const ports = environmentPorts();
const project = new KitProject("kit-compose", {
  ...imageSettings,
  directGrants: true,
  ports,
});
const folder = join(project.directory, "compose");
const file = join(folder, "compose.yaml");

let compose: Compose;
beforeAll(async () => {
  project.cleanUp();
  compose = await ensureCompose(silentProgress());
}, 600_000);
afterAll(() => project.remove());

const composed = (...args: string[]) => run(compose.command, [...compose.args, "--file", file, ...args]);

const inspected = (id: string) => JSON.parse(docker("inspect", id).join("\n"))[0];

const smokeSteps = ({ events }: KitRun) =>
  events.flatMap(({ smoke }) => (smoke ? [smoke as { id: string; ok: boolean }] : []));

describe.sequential("a platform by Docker Compose", () => {
  it("is written, comes up healthy, and every step of the smoke test succeeds", async () => {
    // Builds the images that the engine lacks.
    expect((await project.run(["plan"])).exitCode).toBe(0);
    const written = await project.run(["compose", "--out", folder]);
    expect(written.exitCode, written.output).toBe(0);
    await composeUp(compose, file);
    const status = await project.run(["status"]);
    expect(status.exitCode, status.output).toBe(0);
    const smoke = await project.run(["smoke"]);
    expect(smoke.exitCode, smoke.output).toBe(0);
    expect(smokeSteps(smoke).length).toBeGreaterThan(20);
    expect(smokeSteps(smoke).filter(({ ok }) => !ok)).toEqual([]);
  });

  it("keeps secrets out of the Compose file, and of what the engine tells of containers", () => {
    const secrets: string[] = Object.values(
      JSON.parse(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8")),
    );
    const ids = Object.values(project.containerIds());
    const shown = [readFileSync(file, "utf8"), ...ids.map((id) => JSON.stringify(inspected(id)))];
    expect(secrets.length).toBeGreaterThan(6);
    for (const text of shown) for (const value of secrets) expect(text).not.toContain(value);
  });

  it("runs containers as the kit does: without capabilities or a way to new ones, bounded, on the bind address", () => {
    for (const [service, id] of Object.entries(project.containerIds())) {
      const { HostConfig } = inspected(id);
      expect(HostConfig, service).toMatchObject({
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
        PidsLimit: expect.any(Number),
        RestartPolicy: { Name: "always" },
        LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      });
      expect(HostConfig.PidsLimit, service).toBeGreaterThan(0);
      const bindings = Object.values(HostConfig.PortBindings ?? {}).flat() as { HostIp: string }[];
      for (const { HostIp } of bindings) expect(HostIp, service).toBe("127.0.0.1");
      expect(docker("exec", id, "id", "-u"), service).not.toEqual(["0"]);
    }
  });

  itKeepsServicesApart(project.name, ports);

  it("makes nobody anew that has not changed, and of a changed secret those that are given it", async () => {
    const before = project.containerIds();
    await project.run(["compose", "--out", folder]);
    await composeUp(compose, file);
    expect(project.containerIds()).toEqual(before);
    expect((await project.run(["secrets", "rotate", "redis"])).exitCode).toBe(0);
    await project.run(["compose", "--out", folder]);
    await composeUp(compose, file);
    const { redis, ldap } = project.containerIds();
    expect(redis).not.toBe(before.redis);
    expect(ldap).toBe(before.ldap);
    expect((await project.run(["status"])).exitCode).toBe(0);
  });

  it("goes without a trace", async () => {
    await composed("down", "--volumes");
    expect(project.leftovers()).toEqual([]);
  });
});

describe.sequential("files of a Compose project", () => {
  // What Compose, its variables or its escapes could take for something else.
  const tricky = "a \"b\" 'c' \\n \\\\ \\$ $x ${y} $$ %{z} #d\r\n\ttab\n\n  end \\";

  it("arrive as they are, for every user of the container, and for nobody else on this machine", async () => {
    const stack = new TerraformStack(new App({ outdir: join(project.directory, "out") }), "test");
    const engine = new ComposeEngine(stack, "compose", { name: project.name, fingerprintKey: secret("key") });
    new Workload(stack, "thing", {
      ...{ engine, name: "thing", image: builtImages().redis },
      healthCheck: HealthCheck.script("true"),
      command: ["/bin/run", "$x"],
      env: { LITERAL: "${y} $$" },
      labels: { "test.label": "$z" },
      files: [
        { path: "/deep/in/plain", content: tricky },
        { path: "/deep/in/secret", content: tricky, secret: true },
        {
          path: "/bin/run",
          content: '#!/bin/bash\necho "$1 $LITERAL" >/tmp/said\nexec sleep 600\n',
          executable: true,
        },
      ],
    });
    const own = join(project.directory, "own");

    writeFiles(
      own,
      engine
        .projectFiles()
        .map(({ name, content, secret }) => ({ path: name, content, mode: secret ? 0o600 : 0o644 })),
      "test",
    );
    await composeUp(compose, join(own, "compose.yaml"));
    const { thing = "" } = project.containerIds();
    const cat = (path: string) => run("docker", ["exec", thing, "cat", path]).then(({ stdout }) => stdout);
    expect(await cat("/deep/in/plain")).toBe(tricky);
    expect(await cat("/deep/in/secret")).toBe(tricky);
    expect(await cat("/tmp/said")).toBe("$x ${y} $$\n");
    expect(
      docker("exec", thing, "stat", "-c", "%a %u", "/deep/in/secret", "/deep/in/plain", "/bin/run"),
    ).toEqual(["444 0", "444 0", "555 0"]);
    expect(inspected(thing).Config.Labels["test.label"]).toBe("$z");
  });
});
