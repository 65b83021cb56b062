import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { cached, cacheFolder } from "./cache";
import { ensureGo } from "./go";
import { type GoProgram, goBuild } from "./go-build";
import type { Progress } from "./progress";
import { shorten } from "./progress-view";
import { RunError, run } from "./run";
import type { Terraform } from "./terraform";

/** As in `required_providers`; its host is the default one of the Terraform or OpenTofu in use. */
const SOURCE = "kreuzwerker/docker";
const VERSION = "4.6.0";

/** The Go module proxy has this release under its commit only, and under this name only by a replacement. */
const MODULE = "github.com/terraform-providers/terraform-provider-docker";
const PROVIDER: GoProgram = {
  goMod: `module kit/provider

go 1.25.8

require ${MODULE} v0.0.0

replace ${MODULE} => github.com/kreuzwerker/terraform-provider-docker v0.0.0-20260916201441-96d331c98ff4
`,
  mainPackage: MODULE,
  output: `terraform-provider-docker_v${VERSION}`,
};

/** A configuration that needs the provider and nothing else. */
const CONFIGURATION = JSON.stringify({
  terraform: { required_providers: { docker: { source: SOURCE, version: VERSION } } },
});

/** Milliseconds for the download from a registry that answers. */
const DOWNLOAD_TIMEOUT_MS = 300_000;

export interface ProviderEnv {
  /** The CLI configuration file that names the mirror; absent where the user's own says where providers are. */
  readonly TF_CLI_CONFIG_FILE?: string;
}

/**
 * Makes the Docker provider available to `init`: fetched once from the provider registry, or built from the Go module
 * proxy where there is no registry. Either way it ends as a filesystem mirror in the cache, so that no later `init`
 * asks the network for it. Every other provider still comes from its registry.
 *
 * A CLI configuration of the user's with `provider_installation` is left in charge.
 *
 * @returns what to add to the environment of Terraform and cdktf
 * @throws KitError when it can neither be fetched nor built
 */
export async function ensureProvider(terraform: Terraform, progress: Progress): Promise<ProviderEnv> {
  const title = `Docker provider ${VERSION}`;
  const user = userConfiguration(terraform);
  if (user && /^\s*provider_installation\b/m.test(user.text)) {
    progress.done(title, `installed as ${user.path} says`);
    return {};
  }
  const name = mirrorName(terraform);
  if (existsSync(join(cacheFolder(), name))) {
    progress.done(title, "is in the cache");
  } else if (!(await fetchFromRegistry(terraform, name, progress))) {
    await buildFromSource(terraform, name, progress);
  }
  return { TF_CLI_CONFIG_FILE: writeConfiguration(name, user?.text ?? "") };
}

/** A mirror for each of both products, since their default hosts differ; keyed by what it is made from. */
function mirrorName(terraform: Terraform): string {
  return `providers-${terraform.product.toLowerCase()}-${terraform.platform}-${contentHash()}`;
}

function contentHash(): string {
  return createHash("sha256")
    .update(JSON.stringify(PROVIDER))
    .update(CONFIGURATION)
    .digest("hex")
    .slice(0, 12);
}

interface UserConfiguration {
  readonly path: string;
  readonly text: string;
}

/** The CLI configuration that Terraform or OpenTofu would read by itself. A file that is named but absent is none. */
function userConfiguration(terraform: Terraform): UserConfiguration | undefined {
  const named = process.env.TF_CLI_CONFIG_FILE || process.env.TERRAFORM_CONFIG;
  const home = (name: string) => join(homedir(), name);
  const own =
    terraform.product === "OpenTofu"
      ? [
          home(".tofurc"),
          home(".terraformrc"),
          join(process.env.XDG_CONFIG_HOME || home(".config"), "opentofu", "tofurc"),
        ]
      : [home(".terraformrc")];
  for (const path of named ? [named] : own) {
    if (existsSync(path)) return { path, text: readFileSync(path, "utf8") };
  }
  return undefined;
}

