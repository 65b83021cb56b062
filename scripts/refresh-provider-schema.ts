import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tellPlainly, toTheEnd } from "../cli/to-the-end";
import { KitError } from "../kit/errors";
import { packageRoot } from "../kit/package-root";
import { createProgress, type Progress } from "../setup/progress/progress";
import { ensureKeycloakProvider } from "../setup/terraform/keycloak-provider";
import { dockerRelease, ensureProviders } from "../setup/terraform/provider";
import { askSchema, initProvider } from "../setup/terraform/provider-mirror";
import {
  lackingFrom,
  type ProviderName,
  type ProviderSchema,
  providerFacts,
  providerFiles,
} from "../setup/terraform/provider-schema";
import { ensureTerraform } from "../setup/terraform/terraform";

/** Of Docker's provider, what the constructs use. */
const DOCKER_RESOURCES = ["docker_container", "docker_image", "docker_volume"];

// `npm run refresh:provider-schema docker` and `… keycloak [VERSION]` replace the facts in schemas/ by what that release
// says: of Docker's provider the one that the kit pins, of Keycloak's any of the provider registry, or the one that
// KIT_KEYCLOAK_PROVIDER names. `npm run generate` then makes the bindings anew.
async function refresh(name?: string, wanted?: string): Promise<void> {
  if (name !== "docker" && name !== "keycloak") {
    throw new KitError("This is no provider of the kit", [
      { what: "the first argument is not a provider", got: name, allowed: ["docker", "keycloak"] },
    ]);
  }
  if (wanted !== undefined && !(name === "keycloak" && /^\d+\.\d+\.\d+$/.test(wanted))) {
    throw new KitError("This is no version", [
      { what: "the argument is not a version of Keycloak's provider", got: wanted, allowed: "as 5.9.0" },
    ]);
  }
  const progress = createProgress();
  write(name, await (name === "docker" ? docker(progress) : keycloak(progress, wanted)), progress);
}

interface Release {
  readonly version: string;
  readonly schema: ProviderSchema;
}

async function keycloak(progress: Progress, wanted?: string): Promise<Release> {
  return ensureKeycloakProvider(await ensureTerraform(progress), progress, wanted);
}

async function docker(progress: Progress): Promise<Release> {
  const terraform = await ensureTerraform(progress);
  const { env } = await ensureProviders(terraform, progress);
  const work = mkdtempSync(join(tmpdir(), "docker-provider-"));
  try {
    await initProvider(terraform, dockerRelease, work, () => {}, env.TF_CLI_CONFIG_FILE);
    const { provider, resource_schemas } = await askSchema(
      terraform,
      dockerRelease,
      work,
      env.TF_CLI_CONFIG_FILE,
    );
    const used = Object.entries(resource_schemas).filter(([resource]) => DOCKER_RESOURCES.includes(resource));
    const schema = { provider, resource_schemas: Object.fromEntries(used), data_source_schemas: {} };
    return { version: dockerRelease.version, schema };
  } finally {
    rmSync(work, { recursive: true });
  }
}

function write(name: ProviderName, { version, schema }: Release, progress: Progress): void {
  const file = join(packageRoot, `schemas/${name}-provider-${version}.json`);
  const [before] = providerFiles(name);
  const had = before && providerFacts(name).schema;
  writeFileSync(file, JSON.stringify(schema));
  if (before && before.file !== file) rmSync(before.file);
  const added = had ? lackingFrom(had, schema) : [];
  const gone = had ? lackingFrom(schema, had) : [];
  progress.done(file, `${added.length} new, ${gone.length} gone since ${before?.version ?? "nothing"}`);
  for (const fact of added) progress.note(`new:  ${fact}`);
  for (const fact of gone) progress.note(`gone: ${fact}`);
}

void toTheEnd(refresh(process.argv[2], process.argv[3]), tellPlainly);
