import { cpSync, existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { makeFolder } from "../../kit/file-system";
import { RunError, run } from "../../kit/run";
import { cached, cacheFolder } from "../host/cache";
import type { Progress } from "../progress/progress";
import { shorten } from "../progress/progress-view";
import { type ProviderSchema, parseProviderSchema } from "./provider-schema";
import type { Terraform } from "./terraform";
import { terraformEnvironment } from "./terraform-environment";

/** A release of a provider, as `required_providers` tells it. */
export interface ProviderRelease {
  /** For people: `Docker provider`. */
  readonly title: string;
  /** In a configuration: `docker`. */
  readonly localName: string;
  /** Without a host: that is the default one of the Terraform or OpenTofu in use. */
  readonly source: string;
  readonly version: string;
}

/** A filesystem mirror with one provider in it. */
export interface ProviderMirror {
  /** Its folder of the cache. */
  readonly name: string;
  readonly source: string;
}

/** The mirror itself, in its folder of the cache. */
const MIRROR = "mirror";

/** Milliseconds for the download from a registry that answers. */
const DOWNLOAD_TIMEOUT_MS = 300_000;

/** Of a Terraform whose output is read or shown. */
const quietEnvironment = () => ({ ...terraformEnvironment(), TF_LOG: undefined });

/** Where there is no registry, say so soon. */
const IMPATIENT_ENV = { TF_REGISTRY_CLIENT_TIMEOUT: "5", TF_REGISTRY_DISCOVERY_RETRY: "0" };

/** A configuration that needs the provider and nothing else. */
export function configurationOf({ localName, source, version }: ProviderRelease): string {
  return JSON.stringify({ terraform: { required_providers: { [localName]: { source, version } } } });
}

/**
 * Fills the cache's folder `name` with a mirror of what the provider registry gives.
 *
 * @param keep may add to the folder, while the provider is initialized in `work`
 * @returns why the registry has not given it; undefined when it has
 */
export async function fetchMirror(
  terraform: Terraform,
  release: ProviderRelease,
  name: string,
  progress: Progress,
  keep: (work: string, folder: string) => Promise<void> = async () => {},
): Promise<string | undefined> {
  return progress.step(
    `ask the provider registry for ${release.title} ${release.version}`,
    async (detail) => {
      const fetch = async (folder: string) => {
        const work = join(folder, "init");
        await initProvider(terraform, release, work, detail);
        await keep(work, folder);
        // Links are followed: with a plugin cache they lead to a folder that is not the kit's.
        const installed = join(work, ".terraform", "providers");
        cpSync(installed, join(folder, MIRROR), { recursive: true, dereference: true });
        rmSync(work, { recursive: true });
      };
      try {
        await cached(name, fetch, detail);
        return undefined;
      } catch (error) {
        if (error instanceof RunError) return reason(error);
        throw error;
      }
    },
  );
}

/**
 * Lays the provider's program out as a mirror in `folder`, for the host that this Terraform or OpenTofu asks.
 *
 * @param program a file on the same file system: it is linked
 */
export async function layOutMirror(
  terraform: Terraform,
  release: ProviderRelease,
  folder: string,
  program: string,
): Promise<void> {
  const host = await defaultHost(terraform, release, join(folder, "host"));
  const target = join(folder, MIRROR, host, release.source, release.version, terraform.platform);
  makeFolder(target);
  linkSync(program, join(target, basename(program)));
}

/** Runs `init` in `work` for the provider alone, by the user's own configuration unless `cliConfiguration` is given. */
export async function initProvider(
  terraform: Terraform,
  release: ProviderRelease,
  work: string,
  detail: (text: string) => void,
  cliConfiguration = userConfiguration(terraform)?.path,
): Promise<void> {
  writeIn(work, "main.tf.json", configurationOf(release));
  await run(terraform.binary, ["init", "-no-color", "-input=false", "-backend=false"], {
    cwd: work,
    env: { ...quietEnvironment(), ...IMPATIENT_ENV, TF_CLI_CONFIG_FILE: cliConfiguration },
    onLine: detail,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
}

/** What the provider says it can do, asked in a folder where it is initialized. */
export async function askSchema(
  terraform: Terraform,
  { source }: ProviderRelease,
  work: string,
  cliConfiguration?: string,
): Promise<ProviderSchema> {
  const { stdout } = await run(terraform.binary, ["providers", "schema", "-json", "-no-color"], {
    cwd: work,
    env: { ...quietEnvironment(), TF_CLI_CONFIG_FILE: cliConfiguration },
  });
  return parseProviderSchema(stdout, source);
}

/** What Terraform says, in short: its sentence is broken into lines and names the cause last. */
function reason(error: RunError): string {
  const text = error.tail.join(" ").replace(/[\s│╷╵]+/g, " ");
  const sentence = /could not connect to [^\s:]+/.exec(text)?.[0] ?? text.slice(text.indexOf("Error:"));
  return shorten(sentence, 240) || error.reason;
}

/** The host that this binary puts before a source without one. It is the binary's to know. */
async function defaultHost(terraform: Terraform, release: ProviderRelease, work: string): Promise<string> {
  writeIn(work, "main.tf.json", configurationOf(release));
  const { stdout } = await run(terraform.binary, ["providers", "-no-color"], {
    cwd: work,
    env: { ...quietEnvironment(), TF_CLI_CONFIG_FILE: undefined },
  });
  rmSync(work, { recursive: true });
  const host = new RegExp(`provider\\[([^\\]/]+)/${release.source}\\]`).exec(stdout)?.[1];
  if (!host) throw new Error(`${terraform.binary} providers says: ${stdout}`);
  return host;
}

/** The user's CLI configuration when it says itself where providers come from, which leaves it in charge. */
export function userInstallation(terraform: Terraform): string | undefined {
  const user = userConfiguration(terraform);
  return user && /^\s*provider_installation\b/m.test(user.text) ? user.path : undefined;
}

/** Writes the CLI configuration that names the mirrors, with all that the user's own says. Returns its path. */
export function writeCliConfiguration(terraform: Terraform, mirrors: readonly ProviderMirror[]): string {
  const path = join(cacheFolder(), `${mirrors.map(({ name }) => name).join("+")}.tfrc`);
  const sources = JSON.stringify(mirrors.map(({ source }) => source)).replaceAll(",", ", ");
  const text = `${(userConfiguration(terraform)?.text ?? "").trimEnd()}
provider_installation {
${mirrors.map(filesystemMirror).join("\n")}
  direct {
    exclude = ${sources}
  }
}
`.trimStart();
  if (existsSync(path) && readFileSync(path, "utf8") === text) return path;
  // Renamed into place: another kit may be reading it. 0600, since the user's own may hold a token.
  writeFileSync(`${path}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
  return path;
}

function filesystemMirror({ name, source }: ProviderMirror): string {
  return `  filesystem_mirror {
    path    = ${JSON.stringify(join(cacheFolder(), name, MIRROR))}
    include = ["${source}"]
  }`;
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

function writeIn(folder: string, name: string, text: string): void {
  makeFolder(folder);
  writeFileSync(join(folder, name), text);
}
