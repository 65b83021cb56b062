import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { RootConstruct } from "constructs";
import {
  type Adopted,
  type AdoptedFile,
  adoptedFiles,
  adoptedSecrets,
  secretsFile,
} from "../../constructs/keycloak/adopt/adopted-files";
import { exportText } from "../../constructs/keycloak/adopt/export/export-text";
import { countKinds, fieldReport } from "../../constructs/keycloak/adopt/field-report";
import { RealmStack } from "../../constructs/keycloak/adopt/realm-stack";
import { RealmTemplate } from "../../constructs/keycloak/adopt/realm-template";
import { withoutPlaceholders } from "../../constructs/keycloak/adopt/secrets/placeholders";
import type { ImportBlock } from "../../constructs/keycloak/provider/realm/import-block";
import { realmCoverage } from "../../constructs/keycloak/provider/realm-coverage";
import { readJson } from "../../constructs/keycloak/representation/json-text";
import { Secret } from "../../constructs/workload/secret";
import { KitError, type Problem } from "../../kit/errors";
import { isObject } from "../../kit/json";
import { foreignRealm, realmUrl } from "../../operations/keycloak/foreign-realm";
import type { Output } from "../output/output";
import { writeFiles } from "../output/write-files";

export interface RealmAdoptOptions {
  /** Chooses among several realms of a file, and names a fragment. @default the only one */
  readonly realm?: string;
  /** Folder to write into. @default "realm-<name>" */
  readonly out?: string;
}

/**
 * Makes a stack of a realm that exists: of an export, or of a running Keycloak by the URL of the realm,
 * `https://sso.example.com/auth/realms/mail`. The administrator is given by KIT_ADOPT_USER and KIT_ADOPT_PASSWORD, or
 * KIT_ADOPT_PASSWORD_FILE.
 *
 * @throws KitError
 */
export async function realmAdopt(source: string, options: RealmAdoptOptions, output: Output): Promise<void> {
  const url = /^https?:\/\//i.test(source) ? realmUrl(source) : undefined;
  const running = url && (await foreignRealm(url));
  const text = running ? JSON.stringify(running.realm) : exportText(source);
  const template = RealmTemplate.parse(text, source, {
    ...(options.realm !== undefined && { realm: options.realm }),
    ...(running && { findings: running.findings }),
  });
  const folder = resolve(
    options.out ?? `realm-${String(template.representation.realm).replace(/[^\w-]+/g, "-")}`,
  );
  const parts = stackParts(template);
  const coverage = realmCoverage(withoutPlaceholders(template.representation), true);
  const adopted: Adopted = {
    source,
    template,
    imported: fieldReport(template, undefined, parts.neededSecrets),
    provided: fieldReport(template, coverage, parts.neededSecrets),
    ...parts,
    ...(url && { keycloak: url.keycloak }),
    filledIn: filledIn(join(folder, secretsFile)),
  };
  const written = write(folder, adoptedFiles(adopted));
  const [byImport, byTerraform] = [countKinds(adopted.imported), countKinds(adopted.provided)];
  const secrets = Object.entries(adoptedSecrets(adopted));
  const masked = secrets.filter(([, value]) => value === null).map(([variable]) => variable);
  const lines = [
    ...written.map(({ file, action }) => `${action} ${file}`),
    `${adopted.imported.length} values: by import ${sentence(byImport)}; by Terraform ${sentence(byTerraform)}`,
    ...(masked.length > 0
      ? [`not known, to be put into ${secretsFile} in place of null: ${masked.length}`]
      : []),
    ...(template.findings.length > 0 ? [`${template.findings.length} things to look at: report.md`] : []),
  ];
  output.result(
    {
      command: "realm adopt",
      realm: template.representation.realm,
      source,
      version: template.version,
      values: adopted.imported.length,
      import: byImport,
      terraform: byTerraform,
      importBlocks: adopted.imports.length,
      masked,
      unknown: template.unknown.map(({ path }) => path),
      findings: template.findings,
      written,
    },
    lines.join("\n"),
  );
}

/** The values that somebody has put into the file of secrets. @throws KitError when it cannot be read */
function filledIn(file: string): Record<string, string | null> {
  if (!existsSync(file)) return {};
  const refused = (problem: Omit<Problem, "fix">) =>
    new KitError("the secrets of the last adoption cannot be read", [
      { ...problem, fix: "Mend or remove it: it would be overwritten" },
    ]);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw refused({ where: file, what: (error as Error).message });
  }
  const read = readJson(text, file);
  if ("problem" in read) throw refused(read.problem);
  if (!isObject(read.json)) throw refused({ where: file, what: "not an object" });
  return read.json as Record<string, string | null>;
}

function sentence(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

/** The objects that exist have ids in the export; the addresses are those of the stack that the files describe. */
function stackParts({ identified }: RealmTemplate): {
  imports: readonly ImportBlock[];
  neededSecrets: ReadonlyMap<string, string>;
} {
  // Below no App, which would make a folder for what is to be written.
  const { imports, variables } = new RealmStack(new RootConstruct(), "realm", {
    realm: identified,
    keycloak: "http://localhost/auth",
    // Addresses do not depend on secrets.
    secretOf: (object) => new Secret(object, "placeholder"),
  });
  return { imports, neededSecrets: new Map([...variables].map(([variable, { name }]) => [variable, name])) };
}

function write(folder: string, files: readonly AdoptedFile[]): Written[] {
  const kept = files.filter(({ name, keepExisting }) => keepExisting && existsSync(join(folder, name)));
  const wanted = files
    .filter((file) => !kept.includes(file))
    .map(({ name, content, secret }) => ({ path: name, content, mode: secret ? 0o600 : 0o644 }));
  const overwritten = writeFiles(folder, wanted, "the realm's");
  return files.map((file) => ({
    file: join(folder, file.name),
    action: kept.includes(file) ? "kept" : overwritten.has(file.name) ? "overwritten" : "written",
  }));
}

interface Written {
  readonly file: string;
  readonly action: "written" | "overwritten" | "kept";
}
