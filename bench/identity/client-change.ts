import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { run } from "../../kit/run";
import { prepareTerraform } from "../../setup/machine";
import type { Progress } from "../../setup/progress/progress";
import { KeycloakProviderUnavailable } from "../../setup/terraform/keycloak-provider";
import { KitProject, killDescendants } from "../../test/e2e/support/kit";
import { docker, environmentPorts } from "../../test/engine";
import { succeeded } from "../up/succeeded";

/** Names and ports of its own, as those of `up`. */
const PURPOSE = "kit-bench";
const SETTINGS = {
  images: "built",
  identity: "provider",
  ports: environmentPorts(),
};

/** Seconds that each run took. */
export interface ChangeSamples {
  /** `up --no-smoke` with one redirect URI of one client changed. */
  readonly kit: number[];
  /** `terraform apply` of the platform, with nothing to change. */
  readonly terraformPlatform: number[];
  /** `terraform apply` of the realm, with another redirect URI changed. */
  readonly terraformIdentity: number[];
  /** `drift` with nothing to find. */
  readonly drift: number[];
  /** Containers, each the same as before and not restarted. */
  readonly containers: number;
}

/** Undefined where Keycloak's provider cannot be had: `why` says it. */
export type ClientChange = ChangeSamples | { readonly leftOut: string };

/**
 * How long a change to one client takes through Keycloak's Terraform provider.
 *
 * @throws Error when it changes more than that client, or a container is touched
 */
export async function measureClientChange(progress: Progress, runs: number): Promise<ClientChange> {
  try {
    await prepareTerraform(progress, { keycloakProvider: true });
  } catch (error) {
    if (error instanceof KeycloakProviderUnavailable) return { leftOut: error.message };
    throw error;
  }
  const project = new KitProject(PURPOSE, SETTINGS);
  const leave = () => {
    killDescendants(process.pid);
    project.remove();
  };
  process.on("exit", leave);
  project.cleanUp();
  const samples = await measureIn(project, progress, runs);
  process.off("exit", leave);
  project.remove();
  return samples;
}

async function measureIn(project: KitProject, progress: Progress, runs: number): Promise<ChangeSamples> {
  const kit = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    succeeded(await project.run(args, { env }), args).result;
  const stack = (name: string) => join(project.kitDirectory, "cdktf.out/stacks", name);
  const timed = async (into: number[], title: string, work: () => Promise<void>) => {
    const started = performance.now();
    await progress.step(title, work);
    into.push((performance.now() - started) / 1000);
  };
  await progress.step("bring an environment up", () => kit(["up", "--no-smoke"]));
  const { variables } = (await kit(["env"])) as { variables: Record<string, string> };
  const terraform = async (name: string, outcome: string) => {
    const { stdout } = await run(
      variables.TERRAFORM_BINARY_NAME ?? "terraform",
      ["apply", "-auto-approve", "-input=false", "-no-color"],
      { cwd: stack(name), env: variables },
    );
    if (!stdout.includes(outcome)) throw new Error(stdout);
  };
  const before = containerStarts(project);
  const samples: Omit<ChangeSamples, "containers"> = {
    kit: [],
    terraformPlatform: [],
    terraformIdentity: [],
    drift: [],
  };
  for (let round = 1; round <= runs; round++) {
    const of = `(round ${round} of ${runs})`;
    const uri = `http://localhost:3000/by-kit-${round}`;
    const env = { KIT_CLIENTS_OIDC_REDIRECT_URIS: `[${uri}]` };
    await timed(samples.kit, `kit: up, one redirect URI changed ${of}`, async () => {
      const { changed } = await kit(["up", "--no-smoke"], env);
      if (changed !== 1) throw new Error(`a change to one client changed ${changed} resources`);
    });
    await timed(samples.drift, `kit: drift ${of}`, async () => void (await kit(["drift"], env)));
    await timed(samples.terraformPlatform, `terraform apply, platform, nothing to change ${of}`, () =>
      terraform("platform", "0 added, 0 changed, 0 destroyed"),
    );
    const file = join(stack("identity"), "cdk.tf.json");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replaceAll(uri, `http://localhost:3000/by-terraform-${round}`),
    );
    await timed(samples.terraformIdentity, `terraform apply, realm, one redirect URI changed ${of}`, () =>
      terraform("identity", "0 added, 1 changed, 0 destroyed"),
    );
  }
  const after = containerStarts(project);
  if (!isDeepStrictEqual(before, after)) throw new Error("a change to one client touched containers");
  return { ...samples, containers: after.length };
}

/** Each container with when it started. */
function containerStarts(project: KitProject): string[] {
  const ids = Object.values(project.containerIds());
  return docker("inspect", "--format", "{{.Name}} {{.Id}} {{.State.StartedAt}}", ...ids).sort();
}
