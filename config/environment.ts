import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { CertificateFiles } from "../constructs/certificates/certificate-store";
import { kitRealmFile, parseRealm } from "../constructs/keycloak/representation/realm-template";
import { type LocatedEntry, locateLdif } from "../constructs/ldap/ldif";
import { KitError, type Problem } from "../kit/errors";
import { withFiles } from "../kit/file-system";
import { packageRoot } from "../kit/package-root";
import { readText } from "../kit/read-text";
import { schemaProblems } from "../kit/schema-problems";
import { readYaml, topLevelText } from "../kit/yaml";
import { defaultReferences, type ImageReferences } from "../platform/image-references";
import type { PlatformModel } from "../platform/model/platform-model";
import { resolvePlatform } from "../platform/model/resolve-platform";
import { idleSettingProblems } from "../platform/rules/idle-settings";
import { platformProblems } from "../platform/rules/platform-rules";
import { readCertificateFiles } from "./certificate-files";
import { certificateProblems, withCertificates } from "./certificates";
import { cleartextProblems } from "./cleartext-checks";
import { type CompleteSettings, given, withDerivedDefaults } from "./derived-defaults";
import { directoryProblems } from "./directory-checks";
import { ldifPeopleProblems } from "./ldif-people";
import { type MailboxContent, readMailboxes } from "./mailboxes";
import { applyOverrides, isSecret, keysAt, overrides } from "./overrides";
import { platformSpec, writtenPath } from "./platform-settings";
import { providerProblems } from "./provider-checks";
import { secretProblems, secretVariableProblems } from "./secret-checks";
import { settingsSchema } from "./settings";

/** An environment file, read once, with the files it names. Plain data, trusted everywhere. */
export interface Environment extends Omit<CompleteSettings, "tls" | "mailboxes"> {
  /** What is meant by it. */
  readonly platform: PlatformModel;
  readonly entries: readonly LocatedEntry[];
  readonly tls: Omit<CompleteSettings["tls"], "files">;
  /** Those of `tls.files`. */
  readonly certificateFiles: readonly CertificateFiles[];
  /** What mailboxes are filled with. */
  readonly mailboxes: readonly MailboxContent[];
}

export interface LoadOptions {
  /** Folder of environment files. @default `environments` below the working directory, else the kit's own */
  readonly directory?: string;
  /** Where `KIT_…` overrides are looked up. */
  readonly env: NodeJS.ProcessEnv;
}

function defaultDirectory(): string {
  const own = resolve("environments");
  return isThere(own, "folder") ? own : join(packageRoot, "environments");
}

/** Names of the environments of a folder; what editors and systems put beside them begins with a dot. */
export function environmentNames(directory: string): string[] {
  if (!isThere(directory, "folder")) return [];
  return withFiles(() => readdirSync(directory))
    .filter((file) => /^[^.].*\.yaml$/.test(file) && isThere(join(directory, file), "file"))
    .map((file) => basename(file, ".yaml"))
    .sort();
}

/** Links are followed. */
function isThere(path: string, kind: "file" | "folder"): boolean {
  try {
    return statSync(path).isDirectory() === (kind === "folder");
  } catch {
    // Reading it tells why, where it is needed.
    return false;
  }
}

/**
 * Loads `<directory>/<name>.yaml`, or the file that `name` is the path of.
 *
 * @throws KitError that lists everything wrong in the file, in the files it names and in the overriding variables
 */
