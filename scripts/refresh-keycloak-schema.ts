import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tellPlainly, toTheEnd } from "../cli/to-the-end";
import { KitError } from "../config/errors";
import { ensureKeycloakProvider } from "../setup/keycloak-provider";
import { keycloakProviderFacts, keycloakProviderFiles, lackingFrom } from "../setup/keycloak-provider-schema";
import { createProgress } from "../setup/progress";
import { ensureTerraform } from "../setup/terraform";

// `npm run refresh:keycloak-schema [VERSION]` replaces the facts in schemas/ by what that release of Keycloak's provider
// says: from the provider registry, or the one that KIT_KEYCLOAK_PROVIDER names. `npm run generate` then makes the
// bindings anew.
async function refresh(wanted?: string): Promise<void> {
  if (wanted !== undefined && !/^\d+\.\d+\.\d+$/.test(wanted)) {
    throw new KitError("This is no version", [
      { what: "the argument is not a version", got: wanted, allowed: "a release of the provider, as 5.9.0" },
    ]);
  }
  const progress = createProgress();
  const before = keycloakProviderFacts();
  const { version, schema } = await ensureKeycloakProvider(await ensureTerraform(progress), progress, wanted);
  const file = join(dirname(before.file), `keycloak-provider-${version}.json`);
  writeFileSync(file, JSON.stringify(schema));
  for (const other of keycloakProviderFiles()) if (other.file !== file) rmSync(other.file);
  const gone = lackingFrom(schema, before.schema);
  const added = lackingFrom(before.schema, schema);
  progress.done(file, `${added.length} new, ${gone.length} gone since ${before.version}`);
  for (const name of added) progress.note(`new:  ${name}`);
  for (const name of gone) progress.note(`gone: ${name}`);
}

void toTheEnd(refresh(process.argv[2]), tellPlainly);
