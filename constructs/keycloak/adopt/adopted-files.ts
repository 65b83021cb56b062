import type { FieldReport } from "../provider/mapping/field-mapping";
import type { ImportBlock } from "../provider/realm/import-block";
import { countKinds } from "./field-report";
import type { RealmTemplate } from "./realm-template";

export interface AdoptedFile {
  readonly name: string;
  readonly content: string;
  /** Only for its owner to read. */
  readonly secret?: boolean;
  /** Its owner changes it: one that is there is not overwritten. */
  readonly keepExisting?: boolean;
}

/** What `realm adopt` found. */
export interface Adopted {
  /** File or URL. */
  readonly source: string;
  readonly template: RealmTemplate;
  /** What becomes of every value when Keycloak imports the realm, and when Terraform applies it. */
  readonly imported: readonly FieldReport[];
  readonly provided: readonly FieldReport[];
  readonly imports: readonly ImportBlock[];
  /** Objects whose secrets the stack asks for, `client james`, by the variables that hold them. */
  readonly neededSecrets: ReadonlyMap<string, string>;
  /** What the file of secrets had before. */
  readonly filledIn: Readonly<Record<string, string | null>>;
  /** Base URL of the Keycloak, where it is known. */
  readonly keycloak?: string;
}

/** Values of the stack's sensitive variables. */
export const secretsFile = "secrets.tfvars.json";

/** The files of an adopted realm. */
export function adoptedFiles(adopted: Adopted): AdoptedFile[] {
  const { template, imports } = adopted;
  return [
    { name: "realm.json", content: json(template.representation) },
    { name: "realm-stack.ts", content: stackFile(adopted), keepExisting: true },
    { name: "imports.tf.json", content: json({ import: imports }) },
    { name: "report.md", content: reportFile(adopted) },
    { name: ".gitignore", content: `${secretsFile}\nterraform.tfstate*\n` },
    { name: secretsFile, content: json(adoptedSecrets(adopted)), secret: true },
    ...(template.unknown.length > 0 ? [{ name: "left-out.json", content: json(template.unknown) }] : []),
  ];
}

/** Secrets that the stack needs; null where a value is yet to be filled in. Users' passwords and keys stay in Keycloak. */
export function adoptedSecrets(adopted: Adopted): Record<string, string | null> {
  const { template, neededSecrets, filledIn } = adopted;
  const shown = [...neededSecrets].map(([variable, object]) => [
    variable,
    template.secretOf(object)?.reveal(),
  ]);
  return Object.fromEntries(
    [["keycloak_admin", undefined], ...shown].map(([variable = "", value]) => [
      variable,
      value ?? filledIn[variable] ?? null,
    ]),
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function stackFile({ template, source, keycloak, imports }: Adopted): string {
  const realm = String(template.representation.realm);
  const version = template.version === undefined ? "" : ` (Keycloak ${template.version})`;
  const props = [
    `  realm: RealmTemplate.fromFile(join(folder, "realm.json")).representation,`,
    `  keycloak: ${JSON.stringify(keycloak ?? "https://sso.example.com/auth")},`,
    `  secretsFile: join(folder, ${JSON.stringify(secretsFile)}),`,
    ...(imports.length > 0 ? [`  importsFile: join(folder, "imports.tf.json"),`] : []),
    `  stateFile: join(folder, "terraform.tfstate"),`,
  ];
  return `import { dirname, join } from "node:path";
import { App, RealmStack, RealmTemplate } from "james-oidc-kit";

// Realm ${oneLine(realm)}, adopted from ${oneLine(source)}${oneLine(version)}: report.md tells what became of every field.
const app = new App();
// Where this program is, as CommonJS and as an ES module.
const folder = dirname(String(process.argv[1]));
new RealmStack(app, ${JSON.stringify(constructId(realm))}, {
${props.join("\n")}
});
app.synth();
`;
}

function constructId(realm: string): string {
  return `realm-${realm.replace(/[^A-Za-z0-9-]+/g, "-")}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

const meanings = {
  carried: "as it was",
  translated: "in another form",
  default: "left out: Keycloak makes it by itself, or it says nothing",
  inexpressible: "lost here; the reason is below",
} as const;

function reportFile({ template, source, imported, provided, imports }: Adopted): string {
  const [byImport, byProvider] = [countKinds(imported), countKinds(provided)];
  const kinds = Object.keys(meanings) as (keyof typeof meanings)[];
  const rows = kinds.map((kind) => [kind, String(byImport[kind]), String(byProvider[kind]), meanings[kind]]);
  const masked = template.secrets.filter(({ value }) => value === undefined).length;
  const byPath = new Map(imported.map((one) => [one.path, one]));
  return [
    `# Realm ${oneLine(String(template.representation.realm))}`,
    `From ${oneLine(source)}${template.version === undefined ? "" : `, Keycloak ${oneLine(template.version)}`}: ${imported.length} values, ` +
      `${template.secrets.length} secrets (${masked} of them masked), ${imports.length} import blocks.`,
    table([
      ["", "by import", "by Terraform", ""],
      ["total", String(imported.length), String(provided.length), ""],
      ...rows,
    ]),
    "## To look at",
    template.findings.length === 0
      ? "Nothing."
      : table([
          ["what", "where", "why"],
          ...template.findings.map(({ kind, path, what }) => [kind, path, what]),
        ]),
    "## Every value",
    table([
      ["where", "by import", "by Terraform", "why"],
      ...provided.map(({ path, kind, reason }) => {
        const own = byPath.get(path);
        return [path, own?.kind ?? "", kind, [...new Set([own?.reason, reason].filter(Boolean))].join("; ")];
      }),
    ]),
    "",
  ].join("\n\n");
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => oneLine(cell).replace(/[|<>]/g, (found) => `\\${found}`)).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
