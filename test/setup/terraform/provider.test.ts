import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExitCode } from "../../../kit/errors";
import { createProgress, silentProgress } from "../../../setup/progress/progress";
import { ensureProviders } from "../../../setup/terraform/provider";
import type { Terraform } from "../../../setup/terraform/terraform";

// The real registry and the real build take minutes and a network; these programs stand in for them here, and the
// end-to-end suite uses the real ones.
let folder: string;
let terraform: Terraform;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "provider-"));
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
  vi.stubEnv("PATH", `${join(folder, "bin")}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const HOST = "registry.example";
const PROVIDER = "terraform-provider-docker_v4.6.0";
const BELOW_HOST = join("kreuzwerker", "docker", "4.6.0", "linux_amd64", PROVIDER);

function program(name: string, script: string): void {
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\necho "$*" >>${folder}/calls\n${script}\n`, {
    mode: 0o755,
  });
}

/** A terraform whose registry answers. */
function withRegistry(): void {
  const installed = join(".terraform", "providers", HOST, BELOW_HOST);
  program(
    "terraform",
    `[ "$1" = init ] || exit 9\nmkdir -p $(dirname ${installed})\necho fetched >${installed}`,
  );
}

/** A terraform whose registry does not answer, and a go that builds. */
function withoutRegistry(build = `while [ "$1" != -o ]; do shift; done; echo built >"$2"`): void {
  program(
    "terraform",
    `case $1 in
      init) echo "Error: no provider: could not connect to ${HOST}: no such host" >&2; exit 1;;
      providers) echo "└── provider[${HOST}/kreuzwerker/docker] 4.6.0";;
    esac`,
  );
  program("go", `if [ "$1" = version ]; then echo "go version go1.26.6 linux/amd64"; exit; fi\n${build}`);
}

const ensure = () => ensureProviders(terraform, silentProgress());
const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");

/** What Terraform reads, and the provider in the mirror that it names. */
async function ensured() {
  const { TF_CLI_CONFIG_FILE: path } = (await ensure()).env;
  const configuration = readFileSync(path as string, "utf8");
  const mirror = /filesystem_mirror \{\s*path\s*= "([^"]+)"/.exec(configuration)?.[1] as string;
  return {
    path: path as string,
    configuration,
    provider: readFileSync(join(mirror, HOST, BELOW_HOST), "utf8"),
  };
}

describe("ensureProviders", () => {
  it("keeps what the registry gives as a mirror, and asks no more", async () => {
    withRegistry();
    expect((await ensured()).provider).toBe("fetched\n");
    const before = calls();
    expect((await ensured()).provider).toBe("fetched\n");
    expect(calls()).toBe(before);
  });

  it("builds the provider where no registry answers, and lays it out below the binary's own host", async () => {
    withoutRegistry();
    const { provider, configuration } = await ensured();
    expect(provider).toBe("built\n");
    // Every other provider comes from where it would come from without the kit.
    expect(configuration).toMatch(/direct \{\s*exclude = \["kreuzwerker\/docker"\]/);
    const before = calls();
    await ensured();
    expect(calls()).toBe(before);
  });

  it("builds once for Terraform and OpenTofu", async () => {
    withoutRegistry();
    await ensured();
    terraform = { ...terraform, product: "OpenTofu" };
    expect((await ensured()).provider).toBe("built\n");
    expect(calls().match(/^build /gm)).toHaveLength(1);
  });

  it("says what the registry and the build said when neither works, and leaves nothing half-made", async () => {
    withoutRegistry("echo 'dial tcp: no route to host' >&2; exit 1");
    let told = "";
    const progress = createProgress({ stream: { write: (text) => (told += text) } });
    const error = await ensureProviders(terraform, progress).catch((e: unknown) => e);
    expect(error).toMatchObject({ exitCode: ExitCode.machine });
    expect((error as Error).message).toMatch(
      /cannot build terraform-provider-docker(?:.|\n)*no route to host/,
    );
    expect(told).toContain(`could not connect to ${HOST}`);
    expect(readdirSync(join(folder, "cache", "james-oidc-kit"))).toEqual([]);
  });

  it("leaves a configuration of the user's with provider_installation in charge", async () => {
    withoutRegistry();
    writeFileSync(join(folder, ".terraformrc"), "provider_installation {\n}\n");
    expect(await ensure()).toEqual({ env: {} });
    expect(calls()).toBe("");
  });

  it("adds the mirror to any other configuration of the user's, readable by the user only", async () => {
    withRegistry();
    const own = 'credentials "x.example" {\n  token = "t"\n}\n';
    vi.stubEnv("TF_CLI_CONFIG_FILE", join(folder, "mine"));
    writeFileSync(join(folder, "mine"), own);
    const { path, configuration } = await ensured();
    expect(configuration.startsWith(own.trimEnd())).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("replaces a configuration file that is named and absent", async () => {
    withRegistry();
    vi.stubEnv("TF_CLI_CONFIG_FILE", join(folder, "absent"));
    expect((await ensured()).provider).toBe("fetched\n");
  });
});
