import { join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { isAtLeast } from "../../kit/release";
import { RunError, run } from "../../kit/run";
import { ensureGo } from "../go/go";
import { type GoProgram, goBuild } from "../go/go-build";
import { cached, cacheFolder } from "../host/cache";
import { findOnPath, isProgram } from "../host/find-on-path";
import type { Progress } from "../progress/progress";
import { terraformEnvironment } from "./terraform-environment";

/** The first release of both OpenTofu and Terraform under their present licences; CDKTF asks for less. */
const MINIMUM_VERSION = "1.6.0";

const OPENTOFU_VERSION = "1.12.6";

const OPENTOFU: GoProgram = {
  // The replacement is OpenTofu's own; its x/net does not compile with Go 1.27, this one does with 1.26 and 1.27.
  goMod: `module kit/opentofu

go 1.26.6

require (
	github.com/opentofu/opentofu v${OPENTOFU_VERSION}
	golang.org/x/net v0.62.0
)

replace github.com/hashicorp/hcl/v2 v2.20.1 => github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828
`,
  mainPackage: "github.com/opentofu/opentofu/cmd/tofu",
  // A release, not a development version, which version constraints would refuse.
  set: ["github.com/opentofu/opentofu/version.dev=no"],
  output: "tofu",
};

/** Of the cache, where it is built. */
export const opentofuFolder = `opentofu-${OPENTOFU_VERSION}`;

export interface Terraform {
  /** Absolute path. */
  readonly binary: string;
  readonly product: "Terraform" | "OpenTofu";
  readonly version: string;
  /** As provider mirrors name it: `linux_amd64`. */
  readonly platform: string;
}

/**
 * Terraform or OpenTofu: what `TERRAFORM_BINARY_NAME` names, else `terraform` or `tofu` on PATH, else OpenTofu, built
 * from the Go module proxy into the cache.
 *
 * @throws KitError when what was named is missing or too old, or nothing can be built
 */
export async function ensureTerraform(progress: Progress): Promise<Terraform> {
  const named = process.env.TERRAFORM_BINARY_NAME;
  if (named) return reportFound(progress, await inspectNamed(named));
  for (const name of ["terraform", "tofu"]) {
    const binary = findOnPath(name);
    const terraform = binary ? await inspect(binary).catch(() => undefined) : undefined;
    if (terraform && isAtLeast(terraform.version, MINIMUM_VERSION)) return reportFound(progress, terraform);
    if (terraform)
      progress.note(`${binary} is ${terraform.version}, older than ${MINIMUM_VERSION}: not used`);
  }
  const binary = join(cacheFolder(), opentofuFolder, OPENTOFU.output);
  if (isProgram(binary)) return reportFound(progress, await inspect(binary));
  const go = await ensureGo(progress);
  await progress.step(`build OpenTofu ${OPENTOFU_VERSION} (there is neither terraform nor tofu)`, (detail) =>
    cached(opentofuFolder, (folder) => goBuild(go, OPENTOFU, folder, detail), detail),
  );
  return inspect(binary);
}

function reportFound(progress: Progress, terraform: Terraform): Terraform {
  progress.done(terraform.product, `uses ${terraform.binary}, ${terraform.version}`);
  return terraform;
}

async function inspectNamed(named: string): Promise<Terraform> {
  const binary = named.includes("/") ? named : findOnPath(named);
  const problem = (what: string, allowed?: string) =>
    new KitError(
      "Terraform cannot be used",
      [
        {
          what,
          where: "TERRAFORM_BINARY_NAME",
          got: named,
          ...(allowed ? { allowed } : {}),
          fix: "Unset it to let the kit choose.",
        },
      ],
      { exitCode: ExitCode.machine },
    );
  if (!binary || !isProgram(binary)) throw problem("there is no such program");
  const terraform = await inspect(binary).catch((error: unknown) => {
    if (error instanceof RunError) throw problem(`"${named} version" ${error.reason}`);
    throw problem("the program is neither Terraform nor OpenTofu");
  });
  if (isAtLeast(terraform.version, MINIMUM_VERSION)) return terraform;
  throw problem(`version ${terraform.version} is too old`, `${MINIMUM_VERSION} or newer`);
}

/** Reads "OpenTofu v1.12.6⏎on linux_amd64": unlike `version -json`, the text says which of both it is. */
async function inspect(binary: string): Promise<Terraform> {
  const { stdout } = await run(binary, ["version"], {
    env: { ...terraformEnvironment(), TF_CLI_CONFIG_FILE: undefined },
    timeoutMs: 15_000,
  });
  const match = /^(Terraform|OpenTofu) v(\S+)\non (\S+)/m.exec(stdout);
  if (!match) throw new Error(`${binary} version says: ${stdout}`);
  const [, product, version, platform] = match as unknown as [string, Terraform["product"], string, string];
  return { binary, product, version, platform };
}
