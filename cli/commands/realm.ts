import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ExitCode, KitError } from "../../config/errors";
import { Secret } from "../../constructs/container/secret";
import {
  type Adopted,
  type AdoptedFile,
  adoptedFiles,
  adoptedSecrets,
  secretsFile,
} from "../../constructs/keycloak/adopt/adopted-files";
import { countKinds, fieldReport } from "../../constructs/keycloak/adopt/field-report";
import {
  configLabel,
  type ImportBlock,
  importBlocks,
  stepLabel,
} from "../../constructs/keycloak/adopt/import-blocks";
import { parseExport } from "../../constructs/keycloak/adopt/parse-export";
import { withoutPlaceholders } from "../../constructs/keycloak/adopt/placeholders";
import { RealmStack } from "../../constructs/keycloak/adopt/realm-stack";
import { RealmTemplate } from "../../constructs/keycloak/adopt/realm-template";
import { realmCoverage } from "../../constructs/keycloak/provider/realm-coverage";
import { App, Testing } from "../../constructs/terraform";
import type { Output } from "../output";
import { writeFile } from "../write-file";

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
  const running = url && (await runningRealm(url));
  const text = running?.text;
  const settings = { ...(options.realm !== undefined && { realm: options.realm }) };
  const template =
    text === undefined
      ? RealmTemplate.fromFile(source, settings)
      : RealmTemplate.parse(text, source, settings);
  const folder = resolve(
    options.out ?? `realm-${String(template.representation.realm).replace(/[^\w-]+/g, "-")}`,
  );
  const adopted: Adopted = {
    source,
    template,
    imported: fieldReport(template),
    provided: fieldReport(template, realmCoverage(withoutPlaceholders(template.representation))),
    ...stackParts(template, text ?? readFileSync(source, "utf8"), source, running?.steps, options.realm),
    ...(url && { keycloak: url.keycloak }),
    filledIn: filledIn(join(folder, secretsFile)),
  };
  const written = adoptedFiles(adopted).map((file) => write(folder, file));
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
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new KitError("the secrets of the last adoption cannot be read", [
      {
        where: file,
        what: (error as Error).message.replace(/".*"/, ""),
        fix: "Mend or remove it: it would be overwritten",
      },
    ]);
  }
}

