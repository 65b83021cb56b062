import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import * as z from "zod";
import { type Environment, environmentFile } from "../../config/environment";
import { KitError } from "../../kit/errors";
import { makeFolder, withFiles } from "../../kit/file-system";
import { kitRelease } from "../../kit/package-root";
import { stackResources } from "../terraform/stack-resources";
import { stackFile, type TerraformOptions } from "../terraform/terraform";
import { imageReleases } from "./image-releases";

/**
 * All that an environment was last deployed with, as Terraform was given it: `plan`, changed settings and another release of the
 * kit leave it alone, so that an upgrade can go back to it.
 */
export interface DeployedCopy {
  /** Its folder, 0700: there are secrets in it. */
  readonly directory: string;
  /** Release of the kit. */
  readonly kit: string;
  /** Releases of services, as far as their images tell. */
  readonly releases: Readonly<Record<string, string>>;
  /** Services with a database in PostgreSQL. */
  readonly databases: readonly string[];
  /** Whether Keycloak's provider made something. */
  readonly identity: boolean;
}

const form = z.object({
  kit: z.string(),
  releases: z.record(z.string(), z.string()),
  databases: z.array(z.string()),
  identity: z.boolean(),
});

/** Where the kit keeps what it knows of an environment: the part of `Deployment` that is needed here. */
interface Place {
  readonly directory: string;
  readonly privateDirectory: string;
}

/** Names of files in a copy. */
const names = {
  about: "about.json",
  environment: "environment.yaml",
  /** Written beside the environment's own of these names. */
  kept: ["secrets.json", "settings.json"],
  identityState: "identity.tfstate",
  /** Values of the identity stack's variables. */
  variables: "variables.json",
  files: "files",
  stack: (name: string) => join("stacks", name, "cdk.tf.json"),
};

/** Where the last one is. */
export const deployedFolder = (directory: string) => join(directory, "deployed");

/**
 * Keeps what an environment has just been deployed with, whole or not at all.
 *
 * @param file what the environment is called by
 */
export function keepDeployed(
  file: string,
  deployment: Place & { readonly environment: Pick<Environment, "platform" | "images" | "imageReferences"> },
  [platform, identity]: readonly [TerraformOptions, ...TerraformOptions[]],
): void {
  const folder = deployedFolder(deployment.directory);
  const partial = `${folder}.partial`;
  const write = (name: string, text: string | Buffer) => {
    const path = join(partial, name);
    makeFolder(dirname(path), 0o700);
    writeFileSync(path, text, { mode: 0o600 });
  };
  withFiles(() => {
    rmSync(partial, { recursive: true, force: true });
    makeFolder(partial, 0o700);
    for (const name of [...names.kept, names.identityState]) {
      const file = join(deployment.directory, name);
      if (existsSync(file)) write(name, readFileSync(file));
    }
    write(names.environment, readFileSync(environmentFile(file)));
    write(names.stack("platform"), readFileSync(stackFile(platform)));
    for (const file of secretFiles(stackFile(platform))) {
      write(join(names.files, relative(resolve(deployment.privateDirectory), file)), readFileSync(file));
    }
    if (identity) {
      write(names.stack("identity"), readFileSync(stackFile(identity)));
      const variables = Object.entries(identity.env).filter(([name]) => name.startsWith("TF_VAR_"));
      write(names.variables, JSON.stringify(Object.fromEntries(variables)));
    }
    const about = {
      ...{ kit: kitRelease, releases: imageReleases(deployment.environment) },
      databases: Object.keys(deployment.environment.platform.services.postgres.databases).sort(),
      identity: identity !== undefined,
    };
    write(names.about, JSON.stringify(about));
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  });
}

/** Files with secrets that containers of a platform are given. */
function secretFiles(platformStack: string): string[] {
  type Uploads = { upload?: readonly { source?: string }[] };
  return stackResources(platformStack)
    .filter(({ type }) => type === "docker_container")
    .flatMap(({ values }) => ((values as Uploads).upload ?? []).flatMap(({ source }) => source ?? []));
}

/** Undefined where there is none: an earlier release of the kit deployed, or nothing did. @throws KitError when it cannot be read */
export function deployedCopy(directory: string): DeployedCopy | undefined {
  const about = join(directory, names.about);
  if (!existsSync(about)) return undefined;
  try {
    return { directory, ...form.parse(JSON.parse(readFileSync(about, "utf8"))) };
  } catch (error) {
    throw new KitError(
      "the copy of what was deployed cannot be read",
      [{ where: about, what: "not what the kit wrote", fix: "Remove its folder; `up` makes it anew" }],
      { cause: error },
    );
  }
}

/** The Terraform JSON of the platform in a copy. */
export function copiedPlatform({ directory }: DeployedCopy): Pick<TerraformOptions, "directory"> {
  return { directory: join(directory, dirname(names.stack("platform"))) };
}

/** The environment file as it was. */
export const copiedEnvironment = ({ directory }: DeployedCopy) => join(directory, names.environment);

/** Copies a copy. */
export function copyDeployed({ directory }: DeployedCopy, target: string): DeployedCopy {
  return withFiles(() => {
    rmSync(target, { recursive: true, force: true });
    cpSync(directory, target, { recursive: true });
    return deployedCopy(target) as DeployedCopy;
  });
}

/**
 * Puts a copy where it was taken from, as if it had just been synthesized.
 *
 * @param platform stack of the environment as it is meant now, where Terraform is at home
 * @returns the stacks to apply
 */
export function putBack(
  copy: DeployedCopy,
  deployment: Place,
  platform: TerraformOptions,
): [TerraformOptions, ...TerraformOptions[]] {
  const at = (name: string) => join(copy.directory, name);
  const folderOf = (name: string) => join(dirname(platform.directory), name);
  return withFiles(() => {
    for (const name of names.kept) {
      if (existsSync(at(name))) cpSync(at(name), join(deployment.directory, name));
    }
    if (existsSync(at(names.files)))
      cpSync(at(names.files), deployment.privateDirectory, { recursive: true });
    const stacks = ["platform", ...(copy.identity ? ["identity"] : [])];
    for (const name of stacks) {
      mkdirSync(folderOf(name), { recursive: true });
      cpSync(at(names.stack(name)), join(folderOf(name), "cdk.tf.json"));
    }
    const { binary, env } = platform;
    const former: TerraformOptions = { binary, env, directory: folderOf("platform") };
    if (!copy.identity) return [former];
    const variables = JSON.parse(readFileSync(at(names.variables), "utf8"));
    return [former, { binary, env: { ...env, ...variables }, directory: folderOf("identity") }];
  });
}

/** Puts the state of Keycloak's provider back, as must be where its database goes back. */
export function putIdentityStateBack(
  { directory }: DeployedCopy,
  deployment: Pick<Place, "directory">,
): void {
  const kept = join(directory, names.identityState);
  if (existsSync(kept)) withFiles(() => cpSync(kept, join(deployment.directory, names.identityState)));
}

/** Secrets whose value has changed since, by name. */
export function secretsChangedSince(
  { directory }: DeployedCopy,
  deployment: Pick<Place, "directory">,
): string[] {
  const read = (folder: string): Record<string, unknown> => {
    const file = join(folder, "secrets.json");
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  };
  const [was, is] = [read(directory), read(deployment.directory)];
  // What the file notes beside secrets is no text.
  return Object.keys(was).filter((name) => {
    const text = is[name];
    return typeof text === "string" && was[name] !== text;
  });
}
