import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apply } from "../../../operations/terraform/terraform";
import { refuseOtherState, terraformEnvironment } from "../../../setup/terraform/terraform-environment";

afterEach(() => vi.unstubAllEnvs());

const foreign = {
  TF_WORKSPACE: "mine",
  TF_DATA_DIR: "/tmp/mine",
  TF_CLI_ARGS: "-lock=false",
  TF_CLI_ARGS_apply: "-destroy",
  TF_VAR_keycloak_admin: "mine",
  TF_REATTACH_PROVIDERS: "{}",
  TF_ENCRYPTION: "{}",
  TF_INPUT: "1",
};
const kept = {
  TF_LOG: "trace",
  TF_LOG_PATH: "/tmp/log",
  TF_CLI_CONFIG_FILE: "/tmp/rc",
  TF_TOKEN_registry_example: "x",
  TF_PLUGIN_CACHE_DIR: "/tmp/plugins",
  TF_REGISTRY_CLIENT_TIMEOUT: "5",
};

describe("terraformEnvironment", () => {
  it("leaves the kit's Terraform nothing of a shell but logs, and where providers come from", async () => {
    for (const [name, value] of Object.entries({ ...foreign, ...kept })) vi.stubEnv(name, value);
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    const binary = join(directory, "terraform");
    writeFileSync(binary, `#!/bin/sh\nenv | grep ^TF_ | sort >${directory}/seen\n`);
    chmodSync(binary, 0o755);
    await apply({ binary, directory, env: terraformEnvironment() }, () => {});
    const seen = readFileSync(join(directory, "seen"), "utf8").trim().split("\n");
    const names = seen.map((line) => line.replace(/=.*/, ""));
    expect(names.filter((name) => name in foreign)).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(Object.keys(kept)));
  });
});

describe("refuseOtherState", () => {
  it.each(["TF_WORKSPACE", "TF_DATA_DIR", "TF_CLI_ARGS", "TF_CLI_ARGS_apply"])(
    "tells a cdktf of %s, by which it would work on another state",
    (name) => {
      expect(() => refuseOtherState({ [name]: "x" })).toThrow(
        new RegExp(`${name}: .*"x".*scripts/kit env`, "s"),
      );
    },
  );

  it("takes what changes nothing", () => {
    expect(() => refuseOtherState({ ...kept, TF_WORKSPACE: "", TF_VAR_x: "1" })).not.toThrow();
  });
});
