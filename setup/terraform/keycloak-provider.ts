import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { ExitCode, KitError, type Problem } from "../../kit/errors";
import { RunError } from "../../kit/run";
import { cached, cacheFolder } from "../host/cache";
import type { Progress } from "../progress/progress";
import {
  askSchema,
  fetchMirror,
  initProvider,
  layOutMirror,
  type ProviderMirror,
  type ProviderRelease,
  userInstallation,
  writeCliConfiguration,
} from "./provider-mirror";
import { lackingFrom, type ProviderSchema, providerFacts } from "./provider-schema";
import type { Terraform } from "./terraform";

const SOURCE = "keycloak/keycloak";

/** A program of the provider, for machines that its registry does not answer. */
const VARIABLE = "KIT_KEYCLOAK_PROVIDER";

/** What the provider says it can do, beside its mirror. */
const SCHEMA = "schema.json";

export interface KeycloakProvider {
  readonly version: string;
  readonly schema: ProviderSchema;
  /** What the kit's bindings have and this provider has not, as `lackingFrom` tells it. */
  readonly lacks: readonly string[];
  /** Absent where the user's own configuration is in charge. */
  readonly mirror?: ProviderMirror;
}

/** This machine cannot have Keycloak's Terraform provider: `identity: provider` cannot be deployed from it. */
export class KeycloakProviderUnavailable extends KitError {
  constructor(version: string, problem: Problem) {
    super(`Keycloak's Terraform provider ${version} cannot be installed here`, [problem], {
      exitCode: ExitCode.machine,
    });
  }
}

/**
 * Makes Keycloak's provider available: the program that `KIT_KEYCLOAK_PROVIDER` names, else what the provider registry
 * gives, once; it is on no other registry. It ends as a filesystem mirror in the cache.
 *
 * @param version wanted from the registry. @default the one whose facts the kit has
 * @throws KeycloakProviderUnavailable
 */
export async function ensureKeycloakProvider(
  terraform: Terraform,
  progress: Progress,
  version = providerFacts("keycloak").version,
): Promise<KeycloakProvider> {
  const named = process.env[VARIABLE];
  const user = userInstallation(terraform);
  if (user) {
    if (named) progress.note(`${VARIABLE} is not used: ${user} says where providers are`);
    return fromUserInstallation(terraform, user, releaseOf(version), progress);
  }
  return named
    ? fromProgram(terraform, resolve(named), progress)
    : fromRegistry(terraform, releaseOf(version), progress);
}

function releaseOf(version: string): ProviderRelease {
  return { title: "Keycloak provider", localName: "keycloak", source: SOURCE, version };
}

async function fromRegistry(
  terraform: Terraform,
  release: ProviderRelease,
  progress: Progress,
): Promise<KeycloakProvider> {
  const mirror = mirrorOf(terraform, release, "registry");
  if (existsSync(join(cacheFolder(), mirror.name))) {
    progress.done(`${release.title} ${release.version}`, "is in the cache");
  } else {
    const reason = await fetchMirror(terraform, release, mirror.name, progress, async (work, folder) =>
      writeSchema(folder, await askSchema(terraform, release, work)),
    );
    if (reason !== undefined) {
      throw new KeycloakProviderUnavailable(release.version, {
        what: `the provider registry has not given it: ${reason}`,
        fix: `Name its program by ${VARIABLE}, or let Keycloak import its realms (identity: import).`,
      });
    }
  }
  return fromMirror(release.version, mirror);
}

