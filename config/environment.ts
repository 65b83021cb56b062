import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import type * as z from "zod";
import { jamesMemory } from "../constructs/james/james-memory";
import { keycloakMemory } from "../constructs/keycloak/keycloak-memory";
import { kitRealmFile, parseRealm, type RealmRepresentation } from "../constructs/keycloak/realm-template";
import { type LdifEntry, parseLdif } from "../constructs/ldap/ldif";
import { type CompleteSettings, withDerivedDefaults } from "./derived-defaults";
import { KitError, type Problem } from "./errors";
import { applyOverrides, keysAt, overrides } from "./overrides";
import { packageRoot } from "./package-root";
import { clientNameProblems, realmProblems, secretVariableProblems } from "./realm-checks";
import { type Settings, settingsSchema } from "./settings";

/** An environment file, read once, with the files it names. Plain data, trusted everywhere. */
export interface Environment extends Omit<CompleteSettings, "realms"> {
  readonly realmTemplate: RealmRepresentation;
  readonly realms: readonly (Settings["realms"][number] & { readonly realmTemplate: RealmRepresentation })[];
  readonly entries: readonly LdifEntry[];
}

export interface LoadOptions {
  /** Folder of environment files. @default `environments` below the working directory, else the kit's own */
  readonly directory?: string;
  /** Where `KIT_…` overrides are looked up. */
  readonly env: NodeJS.ProcessEnv;
}

function defaultDirectory(): string {
  const own = resolve("environments");
  return existsSync(own) ? own : join(packageRoot, "environments");
}

/** Names of the environments of a folder. */
export function environmentNames(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .sort();
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
  if (!existsSync(file)) {
    throw new KitError(`there is no environment ${name}`, [
      {
        where: shown,
        what: "no such file",
        allowed: environmentNames(directory),
        fix: "Choose by --env or KIT_ENV",
      },
    ]);
  }
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, "utf8"), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new KitError(
      `environment ${shown} is not YAML`,
      document.errors.map((error) => ({
        where: `${shown}:${lines.linePos(error.pos[0]).line}`,
        what: error.message,
      })),
    );
  }

  const written = document.toJS() ?? {};
  if (typeof written !== "object" || Array.isArray(written)) {
    throw new KitError(`environment ${shown} is not valid`, [
      {
        where: shown,
        what: "not settings",
        got: written,
        allowed: "keys with values, as `domain: example.com`",
      },
    ]);
  }
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
    const range = (document.getIn(path, true) as { range?: [number] } | undefined)?.range;
    return `${shown}${range ? `:${lines.linePos(range[0]).line}` : ""} ${key}`.trim();
  };
  if (!parsed.success) {
    problems.push(...parsed.error.issues.flatMap((issue) => describe(issue, place, overridden.settings)));
    throw new KitError(`environment ${shown} is not valid`, problems);
  }

  const settings = withDerivedDefaults(parsed.data, basename(file, ".yaml"));
  problems.push(
    ...crossChecks(settings, place),
    ...secretVariableProblems(settings, options.env),
    ...fileName(settings.name, shown),
    ...sameName(settings.name, file),
  );
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const templateOf = (
    template: string | undefined,
    clients: Settings["clients"],
    path: PropertyKey[],
    key: PropertyKey[],
  ) => {
    const source = template ? resolve(dirname(file), template) : kitRealmFile;
    const realm = collect(() => parseRealm(read(source, place(key)), relative(".", source)));
    problems.push(...clientNameProblems(clients, realm, path, place));
    return realm as RealmRepresentation;
  };
  const realmTemplate = templateOf(settings.realm.template, settings.clients, [], ["realm", "template"]);
  const realms = settings.realms.map((realm, index) => {
    const path = ["realms", index];
    return {
      ...realm,
      realmTemplate: templateOf(realm.template, realm.clients, path, [...path, "template"]),
    };
  });
  const entries = settings.ldif.map((path, index) => {
    const ldif = resolve(dirname(file), path);
    return collect(() => parseLdif(read(ldif, place(["ldif", index])), relative(".", ldif)));
  });
  if (problems.length > 0) throw new KitError(`environment ${shown} is not valid`, problems);
  return { ...settings, realmTemplate, realms, entries: entries.flatMap((list) => list ?? []) };
}

