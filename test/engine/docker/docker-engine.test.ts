import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configurationHash } from "../../../constructs/engine/configuration-hash";
import { DockerEngine, type DockerEngineProps } from "../../../constructs/engine/docker/docker-engine";
import { App, TerraformStack } from "../../../constructs/terraform";
import { HealthCheck } from "../../../constructs/workload/health-check";
import { Workload, type WorkloadProps } from "../../../constructs/workload/workload";
import { image, secret, synth, testStack } from "../../template";

interface Networks {
  readonly triggers_replace: string;
  readonly provisioner: { "local-exec": { command: string; environment: Record<string, string> } }[];
}

function build(services: Record<string, Partial<WorkloadProps>>) {
  const { stack, engine, privateDirectory } = testStack();
  const containers = Object.entries(services).map(([name, props]) => {
    const healthCheck = HealthCheck.script("true");
    return new Workload(stack, name, { engine, name, image, healthCheck, ...props });
  });
  const render = () => {
    const template = synth(stack);
    return {
      networks: Object.values(JSON.parse(template.text).resource.terraform_data)[0] as Networks,
      of: (name: string) => template.resource("docker_container", `unit-${name}`).networks_advanced,
    };
  };
  return { containers, privateDirectory, render };
}

describe("the networks of a DockerEngine", () => {
  it("are one for each container, with those that connect to it, and nobody else", () => {
    const { containers, render } = build({
      store: { aliases: ["store.test"] },
      web: { aliases: ["web.test"], ports: [{ internal: 80, external: 80 }], connectsTo: ["STORE.test"] },
      // It asks to leave the engine.
      worker: { connectsTo: () => ["web.test", "elsewhere.example"] },
      late: {},
    });
    containers[3]?.connectTo("store.test");
    const { networks, of } = render();
    expect(networks.triggers_replace.split(" ")).toEqual([
      "james-oidc-kit.environment=unit",
      ...["unit-late.internal", "unit-store.internal", "unit-web", "unit-worker"],
    ]);
    expect(of("store")).toEqual([{ name: "unit-store.internal", aliases: ["store.test"] }]);
    expect(of("web")).toEqual([
      { name: "unit-web", aliases: ["web.test"] },
      { name: "unit-store.internal", aliases: [] },
    ]);
    expect(of("worker")).toEqual([
      { name: "unit-worker", aliases: [] },
      { name: "unit-web", aliases: [] },
    ]);
    expect(of("late")).toEqual([
      { name: "unit-late.internal", aliases: [] },
      { name: "unit-store.internal", aliases: [] },
    ]);
  });

  it("are known by the environment's label; no shell reads a name as a program", () => {
    const { render, privateDirectory } = build({ store: {} });
    const [create, destroy] = render().networks.provisioner.map((one) => one["local-exec"]);
    const DOCKER_CONTEXT = "default";
    expect(create?.environment).toEqual({
      KIT_NETWORKS: "james-oidc-kit.environment=unit unit-store.internal",
      KIT_ORIGIN: `james-oidc-kit.private-directory=${privateDirectory}`,
      DOCKER_CONTEXT,
    });
    expect(destroy).toMatchObject({
      when: "destroy",
      environment: { KIT_NETWORKS: "${self.triggers_replace}", DOCKER_CONTEXT },
    });
    // Nor does Terraform read a template in them.
    expect(`${create?.command}${destroy?.command}`).not.toMatch(/unit|[$%]\{/);
  });

  describe("made and removed by the docker command", () => {
    /** Runs a program with a `docker` that answers so, and gives what it was called with. */
    function run(which: 0 | 1, docker: string): { status: number; calls: string[] } {
      const { render } = build({ store: {}, web: { ports: [{ internal: 80, external: 80 }] } });
      const { networks } = render();
      const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
      const log = join(folder, "log");
      writeFileSync(join(folder, "docker"), `#!/bin/sh\nprintf '%s\\n' "$*" >>${log}\n${docker}\n`);
      chmodSync(join(folder, "docker"), 0o755);
      const { command, environment } = networks.provisioner[which]?.["local-exec"] ?? { command: "false" };
      const env = {
        ...environment,
        KIT_NETWORKS: networks.triggers_replace,
        PATH: `${folder}:${process.env.PATH}`,
      };
      try {
        execFileSync("/bin/sh", ["-c", command], { env, stdio: "pipe" });
        return { status: 0, calls: readFileSync(log, "utf8").trim().split("\n").sort() };
      } catch (error) {
        return { status: (error as { status: number }).status, calls: [] };
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
    const label = "james-oidc-kit.environment=unit";
    const creations = (calls: string[]) => calls.filter((call) => call.startsWith("network create"));

    it("those that are missing, the ones that lead nowhere as internal", () => {
      const { calls } = run(0, "");
      expect(creations(calls)).toEqual([
        expect.stringMatching(
          new RegExp(`^network create --internal --label ${label} .* unit-store.internal$`),
        ),
        expect.stringMatching(new RegExp(`^network create --label ${label} .* unit-web$`)),
      ]);
      const present = run(0, '[ "$2" != ls ] || echo unit-web');
      expect(creations(present.calls)).toEqual([expect.stringContaining("unit-store.internal")]);
    });

    it("and one that cannot be made is an error", () => {
      expect(run(0, 'case "$*" in *create*web) exit 1 ;; esac').status).toBe(1);
    });

    it("those that no container is on; what else goes wrong is an error", () => {
      const two = '[ "$2" != ls ] || printf "a\nb\n"';
      const busy = 'case "$*" in *"rm a") echo "network a has active endpoints"; exit 1 ;; esac';
      const { status, calls } = run(1, `${two}\n${busy}`);
      expect({ status, calls }).toEqual({
        status: 0,
        calls: [`network ls --quiet --filter label=${label}`, "network rm a", "network rm b"],
      });
      expect(run(1, `${two}\ncase "$*" in *"rm a") echo "no engine"; exit 1 ;; esac`).status).toBe(1);
    });
  });
});

describe("DockerEngine", () => {
  it.each<[string, Partial<DockerEngineProps>]>([
    ["name", { name: "X y" }],
    ["bindAddress", { bindAddress: "localhost" }],
    ["startTimeoutSeconds", { startTimeoutSeconds: 0 }],
  ])("refuses a wrong %s", (prop, wrong) => {
    const stack = new TerraformStack(new App(), "test");
    const props = { name: "unit", privateDirectory: "x", fingerprintKey: secret("k"), ...wrong };
    expect(() => new DockerEngine(stack, "docker", props)).toThrow(`docker.${prop}`);
  });
});

describe("a volume of a DockerEngine", () => {
  const volumes = (props: Pick<DockerEngineProps, "keepsData"> = {}) => {
    const stack = new TerraformStack(new App(), "test");
    const engine = new DockerEngine(stack, "docker", {
      ...{ name: "unit", fingerprintKey: secret("fingerprint key of the tests"), ...props },
      privateDirectory: mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")),
    });
    const healthCheck = HealthCheck.script("true");
    const data = { name: "data", path: "/data", holds: "mail" };
    const cache = { name: "cache", path: "/cache" };
    new Workload(stack, "store", { engine, name: "store", image, healthCheck, volumes: [data, cache] });
    const template = synth(stack);
    return (name: string) => template.resource("docker_volume", `unit-${name}`);
  };
  const labelsOf = (volume: Record<string, unknown>) =>
    Object.fromEntries(
      (volume.labels as { label: string; value: string }[]).map(({ label, value }) => [label, value]),
    );

  it("says what people have in it, and where the secrets are that go with it", () => {
    const of = volumes();
    expect(labelsOf(of("data"))).toMatchObject({
      "james-oidc-kit.environment": "unit",
      "james-oidc-kit.holds": "mail",
      "james-oidc-kit.private-directory": expect.stringMatching(/^\//),
    });
    expect(labelsOf(of("cache"))).toEqual({
      "james-oidc-kit.environment": "unit",
      "james-oidc-kit.holds": "derived",
    });
  });

  it("is never made anew for its labels, which the engine cannot change", () => {
    expect(volumes()("data").lifecycle).toEqual({ ignore_changes: ["labels"] });
  });

  it("with data of people is not Terraform's to remove where the environment keeps data; another one is", () => {
    const of = volumes({ keepsData: true });
    expect(of("data").lifecycle).toEqual({ ignore_changes: ["labels"], prevent_destroy: true });
    expect(of("cache").lifecycle).toEqual({ ignore_changes: ["labels"] });
  });
});

it("what a volume holds changes no hash: an upgrade of the kit replaces nobody", () => {
  const hash = (holds?: string) => {
    const { stack, engine } = testStack();
    const healthCheck = HealthCheck.script("true");
    const volumes = [{ name: "data", path: "/data", ...(holds !== undefined && { holds }) }];
    return configurationHash(
      new Workload(stack, "store", { engine, name: "store", image, healthCheck, volumes }),
      secret("fingerprint"),
    );
  };
  expect(hash("mail")).toBe(hash());
});