async function fromProgram(
  terraform: Terraform,
  program: string,
  progress: Progress,
): Promise<KeycloakProvider> {
  const facts = providerFacts("keycloak");
  if (!statSync(program, { throwIfNoEntry: false })?.isFile()) {
    throw new KeycloakProviderUnavailable(facts.version, {
      what: "there is no such file",
      where: VARIABLE,
      got: program,
      allowed: "the program of a release, unpacked",
    });
  }
  // What releases are called: terraform-provider-keycloak_v5.9.0
  const release = releaseOf(/_v(\d+\.\d+\.\d+)/.exec(basename(program))?.[1] ?? facts.version);
  const content = readFileSync(program);
  const mirror = mirrorOf(
    terraform,
    release,
    createHash("sha256").update(content).digest("hex").slice(0, 12),
  );
  const title = `${release.title} ${release.version}`;
  if (existsSync(join(cacheFolder(), mirror.name))) {
    progress.done(title, `is in the cache, a copy of ${program}`);
  } else {
    await progress.step(`take ${title} from ${program}`, (detail) =>
      cached(mirror.name, (folder) => copyInto(folder, terraform, release, program, detail), detail),
    );
  }
  return fromMirror(release.version, mirror);
}

async function copyInto(
  folder: string,
  terraform: Terraform,
  release: ProviderRelease,
  program: string,
  detail: (text: string) => void,
): Promise<void> {
  const copy = join(folder, `terraform-provider-keycloak_v${release.version}`);
  cpSync(program, copy);
  await layOutMirror(terraform, release, folder, copy);
  const work = join(folder, "init");
  const own = writeCliConfiguration(terraform, [{ name: basename(folder), source: SOURCE }]);
  try {
    await initProvider(terraform, release, work, detail, own);
    writeSchema(folder, await askSchema(terraform, release, work, own));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KeycloakProviderUnavailable(release.version, {
      what: `${terraform.product} cannot use it: ${error.reason}`,
      where: VARIABLE,
      got: program,
      allowed: `the program of a release for ${terraform.platform}, unpacked`,
      lines: explanation(error),
    });
  } finally {
    rmSync(own, { force: true });
    rmSync(work, { recursive: true, force: true });
    rmSync(copy, { force: true });
  }
}

/** Asked anew each time: what the user's configuration finds may change. */
async function fromUserInstallation(
  terraform: Terraform,
  user: string,
  release: ProviderRelease,
  progress: Progress,
): Promise<KeycloakProvider> {
  const work = mkdtempSync(join(tmpdir(), "keycloak-provider-"));
  try {
    await initProvider(terraform, release, work, () => {});
    const schema = await askSchema(terraform, release, work, user);
    progress.done(`${release.title} ${release.version}`, `installed as ${user} says`);
    return provider(release.version, schema);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KeycloakProviderUnavailable(release.version, {
      what: `${terraform.product} does not find it where ${user} says`,
      lines: explanation(error),
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** For each of both products, since their default hosts differ. */
function mirrorOf(terraform: Terraform, { version }: ProviderRelease, origin: string): ProviderMirror {
  const product = terraform.product.toLowerCase();
  return { name: `keycloak-provider-${version}-${product}-${terraform.platform}-${origin}`, source: SOURCE };
}

/** Whether a folder of the cache is such a mirror, of that release or of a program of the user's own. */
export function isKeycloakMirror(name: string, release: string): boolean {
  const [, version, origin] =
    /^keycloak-provider-([\d.]+)-(?:terraform|opentofu)-\w+-(registry|[0-9a-f]{12})$/.exec(name) ?? [];
  return version !== undefined && (version === release || origin !== "registry");
}

/** What Terraform says from its first error on, without the frame around it. */
function explanation({ tail }: RunError): readonly string[] {
  const lines = tail.map((line) => line.replace(/^[│╷╵]\s?/, "").trimEnd()).filter((line) => line !== "");
  return lines
    .slice(
      Math.max(
        0,
        lines.findIndex((line) => line.startsWith("Error:")),
      ),
    )
    .slice(0, 8);
}

function writeSchema(folder: string, schema: ProviderSchema): void {
  writeFileSync(join(folder, SCHEMA), JSON.stringify(schema));
}

function fromMirror(version: string, mirror: ProviderMirror): KeycloakProvider {
  const schema = JSON.parse(readFileSync(join(cacheFolder(), mirror.name, SCHEMA), "utf8"));
  return { ...provider(version, schema), mirror };
}

function provider(version: string, schema: ProviderSchema): KeycloakProvider {
  return { version, schema, lacks: lackingFrom(schema, providerFacts("keycloak").schema) };
}
