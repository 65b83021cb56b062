import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
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
