import { describe, expect, it } from "vitest";
import { configurationLabel, environmentLabel } from "../../constructs/engine/labels";
import { HealthCheck } from "../../constructs/workload/health-check";
import { Image } from "../../constructs/workload/image";
import { Workload, type WorkloadProps } from "../../constructs/workload/workload";
import { image } from "../template";
import { engines, type Rendered, type TestEngine } from "./rendered";

const healthCheck = HealthCheck.script("true");

type Thing = Partial<WorkloadProps> & { readonly name: string };

/** Workloads by name; one waits for those before it that it names. */
function render(engine: TestEngine, things: readonly Thing[], options?: { bindAddress: string }): Rendered {
  return engine.render((stack, engine) => {
    for (const thing of things) new Workload(stack, thing.name, { engine, image, healthCheck, ...thing });
  }, options);
}

describe.each(engines)("what a workload says is what engine $name renders", (engine) => {
  const one = (props: Partial<WorkloadProps> = {}) => {
    const rendered = render(engine, [{ name: "thing", ...props }]);
    return {
      ...rendered,
      container: rendered.containers["unit-thing"] as NonNullable<Rendered["containers"][string]>,
    };
  };

  it("a workload that says nothing is safe: no capability, no way to new ones, bounded processes and logs, no port", () => {
    const { container, networks } = one();
    expect(container).toMatchObject({
      image: "example/image:1.2.3",
      restart: "always",
      securityOptions: ["no-new-privileges:true"],
      sysctls: {},
      capabilities: { drop: ["ALL"], add: [] },
      log: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
      memory: [undefined, undefined],
      maxProcesses: 1024,
      ports: [],
      volumes: {},
      waitsFor: [],
      files: {},
    });
    expect(container.labels[environmentLabel]).toBe("unit");
    expect(networks).toEqual({ "unit-thing.internal": { internal: true } });
  });

  it("a name that another workload has is refused: one of them would be lost, or the engine would refuse it half-way", () => {
    const twice = () =>
      engine.render((stack, runs) => {
        for (const id of ["one", "other"]) {
          new Workload(stack, id, { engine: runs, name: "thing", image, healthCheck });
        }
      });
    expect(twice).toThrow(/other: its engine has a workload of this name, test\/one\. Got "thing"/);
  });

  it("every prop", () => {
    const { container } = one({
      image: Image.registry("example/thing", { tag: "1", user: "nobody", start: "#!/bin/bash\n" }),
      hostname: "thing",
      command: ["run", "$HOME", "%{x}"],
      env: { MODE: "a=b", LITERAL: "${B} $$5" },
      ports: [{ internal: 80, external: 8080 }],
      volumes: [{ name: "thing-data", path: "/data" }],
      sysctls: { "net.ipv4.tcp_retries2": "7" },
      capabilities: ["CHOWN"],
      labels: { plain: "$1", late: () => "asked" },
      memoryMb: 64,
      cpus: 0.5,
      maxProcesses: 99,
    });
    expect(container).toMatchObject({
      image: "example/thing:1",
      user: "nobody",
      hostname: "thing",
      entrypoint: ["/usr/local/bin/kit-start"],
      command: ["run", "$HOME", "%{x}"],
      env: { MODE: "a=b", LITERAL: "${B} $$5" },
      ports: ["127.0.0.1:8080:80"],
      volumes: { "unit-thing-data": "/data" },
      sysctls: { "net.ipv4.tcp_retries2": "7" },
      capabilities: { drop: ["ALL"], add: ["CHOWN"] },
      labels: { plain: "$1", late: "asked" },
      memory: [64, 64],
      cpus: 0.5,
      maxProcesses: 99,
      files: { "/usr/local/bin/kit-start": { content: "#!/bin/bash\n", executable: true } },
    });
  });

  it("a volume of two workloads, and a port at an address of its own", () => {
    const { containers, visible } = render(engine, [
      { name: "writer", volumes: [{ name: "shared", path: "/made" }] },
      {
        name: "reader",
        volumes: [{ name: "shared", path: "/given", readOnly: true }],
        ports: [{ internal: 80, external: 8080, address: "127.0.0.9" }],
      },
    ]);
    expect(containers["unit-writer"]?.volumes).toEqual({ "unit-shared": "/made" });
    expect(containers["unit-reader"]?.volumes).toEqual({ "unit-shared": "/given:ro" });
    expect(containers["unit-reader"]?.ports).toEqual(["127.0.0.9:8080:80"]);
    const published = (bindAddress: string) =>
      engine.render(
        (stack, runner) =>
          new Workload(stack, "one", {
            ...{ engine: runner, name: "one", image, healthCheck: HealthCheck.tcp(80) },
            ports: [{ internal: 80, external: 8080, loopback: true }],
          }),
        { bindAddress },
      ).containers["unit-one"]?.ports;
    expect(published("0.0.0.0")).toEqual(["127.0.0.1:8080:80"]);
    expect(published("127.0.0.9")).toEqual(["127.0.0.9:8080:80"]);
    expect(visible.match(/"?name"?: "?unit-shared"?$/gm)).toHaveLength(1);
  });

  it("files as they are, secret ones where nobody sees them", () => {
    const tricky = "a \"b\" 'c' \\n \\\\ $x ${y} $$ %{z} #d\n\ttab\n\n  end";
    const { container, visible } = one({
      files: () => [
        { path: "/etc/plain", content: tricky },
        { path: "/etc/secret", content: `${tricky} hunter2`, secret: true },
        { path: "/bin/run", content: "#!/bin/sh\n", executable: true },
      ],
    });
    expect(container.files).toEqual({
      "/etc/plain": { content: tricky, executable: false },
      "/etc/secret": { content: `${tricky} hunter2`, executable: false },
      "/bin/run": { content: "#!/bin/sh\n", executable: true },
    });
    expect(visible).not.toContain("hunter2");
  });

  it("two files whose paths are alike", () => {
    const { container } = one({
      files: [
        { path: "/etc/a-b", content: "1", secret: true },
        { path: "/etc/a/b", content: "2", secret: true },
        { path: "/etc/A/b", content: "3", secret: true },
      ],
    });
    expect(Object.values(container.files).map(({ content }) => content)).toEqual(["1", "2", "3"]);
  });

  it("probes, asked every second and resting in between", () => {
    const script = (healthCheck: HealthCheck) => one({ healthCheck }).container.health.test.join(" ");
    expect(script(HealthCheck.script("grep $x"))).toContain("\ngrep $x\n");
    expect(script(HealthCheck.tcp(143))).toContain("/dev/tcp/127.0.0.1/143\n");
    const http = script(HealthCheck.http(80, "/up", { host: "a.example", status: 204 }));
    expect(http).toMatch(/GET \/up HTTP\/1\.1\\r\\nHost: a\.example\\r\\n.* 204 /);
    expect(one().container.health).toMatchObject({ interval: "1s", timeout: "30s" });
  });

  it("networks: one of its own, on it who names it; internal for who publishes nothing and needs nobody outside", () => {
    const { containers, networks } = render(engine, [
      {
        name: "web",
        aliases: ["web.test"],
        ports: [{ internal: 80, external: 80 }],
        connectsTo: ["Store.test"],
      },
      { name: "store", aliases: ["store.test"] },
      { name: "mailer", connectsTo: () => ["elsewhere.example"] },
    ]);
    expect(networks).toEqual({
      "unit-web": { internal: false },
      "unit-store.internal": { internal: true },
      "unit-mailer": { internal: false },
    });
    expect(
      Object.fromEntries(Object.entries(containers).map(([name, { networks }]) => [name, networks])),
    ).toEqual({
      "unit-web": { "unit-web": ["web.test"], "unit-store.internal": [] },
      "unit-store": { "unit-store.internal": ["store.test"] },
      "unit-mailer": { "unit-mailer": [] },
    });
  });

  it("published ports on the bind address only", () => {
    const ports = [{ internal: 25, external: 587 }];
    const bound = render(engine, [{ name: "thing", ports }], { bindAddress: "::1" });
    expect(bound.containers["unit-thing"]?.ports).toEqual(["::1:587:25"]);
  });

  it("what must be healthy first", () => {
    const { containers } = engine.render((stack, engine) => {
      const first = new Workload(stack, "first", { engine, name: "first", image, healthCheck });
      new Workload(stack, "then", { engine, name: "then", image, healthCheck, dependsOn: [first] });
    });
    expect(containers["unit-then"]?.waitsFor).toEqual(["unit-first"]);
  });

  it("one hash of all that a container is given, the same by every engine", () => {
    const hash = (on: TestEngine, content: string) =>
      render(on, [{ name: "thing", files: [{ path: "/a", content, secret: true }] }]).containers["unit-thing"]
        ?.labels[configurationLabel];
    expect(hash(engine, "a")).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(engines.map((one) => hash(one, "a"))).size).toBe(1);
    expect(hash(engine, "b")).not.toBe(hash(engine, "a"));
  });
});