/** The name on the engine of an environment whose file need not be valid, nor be there. */
export function engineName(name: string, options: LoadOptions): string {
  const file = fileOf(name, options.directory ?? defaultDirectory());
  const written = options.env.KIT_NAME ?? (existsSync(file) ? nameOf(file) : undefined);
  return settingsSchema.shape.name.safeParse(written).data ?? basename(file, ".yaml");
}

function fileOf(name: string, directory: string): string {
  return name.endsWith(".yaml") ? resolve(name) : join(directory, `${name}.yaml`);
}

function read(file: string, where: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KitError("a file is missing", [{ where, what: `cannot read the file: ${code}`, got: file }]);
  }
}

/** One of zod's findings in the words of the error catalogue. */
function describe(
  issue: z.core.$ZodIssue,
  place: (path: readonly PropertyKey[]) => string,
  input: unknown,
): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      where: place([...issue.path, key]),
      what: "unknown key",
      allowed: keysAt(issue.path),
    }));
  }
  const got = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  const secret = issue.path[0] === "secrets";
  return [
    {
      where: place(issue.path),
      what: got === undefined ? "is missing" : "not accepted",
      ...(!secret && got !== undefined && { got }),
      allowed: allowed(issue),
      ...(issue.code === "custom" && issue.params),
    },
  ];
}

const typeNames: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a whole number",
  string: "text",
};

const units: Readonly<Record<string, string>> = { array: " of them", string: " characters" };

/** What a setting takes. zod's own words for a wrong type also say what it got. */
function allowed(issue: z.core.$ZodIssue): string | readonly unknown[] {
  if (issue.code === "invalid_value") return issue.values;
  if (issue.code === "invalid_type") {
    const keys = issue.expected === "object" ? keysAt(issue.path) : [];
    return keys.length > 0
      ? `an object with ${keys.join(", ")}`
      : (typeNames[issue.expected] ?? issue.expected);
  }
  if (issue.code === "too_small") return `${issue.minimum} or more${units[issue.origin] ?? ""}`;
  if (issue.code === "too_big") return `${issue.maximum} or less${units[issue.origin] ?? ""}`;
  return issue.message;
}

/** Rules that hold between settings. */
function crossChecks(settings: CompleteSettings, place: (path: readonly PropertyKey[]) => string): Problem[] {
  const problems: Problem[] = [];
  if (settings.gateway === "apisix" && settings.images === "built") {
    problems.push({
      where: place(["gateway"]),
      what: "no image of APISIX can be built from package registries",
      got: settings.gateway,
      allowed: ["httpd"],
      fix: "Take httpd, or images: registry",
    });
  }
  if (settings.gateway === "httpd" && settings.revocation !== "introspection") {
    problems.push({
      where: place(["revocation"]),
      what: "httpd asks Keycloak about tokens and knows no other way",
      got: settings.revocation,
      allowed: ["introspection"],
    });
  }
  if (settings.revocation !== "introspection" && settings.introspection.intervalSeconds > 0) {
    problems.push({
      where: place(["introspection", "intervalSeconds"]),
      what: `nothing is introspected with revocation ${settings.revocation}`,
      got: settings.introspection.intervalSeconds,
      fix: "Leave it out, or say revocation: introspection",
    });
  }
  problems.push(...realmProblems(settings, place));
  for (const [service, beside] of [
    ["james", jamesMemory.besideHeap],
    ["keycloak", keycloakMemory.besideHeap],
  ] as const) {
    const { heapMb, memoryMb } = settings.resources[service];
    if (memoryMb < heapMb + beside) {
      problems.push({
        where: place(["resources", service, "memoryMb"]),
        what: `too little: its JVM needs ${beside} MiB beside its heap`,
        got: memoryMb,
        allowed: `${heapMb + beside} or more`,
      });
    }
  }
  return problems;
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

function nameOf(file: string): unknown {
  return parseDocument(readFileSync(file, "utf8")).get?.("name") ?? basename(file, ".yaml");
}