function sentence(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

/** The objects that exist have ids in the export; the addresses are those of the stack that the files describe. */
function stackParts(
  template: RealmTemplate,
  text: string,
  source: string,
  steps?: ReadonlyMap<string, string>,
  realm?: string,
): { imports: ImportBlock[]; neededSecrets: ReadonlySet<string> } {
  const neededSecrets = new Set<string>();
  const stack = new RealmStack(new App({ skipValidation: true }), "realm", {
    realm: template.representation,
    keycloak: "http://localhost/auth",
    // Addresses do not depend on secrets.
    secretOf: (object) => {
      neededSecrets.add(object);
      return new Secret(object, "placeholder");
    },
  });
  const imports = importBlocks(
    JSON.parse(Testing.synth(stack)),
    parseExport(text, source, realm).realm,
    steps,
  );
  return { imports, neededSecrets };
}

function write(folder: string, { name, content, secret = false, kept = false }: AdoptedFile): Written {
  const file = join(folder, name);
  if (kept && existsSync(file)) return { file, action: "kept" };
  const overwritten = writeFile(file, content, secret ? 0o600 : 0o644, "the realm's");
  return { file, action: overwritten ? "overwritten" : "written" };
}

interface Written {
  readonly file: string;
  readonly action: "written" | "overwritten" | "kept";
}

interface RealmUrl {
  /** Base URL, `https://sso.example.com/auth`. */
  readonly keycloak: string;
  readonly realm: string;
}

function realmUrl(source: string): RealmUrl {
  const found = /^(.+?)\/(?:admin\/)?realms\/([^/?#]+)\/?$/.exec(source);
  const valid = URL.canParse(source) && new URL(source).username === "";
  if (found?.[1] && found[2] && valid) return { keycloak: found[1], realm: decodeURIComponent(found[2]) };
  throw new KitError("the realm cannot be found", [
    {
      where: "URL",
      what: "not the URL of a realm",
      allowed: "https://sso.example.com/auth/realms/mail, without a user",
    },
  ]);
}

function administrator(): { username: string; password: string } {
  const { KIT_ADOPT_USER, KIT_ADOPT_PASSWORD, KIT_ADOPT_PASSWORD_FILE } = process.env;
  if (KIT_ADOPT_USER && KIT_ADOPT_PASSWORD) return { username: KIT_ADOPT_USER, password: KIT_ADOPT_PASSWORD };
  if (KIT_ADOPT_USER && KIT_ADOPT_PASSWORD_FILE && existsSync(KIT_ADOPT_PASSWORD_FILE)) {
    return {
      username: KIT_ADOPT_USER,
      password: readFileSync(KIT_ADOPT_PASSWORD_FILE, "utf8").replace(/\r?\n$/, ""),
    };
  }
  throw new KitError("Keycloak's administrator is not given", [
    {
      where: "environment",
      what: "a user or a password is missing",
      allowed: "KIT_ADOPT_USER, and KIT_ADOPT_PASSWORD or KIT_ADOPT_PASSWORD_FILE",
    },
  ]);
}

const timeout = 30_000;

/** The export of a running realm: without users, except those of service accounts. */
async function runningRealm({ keycloak, realm }: RealmUrl): Promise<Running> {
  const { username, password } = administrator();
  const login = await request(`${keycloak}/realms/master/protocol/openid-connect/token`, {
    body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username, password }),
  });
  const { access_token: token } = JSON.parse(login) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  const admin = `${keycloak}/admin/realms/${encodeURIComponent(realm)}`;
  const text = await request(`${admin}/partial-export?exportClients=true&exportGroupsAndRoles=true`, {
    headers,
  });
  const clients = JSON.parse(await request(`${admin}/clients`, { method: "GET", headers })) as Client[];
  const secrets = new Map(clients.map(({ clientId, secret }) => [clientId, secret]));
  const exported = JSON.parse(text) as { clients?: Client[]; authenticationFlows?: Flow[] };
  for (const client of exported.clients ?? []) {
    // Exports show no secrets, this does.
    if (client.secret !== undefined) client.secret = secrets.get(client.clientId) ?? client.secret;
  }
  const steps = new Map<string, string>();
  for (const { alias, builtIn } of exported.authenticationFlows ?? []) {
    if (builtIn) continue;
    const path = `${admin}/authentication/flows/${encodeURIComponent(alias)}/executions`;
    const own = JSON.parse(await request(path, { method: "GET", headers })) as Step[];
    for (const { id, providerId, level, authenticationConfig } of own) {
      if (level !== 0 || providerId === undefined) continue;
      steps.set(stepLabel(alias, providerId), id);
      if (authenticationConfig !== undefined) steps.set(configLabel(id), authenticationConfig);
    }
  }
  return { text: JSON.stringify(exported), steps };
}

interface Running {
  readonly text: string;
  /** Ids of steps of flows by their `stepLabel`, and of their configurations by `configLabel`. */
  readonly steps: ReadonlyMap<string, string>;
}

interface Flow {
  readonly alias: string;
  readonly builtIn: boolean;
}

interface Step {
  readonly id: string;
  readonly providerId?: string;
  readonly level: number;
  /** Id of its configuration. */
  readonly authenticationConfig?: string;
}

interface Client {
  readonly clientId: string;
  secret?: string;
}

interface RequestOptions {
  readonly method?: "GET" | "POST";
  readonly body?: URLSearchParams;
  readonly headers?: Record<string, string>;
}

async function request(url: string, options: RequestOptions): Promise<string> {
  const refused = (what: string, exitCode: ExitCode, fix: string) =>
    new KitError("Keycloak does not give the realm", [{ where: url, what, fix }], { exitCode });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method: "POST", ...options, signal: AbortSignal.timeout(timeout) });
    text = await response.text();
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string } };
    throw refused(cause?.code ?? message, ExitCode.machine, "Is it the URL of a Keycloak that runs?");
  }
  if (response.ok) return text;
  const fix =
    response.status === 401 || response.status === 403
      ? "The user must be an administrator of the master realm"
      : response.status === 404
        ? "Is it the URL of a realm? Older Keycloaks have /auth in it"
        : "Keycloak's log says more";
  const code = response.status >= 500 ? ExitCode.machine : ExitCode.badInput;
  throw refused(`it answers ${response.status}`, code, fix);
}