export function loadEnvironment(name: string, options: LoadOptions): Environment {
  const directory = options.directory ?? defaultDirectory();
  const file = fileOf(name, directory);
  const shown = relative(".", file);
  if (!isThere(file, "file")) {
    throw new KitError(`there is no environment ${name}`, [
      {
        where: shown,
        what: isThere(file, "folder") ? "it is a folder" : "no such file",
        allowed: environmentNames(directory),
        fix: "Choose by --env or KIT_ENV",
      },
    ]);
  }
  const { written, lineAt } = readYaml(readText(file, shown), shown);
  const overridden = applyOverrides(written, options.env);
  const parsed = settingsSchema.safeParse(overridden.settings);
  const problems = [...overridden.problems];
  const place = (path: readonly PropertyKey[]) => {
    const key = path.map(String).join(".");
    const override = overrides.find(
      ({ variable, path }) =>
        `${key}.`.startsWith(`${path.join(".")}.`) && options.env[variable] !== undefined,
    );
    if (override) return `${override.variable} (${key})`;
    const line = lineAt(path);
    return `${shown}${line === undefined ? "" : `:${line}`} ${key}`.trim();
  };
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const readTemplate = (template: string | undefined, key: PropertyKey[]) => {
    const source = template ? resolve(dirname(file), template) : kitRealmFile;
    return collect(() => parseRealm(readText(source, template ? place(key) : source), relative(".", source)));
  };
  const readEntries = (paths: readonly string[]) =>
    paths.flatMap((path, index) => {
      const ldif = resolve(dirname(file), path);
      return collect(() => locateLdif(readText(ldif, place(["ldif", index])), relative(".", ldif))) ?? [];
    });
  const readCertificates = (path: string, key: readonly PropertyKey[]) =>
    collect(() => {
      const text = readText(resolve(dirname(file), path), place(key));
      problems.push(...certificateProblems(text, place(key)));
      return text;
    });
  const invalid = () => new KitError(`environment ${shown} is not valid`, problems);
  if (!parsed.success) {
    problems.push(
      ...schemaProblems(parsed.error, overridden.settings, {
        where: place,
        show: (value, [section]) => (section === "secrets" || isSecret(value) ? undefined : value),
        keysAt,
      }),
    );
    // What the files hold does not depend on what is wrong elsewhere.
    const { realm, ldif } = overridden.settings as Record<string, unknown>;
    readTemplate(settingsSchema.shape.realm.safeParse(realm).data?.template, ["realm", "template"]);
    readEntries(settingsSchema.shape.ldif.safeParse(ldif).data ?? []);
    throw invalid();
  }

  const settings = withDerivedDefaults(parsed.data, basename(file, ".yaml"));
  const templates = [settings.realm, ...settings.realms].map(({ template }, index) =>
    readTemplate(template, [...(index === 0 ? ["realm"] : ["realms", index - 1]), "template"]),
  );
  const withFiles = withCertificates(settings, readCertificates);
  const certificateFiles = readCertificateFiles(
    settings,
    (path, key) => collect(() => readText(resolve(dirname(file), path), place(key))),
    (problem, key) => problems.push({ where: place(key), ...problem }),
  );
  const platform = resolvePlatform(
    platformSpec(withFiles, given(parsed.data.limits), templates, certificateFiles),
  );
  const { realms } = platform;
  const entries = readEntries(settings.ldif);
  const mailboxes =
    settings.mailboxes === undefined
      ? []
      : readMailboxes(resolve(dirname(file), settings.mailboxes), platform, (problem) =>
          problems.push({ where: place(["mailboxes"]), ...problem }),
        );
  problems.push(
    ...platformProblems(platform, (path) => writtenPath(path).join(".")).map(({ path, ...problem }) => ({
      where: place(writtenPath(path)),
      ...problem,
    })),
    ...imageProblems(settings, place),
    ...directoryProblems(parsed.data, place),
    ...providerProblems(parsed.data, place),
    ...idleSettingProblems(overridden.settings as object, platform).map(({ path, ...problem }) => ({
      where: place(path),
      ...problem,
    })),
    ...cleartextProblems(settings, platform, place),
    ...secretProblems(settings.secrets, platform, place),
    ...secretVariableProblems(platform, options.env),
    ...fileName(settings.name, shown),
    ...sameName(settings.name, file),
    ...ldifPeopleProblems(realms, entries),
  );
  if (problems.length > 0) throw invalid();
  const { files: _, ...tls } = settings.tls;
  return { ...settings, platform, entries, tls, certificateFiles, mailboxes };
}

/** The name on the engine of an environment whose file need not be valid, nor be there. */
export function engineName(name: string, options: LoadOptions): string {
  const file = fileOf(name, options.directory ?? defaultDirectory());
  const written = options.env.KIT_NAME ?? (isThere(file, "file") ? nameOf(file) : undefined);
  return settingsSchema.shape.name.safeParse(written).data ?? basename(file, ".yaml");
}

/** The path of an environment's file. */
export function environmentFile(
  name: string,
  { directory = defaultDirectory() }: Omit<LoadOptions, "env"> = {},
): string {
  return fileOf(name, directory);
}

function fileOf(name: string, directory: string): string {
  return name.endsWith(".yaml") ? resolve(name) : join(directory, `${name}.yaml`);
}

/** References of images that are not asked for. */
function imageProblems(
  { images, imageReferences }: CompleteSettings,
  place: (path: readonly PropertyKey[]) => string,
): Problem[] {
  return Object.entries(defaultReferences).flatMap(([service, standard]) => {
    const named = imageReferences[service as keyof ImageReferences];
    if (images !== "built" || named === standard) return [];
    return [
      {
        where: place(["imageReferences", service]),
        what: "images are built here, so none is taken from a registry",
        got: named,
        fix: "Leave it out, or say images: registry",
      },
    ];
  });
}

/** A name that is not written comes from the file's. */
function fileName(name: string, file: string): Problem[] {
  const parsed = settingsSchema.shape.name.safeParse(name);
  return parsed.success
    ? []
    : [
        {
          where: file,
          what: "the file's name cannot name an environment",
          got: name,
          allowed: parsed.error.issues[0]?.message as string,
          fix: "Rename the file, or give it a `name`",
        },
      ];
}

/** Two files with one name would fight over the same containers. */
function sameName(name: string, file: string): Problem[] {
  return environmentNames(dirname(file))
    .map((other) => join(dirname(file), `${other}.yaml`))
    .filter((other) => other !== file && nameOf(other) === name)
    .map((other) => ({
      where: relative(".", file),
      what: `${relative(".", other)} has the same name`,
      got: name,
      fix: "Give one of them another `name`",
    }));
}

/** As far as it can be told: the file may be anything. */
function nameOf(file: string): unknown {
  try {
    return topLevelText(readText(file), "name") ?? basename(file, ".yaml");
  } catch (error) {
    if (error instanceof KitError) return basename(file, ".yaml");
    throw error;
  }
}
