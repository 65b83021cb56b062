import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DockerEngine } from "../../constructs/engine/docker/docker-engine";
import { Lazy, TerraformVariable } from "../../constructs/terraform";
import { Token } from "../../constructs/terraform/cdk";
import { HealthCheck } from "../../constructs/workload/health-check";
import { Image } from "../../constructs/workload/image";
import { Workload, type WorkloadProps } from "../../constructs/workload/workload";
import type { KitError } from "../../kit/errors";
import { image, synth, testStack } from "../template";

const healthCheck = HealthCheck.script("true");

function render(props: Partial<WorkloadProps> = {}) {
  const { stack, engine, privateDirectory } = testStack();
  new Workload(stack, "service", { engine, name: "thing", image, healthCheck, ...props });
  const template = synth(stack);
  const container = template.resource("docker_container");
  const labels = Object.fromEntries(
    (container.labels as unknown as { label: string; value: string }[]).map(({ label, value }) => [
      label,
      value,
    ]),
  );
  return { template, container, hash: labels[DockerEngine.configurationLabel], labels, privateDirectory };
}

describe("Workload", () => {
  it("needs only a name, an image and a health check, and is safe by default", () => {
    const { container, labels } = render();
    expect(container).toMatchObject({
      name: "unit-thing",
      restart: "always",
      wait: true,
      ports: [],
      security_opts: ["no-new-privileges:true"],
      capabilities: { drop: ["ALL"], add: [] },
    });
    expect(labels["james-oidc-kit.environment"]).toBe("unit");
  });

  it("renders every prop", () => {
    const { stack, engine } = testStack();
    const other = new Workload(stack, "other", { engine, name: "other", image, healthCheck });
    new Workload(stack, "service", {
      engine,
      name: "thing",
      image: Image.registry("example/thing", {
        tag: "1",
        digest: "sha256:abc",
        user: "nobody",
        start: "#!/bin/bash\n",
      }),
      healthCheck: HealthCheck.http(8080, "/health", { host: "thing.example.com", status: 204 }),
      aliases: ["thing.example.com"],
      files: [{ path: "/etc/thing.conf", content: "a=b\n" }],
      ports: [{ internal: 80, external: 8080 }],
      volumes: [{ name: "thing-data", path: "/data" }],
      env: { MODE: "fast" },
      command: ["run"],
      hostname: "thing",
      memoryMb: 64,
      cpus: 0.5,
      maxProcesses: 99,
      capabilities: ["CHOWN"],
      dependsOn: [other],
    });
    const template = synth(stack);
    expect(template.names("docker_volume")).toEqual(["unit-thing-data"]);
    expect(template.names("docker_image")).toContain("example/thing:1@sha256:abc");
    expect(template.resource("docker_container", "unit-thing")).toMatchObject({
      networks_advanced: [{ aliases: ["thing.example.com"] }],
      upload: [
        { file: "/etc/thing.conf", content: "a=b\n", permissions: "0444" },
        { file: "/usr/local/bin/kit-start", permissions: "0555" },
      ],
      entrypoint: ["/usr/local/bin/kit-start"],
      user: "nobody",
      ports: [{ internal: 80, external: 8080, ip: "127.0.0.1" }],
      volumes: [{ container_path: "/data" }],
      env: ["MODE=fast"],
      command: ["run"],
      hostname: "thing",
      memory: 64,
      cpus: "0.5",
      provisioner: [
        {
          "local-exec": {
            command: expect.stringMatching(/^docker update --pids-limit/),
            environment: { KIT_MAX_PROCESSES: "99", KIT_CONTAINER: "unit-thing" },
          },
        },
      ],
      capabilities: { drop: ["ALL"], add: ["CHOWN"] },
      wait_timeout: 180,
      depends_on: [
        expect.stringMatching(/^terraform_data\.docker_network/),
        expect.stringMatching(/^docker_container\./),
      ],
    });
  });

  it("keeps a secret file out of the Terraform JSON: it is private, and known by path and keyed hash", () => {
    const { template, container, privateDirectory } = render({
      files: [{ path: "/etc/thing.conf", content: "password=hunter2", secret: true }],
    });
    const file = join(privateDirectory, "thing/etc/thing.conf");
    expect(readFileSync(file, "utf8")).toBe("password=hunter2");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(privateDirectory).mode & 0o777).toBe(0o700);
    expect(container.upload).toEqual([
      {
        file: "/etc/thing.conf",
        permissions: "0444",
        source: file,
        source_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(template.text).not.toContain("hunter2");
    // sha256 of the content alone could be guessed for a weak password.
    expect(template.text).not.toContain("f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7");
  });

  it("keeps Terraform from reading configuration as templates", () => {
    const { container } = render({
      files: [{ path: "/a", content: "%{THE_REQUEST}e $${x} $5 100%" }],
      env: { A: "${B}" },
      command: ["echo", "%{x}"],
      healthCheck: HealthCheck.script("echo ${PATH}"),
    });
    expect(container).toMatchObject({
      upload: [{ content: "%%{THE_REQUEST}e $$${x} $5 100%" }],
      env: ["A=$${B}"],
      command: ["echo", "%%{x}"],
      healthcheck: { test: ["CMD", "bash", "-c", expect.stringContaining("\necho $${PATH}\n")] },
    });
  });

  it("writes no file when nothing is secret", () => {
    const { privateDirectory } = render({ files: [{ path: "/etc/thing.conf", content: "x" }] });
    expect(existsSync(privateDirectory)).toBe(false);
  });

  it("asks for files at synthesis, after later calls have added some", () => {
    const { stack, engine } = testStack();
    const files: { path: string; content: string }[] = [];
    new Workload(stack, "service", { engine, name: "thing", image, healthCheck, files: () => files });
    files.push({ path: "/late", content: "x" });
    expect(synth(stack).resource("docker_container").upload).toMatchObject([{ file: "/late" }]);
  });

  it.each<[keyof WorkloadProps, Partial<WorkloadProps>]>([
    ["name", { name: "No name" }],
    ["memoryMb", { memoryMb: 1.5 }],
    ["cpus", { cpus: 0 }],
    ["maxProcesses", { maxProcesses: 2 }],
  ])("refuses a wrong %s", (prop, wrong) => {
    expect(() => render(wrong)).toThrow(`service.${prop}`);
  });

  describe("configuration hash", () => {
    const file = { path: "/etc/thing.conf", content: "a", secret: true };
    const { hash } = render({ files: [file] });

    // Another one replaces every container of a deployment: they, and the mail in them, are made anew by an upgrade of the kit.
    it("and names in Terraform's state are those of the first release", () => {
      const { template, hash } = render({
        aliases: ["thing.example.com"],
        command: ["run"],
        files: () => [file, { path: "/bin/thing", content: "#!/bin/sh\n", executable: true }],
        env: { MODE: "fast" },
        ports: [{ internal: 80, external: 8080 }],
        volumes: [{ name: "thing-data", path: "/data" }],
        healthCheck: HealthCheck.http(80, "/health"),
        memoryMb: 64,
      });
      expect(hash).toBe("f87c18ad9694005b");
      const { resource } = JSON.parse(template.text) as { resource: Record<string, object> };
      expect(Object.values(resource).flatMap(Object.keys)).toEqual([
        "service_container_76584B5C",
        "service_image_801C4AD7",
        "service_thing-data_8E68AA17",
        "docker_network_B2A94FAC",
      ]);
    });

    it("is the same for the same configuration", () => {
      expect(render({ files: [{ ...file }] }).hash).toBe(hash);
    });

    it.each<[string, Partial<WorkloadProps>]>([
      ["a file", { files: [{ ...file, content: "b" }] }],
      ["the image", { files: [file], image: Image.registry("example/image", { tag: "1.2.4" }) }],
      ["the health check", { files: [file], healthCheck: HealthCheck.script("false") }],
      ["a limit", { files: [file], memoryMb: 100 }],
    ])("changes with %s", (_, props) => {
      expect(render(props).hash).not.toBe(hash);
    });
  });
});

describe("Image", () => {
  it("says so when the folder to build from has no Dockerfile", () => {
    expect(() => Image.built("/nowhere/redis")).toThrow(
      /redis cannot be built.*\/nowhere\/redis.*Dockerfile/s,
    );
  });

  it("refuses the tag latest, which names another image tomorrow", () => {
    expect(() => Image.registry("redis", { tag: "latest" })).toThrow(/redis.*not pinned/);
  });
});

describe("what only Terraform will know", () => {
  const withVariable = (props: (token: string) => Partial<WorkloadProps>) => {
    const { stack, engine } = testStack();
    const { stringValue: token } = new TerraformVariable(stack, "ldap_host", { type: "string" });
    new Workload(stack, "service", { engine, name: "thing", image, healthCheck, ...props(token) });
    return synth(stack).resource("docker_container");
  };

  it("reaches Terraform in variables, labels and the command; a template that was written down does not", () => {
    const container = withVariable((token) => ({
      env: { HOST: `ldap://${token}/\${var.other}` },
      labels: { "example.host": token },
      command: ["run", token],
    }));
    expect(container.env).toEqual(["HOST=ldap://${var.ldap_host}/$${var.other}"]);
    expect(container.labels).toContainEqual({ label: "example.host", value: "${var.ldap_host}" });
    expect(container.command).toEqual(["run", "${var.ldap_host}"]);
  });

  it("gives the same hash however many tokens were made before", () => {
    const hash = (before: number) => {
      for (let n = 0; n < before; n++) Lazy.stringValue({ produce: () => "x" });
      const { labels } = withVariable((token) => ({ env: { HOST: token } })) as never;
      return (labels as { label: string; value: string }[]).find(
        ({ label }) => label === DockerEngine.configurationLabel,
      );
    };
    expect(hash(0)).toEqual(hash(3));
  });

  it("is refused by its name where a file is made of it, or the kit decides by it", () => {
    const problem = (props: (token: string) => Partial<WorkloadProps>) => {
      try {
        withVariable(props);
      } catch (error) {
        return (error as KitError).problems;
      }
      return [];
    };
    const files = (token: string) => ({ files: () => [{ path: "/etc/a.conf", content: `host ${token}` }] });
    expect(problem(files)).toMatchObject([{ where: "/etc/a.conf", got: "host ${var.ldap_host}" }]);
    expect(problem((token) => ({ aliases: ["a", token] }))).toMatchObject([
      { where: "test/service.aliases[1]", got: "${var.ldap_host}" },
    ]);
    expect(problem((token) => ({ memoryMb: Token.asNumber(token) }))).toMatchObject([
      { where: "test/service.memoryMb" },
    ]);
  });
});
