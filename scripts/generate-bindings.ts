import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { packageRoot } from "../kit/package-root";
import { type ProviderFacts, type ProviderName, providerFacts } from "../setup/terraform/provider-schema";

interface Provider {
  readonly source: string;
  /** Git-ignored: one module a resource, so that each can be imported alone. */
  readonly folder: string;
  /** What the synthesized `required_providers` says of the release whose facts the kit has. */
  readonly range: (version: string) => string;
  /** Where that release keeps its pages. */
  readonly pages: (version: string) => string;
}

const GITHUB = "https://github.com";

const PROVIDERS: Readonly<Record<ProviderName, Provider>> = {
  docker: {
    source: "kreuzwerker/docker",
    folder: join(packageRoot, "constructs/engine/docker/bindings"),
    // The kit uses nothing that came after 3.6.2.
    range: (version) => `>= 3.6.2, < ${Number.parseInt(version, 10) + 1}.0.0`,
    pages: (version) => `${GITHUB}/kreuzwerker/terraform-provider-docker/blob/v${version}/docs/`,
  },
  keycloak: {
    source: "keycloak/keycloak",
    folder: join(packageRoot, "constructs/keycloak/bindings"),
    // A newer provider still has what this one has, up to the next major.
    range: (version) => `>= ${version}, < ${Number.parseInt(version, 10) + 1}.0.0`,
    pages: (version) => `${GITHUB}/keycloak/terraform-provider-keycloak/blob/v${version}/docs/`,
  },
};

/** The one door to CDK for Terraform. */
const cdk = join(packageRoot, "constructs/terraform/cdk");

/** Written last: an interrupted generation is done again. */
const MARKER = ".generated-from";

/** The generator wants a host before the source. This one marks what is ours to replace. */
const HOST = "kit";

/** Generates the bindings of every provider, where its schema or the generator has changed since. */
export async function generateBindings(): Promise<void> {
  await generateBindingsOf("docker");
  await generateBindingsOf("keycloak");
}

/** @returns whether there was anything to do */
export async function generateBindingsOf(
  name: ProviderName,
  folder = PROVIDERS[name].folder,
): Promise<boolean> {
  const facts = providerFacts(name);
  const origin = originOf(facts);
  if (readIfThere(join(folder, MARKER)) === origin) return false;
  const files = await generate(name, facts);
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, MARKER), { force: true });
  // Nothing else is removed before its successor is there: a second npm script may be compiling.
  for (const [module, text] of files) writeFileSync(join(folder, module), text);
  for (const module of readdirSync(folder)) {
    if (!files.has(module)) rmSync(join(folder, module), { recursive: true });
  }
  writeFileSync(join(folder, MARKER), origin);
  return true;
}

function originOf({ version, file }: ProviderFacts): string {
  const generator = require.resolve("@cdktf/provider-generator/package.json");
  const hash = createHash("sha256").update(version);
  for (const path of [file, generator, __filename]) hash.update(readFileSync(path));
  return hash.digest("hex");
}

async function generate(
  name: ProviderName,
  { version, schema }: ProviderFacts,
): Promise<Map<string, string>> {
  // Read when the generator is imported: it would report to its makers, and run Terraform to tell them its version.
  process.env.CHECKPOINT_DISABLE = "1";
  process.env.TERRAFORM_BINARY_NAME = "true";
  const { CodeMaker, TerraformProviderGenerator } = await import("@cdktf/provider-generator");
  const provider = PROVIDERS[name];
  const source = `${HOST}/${provider.source}`;
  const code = new CodeMaker();
  const generator = new TerraformProviderGenerator(code, {
    format_version: "0.2",
    provider_schemas: { [source]: schema as never },
    provider_versions: { [source]: provider.range(version) },
  });
  generator.generateAll();
  const folder = mkdtempSync(join(tmpdir(), `${name}-bindings-`));
  try {
    await code.save(folder);
    return collect(join(folder, "providers", name), provider, version);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `openid-client/index.ts` becomes `openid-client.ts`. Neither READMEs nor an index, which would load everything. */
function collect(folder: string, provider: Provider, version: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!path.includes("/") || !path.endsWith(".ts")) continue;
    const [module, file] = [dirname(path), basename(path, ".ts")];
    // A large resource has its structures in a module beside it.
    const name = file === "index" ? module : `${module}-${file}`;
    files.set(`${name}.ts`, adapt(readFileSync(join(folder, path), "utf8"), module, provider, version));
  }
  return files;
}

const HEADER = `// Generated by scripts/generate-bindings.ts.
// The generator does not write for exactOptionalPropertyTypes and noImplicitOverride:
// @ts-nocheck
`;

/** CDK for Terraform comes by its one door; documentation links lead to the provider's repository. */
function adapt(text: string, module: string, { source, folder, pages }: Provider, version: string): string {
  const registry = new RegExp(`https://${HOST}/providers/${source}/[^/]+/docs(?:/([\\w-]+/\\w+))?`, "g");
  return (
    HEADER +
    text
      .replace("from 'cdktf'", `from '${relative(folder, cdk)}'`)
      .replaceAll("from './index-structs'", `from './${module}-structs'`)
      .replaceAll(registry, (_, page: string | undefined) => `${pages(version)}${page ?? "index"}.md`)
      .replace(/\n *\/\*\*\n\s*\* Docs at Terraform Registry: .*\n\s*\*\//g, "")
      .replaceAll("Docs at Terraform Registry: ", "")
      .replaceAll(`'${HOST}/${source}'`, `'${source}'`)
  );
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
