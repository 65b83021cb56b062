import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerEngine } from "../constructs/engine/docker/docker-engine";
import { App, TerraformStack, Testing } from "../constructs/terraform";
import { Secret } from "../constructs/workload/secret";

/** What a stack renders to. */
export interface Template {
  /** The whole Terraform JSON, as text. */
  readonly text: string;
  /**
   * The attributes of the only resource of a type whose name ends so, e.g. `("docker_container", "redis")`.
   *
   * @param name of the resource, or how it ends; @default any
   * @throws Error when there is none, or more than one
   */
  resource(type: string, name?: string): Record<string, never> & Record<string, unknown>;
  /** The names of the resources of a type: what they call themselves, else what Terraform calls them. */
  names(type: string): string[];
}

/** A stack with an engine, to build constructs in. */
export interface TestStack {
  readonly stack: TerraformStack;
  readonly engine: DockerEngine;
  /** Holds the files that containers are given, once the stack is synthesized, e.g. `redis/etc/redis/kit.conf`. */
  readonly privateDirectory: string;
}

/** A secret with a known value. */
export function secret(value: string): Secret {
  return new Secret("test", value);
}

/** A stack to build constructs in; its files are in a new temporary folder, which nobody deletes. */
export function testStack(): TestStack {
  const privateDirectory = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "private");
  const stack = new TerraformStack(new App(), "test");
  const engine = new DockerEngine(stack, "docker", {
    name: "unit",
    privateDirectory,
    fingerprintKey: secret("fingerprint key of the tests"),
  });
  return { stack, engine, privateDirectory };
}

/**
 * Synthesizes a stack without Terraform, and the files of its containers.
 *
 * @throws Error with what the constructs' own checks found
 */
export function synth(stack: TerraformStack): Template {
  const text = Testing.synth(stack, true);
  const { resource = {} } = JSON.parse(text) as {
    resource?: Record<string, Record<string, { name?: string }>>;
  };
  const all = (type: string) =>
    Object.entries(resource[type] ?? {}).map(([id, attributes]) => ({
      name: attributes.name ?? id,
      attributes,
    }));
  return {
    text,
    names: (type) => all(type).map(({ name }) => name),
    resource(type, name = "") {
      const found = all(type).filter((candidate) => candidate.name.endsWith(name));
      if (found.length !== 1) {
        const names = all(type).map((candidate) => candidate.name);
        throw new Error(
          `${found.length} resources ${type} end with "${name}", of: ${names.join(", ") || "none"}`,
        );
      }
      return found[0]?.attributes as never;
    },
  };
}