/** `init` in an empty folder leaves the provider in a mirror's layout. Returns false when no registry answers. */
async function fetchFromRegistry(terraform: Terraform, name: string, progress: Progress): Promise<boolean> {
  const failure = await progress.step(
    `ask the provider registry for Docker provider ${VERSION}`,
    async (detail) => {
      try {
        await cached(name, (folder) => initInto(folder, terraform, detail), detail);
        return undefined;
      } catch (error) {
        if (error instanceof RunError) return error;
        throw error;
      }
    },
  );
  if (failure) progress.note(`The registry has not given it: ${reason(failure)}`);
  return failure === undefined;
}

async function initInto(folder: string, terraform: Terraform, detail: (text: string) => void): Promise<void> {
  const work = join(folder, "init");
  writeIn(work, "main.tf.json", CONFIGURATION);
  await run(terraform.binary, ["init", "-no-color", "-input=false", "-backend=false"], {
    cwd: work,
    env: {
      ...QUIET_ENV,
      // Where there is no registry, say so soon.
      TF_REGISTRY_CLIENT_TIMEOUT: "5",
      TF_REGISTRY_DISCOVERY_RETRY: "0",
      ...(userConfiguration(terraform) ? {} : { TF_CLI_CONFIG_FILE: undefined }),
    },
    onLine: detail,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
  // Links are followed: with a plugin cache they lead to a folder that is not the kit's.
  const installed = join(work, ".terraform", "providers");
  cpSync(installed, join(folder, MIRROR), { recursive: true, dereference: true });
  rmSync(work, { recursive: true });
}

/** What Terraform says, in short: its sentence is broken into lines and names the cause last. */
function reason(error: RunError): string {
  const text = error.tail.join(" ").replace(/[\s│╷╵]+/g, " ");
  const sentence = /could not connect to [^\s:]+/.exec(text)?.[0] ?? text.slice(text.indexOf("Error:"));
  return shorten(sentence, 240) || error.reason;
}

async function buildFromSource(terraform: Terraform, name: string, progress: Progress): Promise<void> {
  const source = `provider-docker-${VERSION}-${terraform.platform}-${contentHash()}`;
  if (!existsSync(join(cacheFolder(), source))) {
    const go = await ensureGo(progress);
    await progress.step(`build Docker provider ${VERSION} from the Go module proxy`, (detail) =>
      cached(source, (folder) => goBuild(go, PROVIDER, folder, detail), detail),
    );
  }
  await cached(name, async (folder) => {
    const host = await defaultHost(terraform, join(folder, "host"));
    const target = join(folder, MIRROR, host, SOURCE, VERSION, terraform.platform);
    mkdirSync(target, { recursive: true });
    // One file for both products' mirrors.
    linkSync(join(cacheFolder(), source, PROVIDER.output), join(target, PROVIDER.output));
  });
}

/** The host that this binary puts before a source without one. It is the binary's to know. */
async function defaultHost(terraform: Terraform, work: string): Promise<string> {
  writeIn(work, "main.tf.json", CONFIGURATION);
  const { stdout } = await run(terraform.binary, ["providers", "-no-color"], {
    cwd: work,
    env: { ...QUIET_ENV, TF_CLI_CONFIG_FILE: undefined },
  });
  rmSync(work, { recursive: true });
  const host = new RegExp(`provider\\[([^\\]/]+)/${SOURCE}\\]`).exec(stdout)?.[1];
  if (!host) throw new Error(`${terraform.binary} providers says: ${stdout}`);
  return host;
}

const MIRROR = "mirror";

/** `TF_DATA_DIR` and the like are about the user's folders, not about the ones made here. */
const QUIET_ENV = {
  CHECKPOINT_DISABLE: "1",
  TF_DATA_DIR: undefined,
  TF_WORKSPACE: undefined,
  TF_LOG: undefined,
};

/** The user's own configuration, if any, with the mirror added. */
function writeConfiguration(name: string, userText: string): string {
  const path = join(cacheFolder(), `${name}.tfrc`);
  const text = `${userText.trimEnd()}
provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(join(cacheFolder(), name, MIRROR))}
    include = ["${SOURCE}"]
  }
  direct {
    exclude = ["${SOURCE}"]
  }
}
`.trimStart();
  if (existsSync(path) && readFileSync(path, "utf8") === text) return path;
  // Renamed into place: another kit may be reading it. 0600, since the user's own may hold a token.
  writeFileSync(`${path}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
  return path;
}

function writeIn(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
}
