import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { loadEnvironment } from "../../config/environment";
import { configurationLabel } from "../../constructs/engine/labels";
import { App, Testing } from "../../constructs/terraform";
import { Secret } from "../../constructs/workload/secret";
import { packageRoot } from "../../kit/package-root";
import { composeProject } from "../../stacks/compose-project";
import { PlatformStack } from "../../stacks/platform-stack";

type Container = { readonly name: string; readonly labels: readonly { label: string; value: string }[] };
type Service = { readonly container_name: string; readonly labels: Readonly<Record<string, string>> };

// The hash is of image, files, command, environment, ports, volumes, health check, limits.
it.each(["reference", "local", "offline"])("gives the containers of %s what Terraform gives them", (name) => {
  const environment = loadEnvironment(name, { directory: join(packageRoot, "environments"), env: {} });
  const secrets = { get: (secret: string) => new Secret(secret, `the-secret-${secret}-of-32-or-more`) };
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const stack = new PlatformStack(new App({ outdir: join(directory, "out") }), "platform", {
    ...{ environment, secrets },
    privateDirectory: join(directory, "files"),
    stateFile: join(directory, "terraform.tfstate"),
  });
  const { resource } = JSON.parse(Testing.synth(stack)) as {
    resource: { docker_container: Record<string, Container> };
  };
  const byTerraform = Object.values(resource.docker_container).map(({ name, labels }) => [
    name,
    labels.find(({ label }) => label === configurationLabel)?.value,
  ]);
  const [file] = composeProject(environment, secrets);
  const { services } = parse(file?.content as string) as { services: Record<string, Service> };
  const byCompose = Object.values(services).map((one) => [
    one.container_name,
    one.labels[configurationLabel],
  ]);
  expect(byTerraform).toHaveLength(5);
  expect(new Map(byCompose as [string, string][])).toEqual(new Map(byTerraform as [string, string][]));
});
