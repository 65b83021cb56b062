import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExitCode } from "../../../kit/errors";
import { createProgress, silentProgress } from "../../../setup/progress/progress";
import {
  ensureKeycloakProvider,
  KeycloakProviderUnavailable,
} from "../../../setup/terraform/keycloak-provider";
import { ensureProviders } from "../../../setup/terraform/provider";
import { providerFacts } from "../../../setup/terraform/provider-schema";
import type { Terraform } from "../../../setup/terraform/terraform";

// The provider is on one registry only, which many machines do not reach: a shell script stands in for Terraform.
let folder: string;
let terraform: Terraform;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keycloak-provider-test-"));
  mkdirSync(join(folder, "bin"));
  terraform = {
    binary: join(folder, "bin", "terraform"),
    product: "Terraform",
    version: "1.11.4",
    platform: "linux_amd64",
  };
  vi.stubEnv("HOME", folder);
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  vi.stubEnv("XDG_CONFIG_HOME", undefined);
  vi.stubEnv("TF_CLI_CONFIG_FILE", undefined);
  vi.stubEnv("KIT_KEYCLOAK_PROVIDER", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const HOST = "registry.example";
const { version, schema } = providerFacts("keycloak");
const installedAs = (release: string) =>
  join("keycloak", "keycloak", release, "linux_amd64", `terraform-provider-keycloak_v${release}`);

/** A terraform whose `init` does `init`, and whose providers say `says`. */
function program({ init, says = schema }: { init: string; says?: object }): void {
  const answer = { provider_schemas: { [`${HOST}/keycloak/keycloak`]: says } };
  writeFileSync(join(folder, "answer.json"), JSON.stringify(answer));
  writeFileSync(
    terraform.binary,
    `#!/bin/sh
echo "$*" >>${folder}/calls
case $1-$2 in
  init-*) ${init};;
  providers-schema) cat ${folder}/answer.json;;
  providers-*) sed -E 's/.*"source":"([^"]+)".*/provider[${HOST}\\/\\1]/' main.tf.json;;
esac
`,
    { mode: 0o755 },
  );
}

const NO_REGISTRY = `echo "Error: could not connect to ${HOST}: no such host" >&2; exit 1`;
const REGISTRY = `p=.terraform/providers/${HOST}/$(sed -E 's/.*"source":"([^"]+)","version":"([^"]+)".*/\\1\\/\\2/' main.tf.json)/linux_amd64; mkdir -p $p; echo fetched >$p/terraform-provider-keycloak_v${version}`;

function named(name = `terraform-provider-keycloak_v${version}`, content = "program"): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o755 });
  vi.stubEnv("KIT_KEYCLOAK_PROVIDER", path);
  return path;
}

const ensure = () => ensureKeycloakProvider(terraform, silentProgress());
const failure = () => ensure().catch((error: unknown) => error);
const cache = () => join(folder, "cache", "james-oidc-kit");
const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");
const inMirror = (name: string, release = version) =>
  readFileSync(join(cache(), name, "mirror", HOST, installedAs(release)), "utf8");

describe("ensureKeycloakProvider", () => {
  it("keeps what the registry gives as a mirror, and asks no more", async () => {
    program({ init: REGISTRY });
    const provider = await ensure();
    expect(provider).toMatchObject({ version, lacks: [] });
    expect(inMirror(provider.mirror?.name as string)).toBe("fetched\n");
    const before = calls();
    expect(await ensure()).toEqual(provider);
    expect(calls()).toBe(before);
  });

  it("says why it is not to be had, and what to do, where no registry answers; nothing is left half-made", async () => {
    program({ init: NO_REGISTRY });
    const error = await failure();
    expect(error).toBeInstanceOf(KeycloakProviderUnavailable);
    expect(error).toMatchObject({ exitCode: ExitCode.machine });
    expect((error as Error).message).toMatch(
      new RegExp(
        `${version} cannot be installed here(?:.|\n)*could not connect to ${HOST}.*KIT_KEYCLOAK_PROVIDER`,
      ),
    );
    expect(readdirSync(cache())).toEqual([]);
  });

  it("takes the program that KIT_KEYCLOAK_PROVIDER names, once, and anew when it has changed", async () => {
    program({ init: "true" });
    named();
    const first = await ensure();
    expect(inMirror(first.mirror?.name as string)).toBe("program");
    const before = calls();
    expect(await ensure()).toEqual(first);
    expect(calls()).toBe(before);
    named(undefined, "another build");
    expect(inMirror((await ensure()).mirror?.name as string)).toBe("another build");
  });

  it("reads the release from the program's name, and tells what it lacks of what the bindings have", async () => {
    const { keycloak_role, ...others } = schema.resource_schemas;
    program({ init: "true", says: { ...schema, resource_schemas: others } });
    named("terraform-provider-keycloak_v5.12.3");
    const provider = await ensure();
    expect(provider).toMatchObject({ version: "5.12.3", lacks: ["keycloak_role"] });
    expect(inMirror(provider.mirror?.name as string, "5.12.3")).toBe("program");
  });

  it("refuses a file that is absent, and one that Terraform cannot run", async () => {
    program({ init: "echo 'Error: Failed to load plugin schemas' >&2; exit 1" });
    vi.stubEnv("KIT_KEYCLOAK_PROVIDER", join(folder, "absent"));
    expect(String(await failure())).toMatch(/KIT_KEYCLOAK_PROVIDER: there is no such file.*absent/);
    named();
    const error = await failure();
    expect(error).toBeInstanceOf(KeycloakProviderUnavailable);
    expect(String(error)).toMatch(/Terraform cannot use it(?:.|\n)*Failed to load plugin schemas/);
    expect(readdirSync(cache())).toEqual([]);
  });

  it("leaves a configuration of the user's in charge, asks what it installs, and says what it ignores", async () => {
    program({ init: "true" });
    writeFileSync(join(folder, ".terraformrc"), "provider_installation {\n}\n");
    named();
    let told = "";
    const progress = createProgress({ stream: { write: (text) => (told += text) } });
    const provider = await ensureKeycloakProvider(terraform, progress);
    expect(provider).toMatchObject({ version, lacks: [] });
    expect(provider.mirror).toBeUndefined();
    expect(told).toMatch(/KIT_KEYCLOAK_PROVIDER is not used/);
    program({ init: NO_REGISTRY });
    expect(String(await failure())).toMatch(/does not find it where .*\.terraformrc says/);
  });
});

describe("ensureProviders", () => {
  const configured = async (keycloak: boolean) => {
    const { env } = await ensureProviders(terraform, silentProgress(), { keycloak });
    return env.TF_CLI_CONFIG_FILE as string;
  };

  it("serves both by one configuration, and Docker's alone as ever where Keycloak's is not asked for", async () => {
    program({ init: REGISTRY });
    const both = await configured(true);
    const docker = await configured(false);
    const text = readFileSync(both, "utf8");
    expect(text.match(/include = .*/g)).toEqual([
      'include = ["kreuzwerker/docker"]',
      'include = ["keycloak/keycloak"]',
    ]);
    expect(text).toMatch(/direct \{\s*exclude = \["kreuzwerker\/docker", "keycloak\/keycloak"\]/);
    expect(readFileSync(docker, "utf8")).not.toContain('"keycloak/keycloak"');
  });

  it("does not begin to build Docker's where Keycloak's is not to be had", async () => {
    program({ init: NO_REGISTRY });
    await expect(ensureProviders(terraform, silentProgress(), { keycloak: true })).rejects.toThrow(
      KeycloakProviderUnavailable,
    );
    expect(calls().match(/^init/gm)).toHaveLength(1);
  });
});
