import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerEngine } from "../constructs/engine/docker/docker-engine";
import { App, TerraformStack, Testing } from "../constructs/terraform";
import { Image } from "../constructs/workload/image";
import { Secret } from "../constructs/workload/secret";

/** What a construct renders to: Terraform JSON, and the secret files beside it. */
export interface Template {
  /** The whole Terraform JSON, as text. */
  readonly text: string;
  /** The attributes of the only resource of a type whose name ends so, e.g. `("docker_container", "redis")`. */
  resource(type: string, name?: string): Record<string, never> & Record<string, unknown>;
  /** The names of the resources of a type. */
  names(type: string): string[];
}

export const image = Image.registry("example/image", { tag: "1.2.3" });

export function secret(value: string): Secret {
  return new Secret("test", value);
}

/** A stack with an environment of containers, to build constructs in. */
export function testStack(): { stack: TerraformStack; engine: DockerEngine; privateDirectory: string } {
  const privateDirectory = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "private");
  const stack = new TerraformStack(new App(), "test");
  const engine = new DockerEngine(stack, "docker", {
    name: "unit",
    privateDirectory,
    fingerprintKey: secret("fingerprint key of the tests"),
  });
  return { stack, engine, privateDirectory };
}

export function synth(stack: TerraformStack): Template {
  const text = Testing.synth(stack, true);
  const { resource } = JSON.parse(text) as { resource: Record<string, Record<string, { name: string }>> };
  const all = (type: string) => Object.values(resource[type] ?? {});
  return {
    text,
    names: (type) => all(type).map(({ name }) => name),
    resource(type, name = "") {
      const found = all(type).filter((candidate) => candidate.name.endsWith(name));
      if (found.length !== 1) throw new Error(`${found.length} resources ${type} end with "${name}"`);
      return found[0] as never;
    },
  };
}
