import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureGo } from "../go/go";
import { type GoProgram, goBuild } from "../go/go-build";
import { cached, cacheFolder } from "../host/cache";
import type { Progress } from "../progress/progress";
import { ensureKeycloakProvider, isKeycloakMirror, type KeycloakProvider } from "./keycloak-provider";
import {
  configurationOf,
  fetchMirror,
  layOutMirror,
  type ProviderMirror,
  type ProviderRelease,
  userInstallation,
  writeCliConfiguration,
} from "./provider-mirror";
import { providerFacts } from "./provider-schema";
import type { Terraform } from "./terraform";

/** The release of Docker's provider that the kit installs. */
export const dockerRelease: ProviderRelease = {
  title: "Docker provider",
  localName: "docker",
  source: "kreuzwerker/docker",
  version: "4.6.0",
};

/** The Go module proxy has this release under its commit only, and under this name only by a replacement. */
const MODULE = "github.com/terraform-providers/terraform-provider-docker";
const PROVIDER: GoProgram = {
  goMod: `module kit/provider

go 1.25.8

require ${MODULE} v0.0.0

replace ${MODULE} => github.com/kreuzwerker/terraform-provider-docker v0.0.0-20260916201441-96d331c98ff4
`,
  mainPackage: MODULE,
  output: `terraform-provider-docker_v${dockerRelease.version}`,
};

export interface Providers {
  /** To be added to the environment of Terraform and cdktf. */
  readonly env: {
    /** The CLI configuration file that names the mirrors; absent where the user's own says where providers are. */
    readonly TF_CLI_CONFIG_FILE?: string;
  };
  /** Where it was asked for. */
  readonly keycloak?: KeycloakProvider;
}

/**
 * Makes the providers available to `init`: fetched once from the provider registry, or, where there is no registry,
 * Docker's built from the Go module proxy. Either way they end as filesystem mirrors in the cache, so that no later
 * `init` asks the network for them. Every other provider still comes from its registry.
 *
 * A CLI configuration of the user's with `provider_installation` is left in charge.
 *
 * @param options.keycloak Keycloak's provider too. @default false
 * @throws KitError when Docker's can neither be fetched nor built
 * @throws KeycloakProviderUnavailable
 */
export async function ensureProviders(
  terraform: Terraform,
  progress: Progress,
  options: { keycloak?: boolean } = {},
): Promise<Providers> {
  // Before Docker's, which may take minutes to build: this one is there soon or not at all.
  const keycloak = options.keycloak ? await ensureKeycloakProvider(terraform, progress) : undefined;
  const docker = await ensureDockerProvider(terraform, progress);
  const mirrors = [docker, keycloak?.mirror].filter((mirror) => mirror !== undefined);
  return {
    env: mirrors.length > 0 ? { TF_CLI_CONFIG_FILE: writeCliConfiguration(terraform, mirrors) } : {},
    ...(keycloak && { keycloak }),
  };
}

/** Its mirror; undefined where the user's own configuration is in charge. */
async function ensureDockerProvider(
  terraform: Terraform,
  progress: Progress,
): Promise<ProviderMirror | undefined> {
  const title = `${dockerRelease.title} ${dockerRelease.version}`;
  const user = userInstallation(terraform);
  if (user) {
    progress.done(title, `installed as ${user} says`);
    return undefined;
  }
  const name = mirrorName(terraform);
  if (existsSync(join(cacheFolder(), name))) {
    progress.done(title, "is in the cache");
  } else {
    const reason = await fetchMirror(terraform, dockerRelease, name, progress);
    if (reason !== undefined) {
      progress.note(`The registry has not given it: ${reason}`);
      await buildFromSource(terraform, name, progress);
    }
  }
  return { name, source: dockerRelease.source };
}

/** A mirror for each of both products, since their default hosts differ; keyed by what it is made from. */
function mirrorName(terraform: Terraform): string {
  return `providers-${terraform.product.toLowerCase()}-${terraform.platform}-${contentHash()}`;
}

function contentHash(): string {
  return createHash("sha256")
    .update(JSON.stringify(PROVIDER))
    .update(configurationOf(dockerRelease))
    .digest("hex")
    .slice(0, 12);
}

/** Whether a folder of the cache has providers that this release of the kit uses. */
export function hasProviders(name: string): boolean {
  const ofDocker = /^providers?-/.test(name) && name.endsWith(`-${contentHash()}`);
  return ofDocker || isKeycloakMirror(name, providerFacts("keycloak").version);
}

/** Names that release by what it is made from. */
export const providersKey = (): string => `${contentHash()}-${providerFacts("keycloak").version}`;

async function buildFromSource(terraform: Terraform, name: string, progress: Progress): Promise<void> {
  const source = `provider-docker-${dockerRelease.version}-${terraform.platform}-${contentHash()}`;
  if (!existsSync(join(cacheFolder(), source))) {
    const go = await ensureGo(progress);
    await progress.step(`build Docker provider ${dockerRelease.version} from the Go module proxy`, (detail) =>
      cached(source, (folder) => goBuild(go, PROVIDER, folder, detail), detail),
    );
  }
  // One file for both products' mirrors.
  await cached(name, (folder) =>
    layOutMirror(terraform, dockerRelease, folder, join(cacheFolder(), source, PROVIDER.output)),
  );
}
