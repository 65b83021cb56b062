import type { Image } from "../constructs/workload/image";
import { type Engine, ensureEngine } from "./engine/engine";
import { buildImages, registryReferences } from "./engine/images";
import { pullImages } from "./engine/registry";
import { removeGoWork } from "./go/go-work";
import { ensureCacheFolder } from "./host/cache";
import type { Progress } from "./progress/progress";
import type { KeycloakProvider } from "./terraform/keycloak-provider";
import { ensureProviders } from "./terraform/provider";
import { ensureTerraform, type Terraform } from "./terraform/terraform";
import { terraformEnvironment } from "./terraform/terraform-environment";

export interface Machine {
  readonly terraform: Terraform;
  /** For Terraform, cdktf and docker: to be added to the kit's own environment; `undefined` removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where it was asked for. */
  readonly keycloakProvider?: KeycloakProvider;
}

/**
 * Makes this machine able to deploy: engine, Terraform with its provider, images. What is there is used and said.
 *
 * @param options.engine what `ensureEngine` gave. @default it is asked
 * @param options.images the ones to build or to pull, by service. @default none
 * @param options.keycloakProvider Keycloak's Terraform provider too. @default false
 * @throws KitError for what the machine lacks (`ExitCode.machine`)
 */
export async function prepareMachine(options: {
  images?: Readonly<Record<string, Image>>;
  engine?: Engine;
  keycloakProvider?: boolean;
  progress: Progress;
}): Promise<Machine> {
  const { images = {}, keycloakProvider = false, progress } = options;
  ensureCacheFolder();
  const engine = options.engine ?? (await ensureEngine(progress));
  const [tools] = await allEnded([
    prepareTerraform(progress, { keycloakProvider }),
    prepareImages(images, progress),
  ] as const);
  return { ...tools, env: { ...engine.env, ...tools.env } };
}

async function prepareImages(images: Readonly<Record<string, Image>>, progress: Progress): Promise<void> {
  await pullImages(await registryReferences(images), progress);
  await buildImages(Object.values(images), progress);
}

/**
 * Terraform or OpenTofu with the Docker provider; no engine is needed for it.
 *
 * @param options.keycloakProvider Keycloak's too. @default false
 * @throws KitError for what the machine lacks (`ExitCode.machine`)
 */
export async function prepareTerraform(
  progress: Progress,
  options: { keycloakProvider?: boolean } = {},
): Promise<Machine> {
  const terraform = await ensureTerraform(progress);
  const { env, keycloak } = await ensureProviders(terraform, progress, {
    keycloak: options.keycloakProvider ?? false,
  });
  await removeGoWork(progress);
  return {
    terraform,
    env: { ...terraformEnvironment(), TERRAFORM_BINARY_NAME: terraform.binary, ...env },
    ...(keycloak && { keycloakProvider: keycloak }),
  };
}

/** Like Promise.all, but lets the other work end before it throws: what is half built is not cut off. */
async function allEnded<const T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}
