import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExitCode } from "../../../kit/errors";
import { silentProgress } from "../../../setup/progress/progress";
import { ensureTerraform } from "../../../setup/terraform/terraform";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "terraform-"));
  // Whatever the machine has on PATH must not be found; the programs here need a shell.
  vi.stubEnv("PATH", folder);
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  vi.stubEnv("TERRAFORM_BINARY_NAME", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A program that answers "version" as Terraform and OpenTofu do. */
function program(path: string, answer: string): string {
  writeFileSync(path, `#!/bin/sh\nprintf '${answer}\\n'\n`);
  chmodSync(path, 0o755);
  return path;
}

const ensure = () => ensureTerraform(silentProgress());

describe("ensureTerraform", () => {
  it("uses terraform of PATH before tofu", async () => {
    program(join(folder, "tofu"), "OpenTofu v1.9.0\\non linux_amd64");
    const binary = program(join(folder, "terraform"), "Terraform v1.11.4\\non linux_arm64");
    expect(await ensure()).toEqual({
      binary,
      product: "Terraform",
      version: "1.11.4",
      platform: "linux_arm64",
    });
  });

  it("passes over one that is too old, or does not work", async () => {
    program(join(folder, "terraform"), "Terraform v1.5.7\\non linux_amd64");
    const binary = program(join(folder, "tofu"), "OpenTofu v1.12.6\\non linux_amd64");
    expect(await ensure()).toMatchObject({ binary, product: "OpenTofu" });
    program(join(folder, "terraform"), "no version");
    expect(await ensure()).toMatchObject({ binary });
  });

  it("uses the OpenTofu that was built before", async () => {
    const built = join(folder, "cache", "james-oidc-kit", "opentofu-1.12.6");
    mkdirSync(built, { recursive: true });
    const binary = program(join(built, "tofu"), "OpenTofu v1.12.6\\non linux_amd64");
    expect(await ensure()).toMatchObject({ binary, version: "1.12.6" });
  });

  it("uses what TERRAFORM_BINARY_NAME names, by name or by path", async () => {
    program(join(folder, "terraform"), "Terraform v1.11.4\\non linux_amd64");
    const mine = program(join(folder, "my-tofu"), "OpenTofu v1.10.0\\non linux_amd64");
    for (const name of ["my-tofu", mine]) {
      vi.stubEnv("TERRAFORM_BINARY_NAME", name);
      expect(await ensure()).toMatchObject({ binary: mine });
    }
  });

  it.each([
    ["no-such-tofu", undefined, /there is no such program/],
    [
      "old",
      "Terraform v1.2.0\\non linux_amd64",
      /version 1\.2\.0 is too old\. Got "old"\. Allowed: 1\.6\.0 or newer/,
    ],
    ["other", "something else", /neither Terraform nor OpenTofu/],
  ])("never replaces a named one that cannot be used: %s", async (name, answer, message) => {
    program(join(folder, "terraform"), "Terraform v1.11.4\\non linux_amd64");
    if (answer) program(join(folder, name), answer);
    vi.stubEnv("TERRAFORM_BINARY_NAME", name);
    const error = await ensure().catch((e: unknown) => e);
    expect(error).toMatchObject({ exitCode: ExitCode.machine });
    expect((error as Error).message).toMatch(/TERRAFORM_BINARY_NAME/);
    expect((error as Error).message).toMatch(message);
  });
});
