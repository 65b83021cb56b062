import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { SecretStore } from "../../config/secrets";
import { App } from "../../constructs/terraform";
import { packageRoot } from "../../kit/package-root";
import { PlatformStack } from "../../stacks/platform-stack";

it.each(["local", "offline", "reference"])(
  "environment %s becomes a stack without a secret in it",
  (name) => {
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    const environment = loadEnvironment(name, { directory: join(packageRoot, "environments"), env: {} });
    const secrets = new SecretStore(join(directory, "secrets.json"), { fixed: environment.secrets, env: {} });
    const app = new App({ outdir: join(directory, "out") });
    const stateFile = join(directory, "terraform.tfstate");
    new PlatformStack(app, "platform", {
      environment,
      secrets,
      privateDirectory: join(directory, "files"),
      stateFile,
    });
    app.synth();
    const text = readFileSync(join(directory, "out/stacks/platform/cdk.tf.json"), "utf8");
    const json = JSON.parse(text);
    expect(json.terraform.backend.local.path).toBe(stateFile);
    expect(json.terraform.required_providers.docker.version).toBe(">= 3.6.2, < 5.0.0");
    for (const secret of secrets.names()) {
      const value = secrets.get(secret).reveal();
      // The reference example's passwords are words that stand in other places too.
      const needle = value.length > 12 ? value : `"${value}"`;
      expect(text, secret).not.toContain(needle);
    }
  },
);

describe("a volume that no service has any more", () => {
  /** What the stack of an environment without TLS tells Terraform to forget, of a state with these volumes. */
  function forgotten(storage: string | object, volumes: Record<string, string | undefined>): unknown {
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    writeFileSync(join(directory, "unit.yaml"), JSON.stringify({ images: "built", storage }));
    const stateFile = join(directory, "terraform.tfstate");
    const app = new App({ outdir: join(directory, "out") });
    const make = () =>
      new PlatformStack(app, "platform", {
        environment: loadEnvironment("unit", { directory, env: {} }),
        secrets: new SecretStore(join(directory, "secrets.json"), { env: {} }),
        privateDirectory: join(directory, "files"),
        stateFile,
      });
    const resources = Object.entries(volumes).map(([name, holds]) => ({
      ...{ mode: "managed", type: "docker_volume", name, provider: "docker" },
      instances: [
        {
          attributes: {
            labels: holds === undefined ? [] : [{ label: "james-oidc-kit.holds", value: holds }],
          },
        },
      ],
    }));
    writeFileSync(stateFile, JSON.stringify({ resources }));
    make();
    app.synth();
    return JSON.parse(readFileSync(join(directory, "out/stacks/platform/cdk.tf.json"), "utf8")).removed;
  }

  const wanted = "mail_redis_service_redis-data_A6480E8C";
  const durable = { identity: "durable", mail: "memory" };

  it("stays where the environment is durable, unless its content can be made again", () => {
    const volumes = {
      [wanted]: "ended sessions",
      old_mail: "mail",
      older: undefined,
      certificates: "derived",
    };
    expect(forgotten(durable, volumes)).toEqual(
      ["old_mail", "older"].map((name) => ({
        from: `docker_volume.${name}`,
        lifecycle: { destroy: false },
      })),
    );
  });

  it("goes where it is not, and nothing is said where there is none", () => {
    expect(forgotten("memory", { old_mail: "mail" })).toBeUndefined();
    expect(forgotten(durable, { certificates: "derived" })).toBeUndefined();
  });
});
