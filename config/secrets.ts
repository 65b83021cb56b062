import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { headerSecret } from "../constructs/james/james-rules";
import { isXmlText } from "../constructs/james/xml";
import { Secret } from "../constructs/workload/secret";
import { ExitCode, KitError, type Problem } from "../kit/errors";
import { fileErrorText, makeFolder, withFiles } from "../kit/file-system";
import { readText } from "../kit/read-text";
import type { PlatformModel, RealmModel } from "../platform/platform-model";
import { snakeCase } from "./overrides";

/** Secrets that every environment has, beside one for each person, named by the mail address. */
export const secretNames = [
  "keycloakAdmin",
  "jamesClient",
  "thunderbirdClient",
  "ldapAdmin",
  "redis",
  "gatewayCrypto",
  "gatewayUser",
  "fingerprint",
] as const;

/** Instead of `ldapAdmin`, with a directory that is not the kit's. */
export const directoryBind = "directoryBind";

/** Name of the secret by which the directory is searched. */
export function bindSecretName({ services }: Pick<PlatformModel, "services">): string {
  return services.ldap.managed ? "ldapAdmin" : directoryBind;
}

/** Secrets that somebody else has chosen already, and whose they are: none is made. */
export function givenSecrets({ services, realms }: PlatformModel): ReadonlyMap<string, string> {
  const { ldap, redis } = services;
  return new Map([
    ...(ldap.managed ? [] : [[directoryBind, "the directory"] as const]),
    ...(redis.managed ? [] : [["redis", "the Redis"] as const]),
    ...realms.flatMap(({ smokeUser }) =>
      ldap.managed || smokeUser === undefined ? [] : [[smokeUser, "the directory"] as const],
    ),
  ]);
}

/** Keycloak keeps it itself from its first start on: a value that is given later is only right if Keycloak has it. */
const keptByKeycloak = "keycloakAdmin";

/** Those of them that a further realm has too, its prefix before them: `partner/jamesClient`. */
export const secretNamesOfRealm = ["jamesClient", "thunderbirdClient"] as const;

/** Name of the secret of a confidential client of a realm's `clients.others`. */
export const clientSecretName = (client: string, secretPrefix = "") => `${secretPrefix}client-${client}`;

/** Name of the secret that the environment gives a client of a realm; undefined for others of the realm template. */
export function secretOfClient(
  { clients, secretPrefix }: Pick<RealmModel, "clients" | "secretPrefix">,
  clientId: string,
): string | undefined {
  if (clientId === "james") return `${secretPrefix}jamesClient`;
  if (clientId === "james-thunderbird") return `${secretPrefix}thunderbirdClient`;
  const own = clients.others.some(({ name, kind }) => name === clientId && kind === "confidential");
  return own ? clientSecretName(clientId, secretPrefix) : undefined;
}

/** The secrets of a realm and of its people. */
export function realmSecrets({ secretPrefix }: RealmModel, secrets: Pick<SecretStore, "get">) {
  return {
    jamesClient: secrets.get(`${secretPrefix}jamesClient`),
    thunderbirdClient: secrets.get(`${secretPrefix}thunderbirdClient`),
    client: (name: string) => secrets.get(clientSecretName(name, secretPrefix)),
    person: (mail: string) => secrets.get(mail),
  };
}

interface SecretRule {
  /** Names of the secrets that it is about. @default all */
  readonly names?: readonly string[];
  readonly holds: (value: string) => boolean;
  readonly allowed: string;
}

/** Each secret is written into files of several formats; all of them take what these let pass. */
const secretRules: readonly SecretRule[] = [
  {
    holds: (value) => !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value),
    allowed: "no line break, no tab, no other control character",
  },
  { holds: (value) => value.trim() === value, allowed: "no space at its start or end" },
  { holds: (value) => value.length <= 1024, allowed: "1024 characters at most" },
  { names: ["ldapAdmin", directoryBind], holds: isXmlText, allowed: "no ${, which James would expand" },
  { names: ["gatewayUser"], ...headerSecret },
  {
    names: ["gatewayUser"],
    holds: (value) => !value.includes("$") && !value.startsWith("expr="),
    allowed: "no $ and no expr= in front, which gateways would expand",
  },
  { names: ["gatewayCrypto"], holds: (value) => value.length >= 16, allowed: "16 characters or more" },
];

/** What is wrong with a value that somebody chose for a secret; the value itself is not told. */
export function secretProblem(name: string, value: string): Omit<Problem, "where"> | undefined {
  const broken = secretRules.filter(({ names = [name], holds }) => names.includes(name) && !holds(value));
  return broken.length === 0
    ? undefined
    : { what: `not a value for secret ${name}`, allowed: broken.map(({ allowed }) => allowed).join("; ") };
}

/** 256 random bits. */
export function randomValue(): string {
  return randomBytes(32).toString("base64url");
}

/** What the file holds: secrets by name, and how often those that ever changed did. */
type StoredFile = { values: Record<string, string>; rotations: Record<string, number> };

/**
 * The secrets of one environment, in one file that only its owner reads (0600). A secret comes from, in this order:
 * the variable `KIT_SECRET_<NAME>`, the file that `KIT_SECRET_<NAME>_FILE` names, the environment file (throw-away
 * environments), what was stored before; otherwise it is generated (256 random bits). What it was stays stored, and
 * `keycloakAdmin` is not overwritten before it is `proven`.
 */
export class SecretStore {
  readonly #file: string;
  readonly #fixed: Readonly<Record<string, string | undefined>>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #others: ReadonlyMap<string, string>;
  readonly #asked = new Set<string>();
  #stored: StoredFile;

  /** @throws KitError when the file is there but cannot be read */
  constructor(
    file: string,
    options: {
      fixed?: Readonly<Record<string, string | undefined>>;
      env: NodeJS.ProcessEnv;
      /** Names of those that somebody else has chosen, and whose they are: "the directory". @default none */
      others?: ReadonlyMap<string, string>;
    },
  ) {
    this.#file = file;
    this.#fixed = options.fixed ?? {};
    this.#others = options.others ?? new Map();
    this.#env = options.env;
    this.#stored = readSecrets(file);
  }

  /** Names of the secrets that are stored. */
  names(): string[] {
    return Object.keys(this.#stored.values).sort();
  }

  /** A secret that is stored, as it is: nothing is made, whatever is given. */
  stored(name: string): Secret {
    return new Secret(name, this.#stored.values[name] as string, this.version(name));
  }

  /**
   * The secret of this name, made when it does not exist yet.
   *
   * @throws KitError when a named file cannot be read; when somebody else has chosen it and nobody has told the store
   */
  get(name: string): Secret {
    this.#asked.add(name);
    const given = this.#given(name)?.value;
    if (given !== undefined && this.isUnproven(name)) return new Secret(name, given, this.version(name));
    const settled = () => {
      const { [name]: known } = this.#stored.values;
      return known !== undefined && known === (given ?? known);
    };
    if (!settled()) {
      // Another process may have stored it meanwhile.
      this.#stored = readSecrets(this.#file);
      if (!settled()) this.#put(name, given ?? this.#made(name));
    }
    return this.stored(name);
  }

  /** Whether another value is given than the stored one, of a secret that Keycloak keeps itself. */
  isUnproven(name: string): boolean {
    const { [name]: known } = this.#stored.values;
    const given = name === keptByKeycloak ? this.#given(name)?.value : undefined;
    return known !== undefined && given !== undefined && given !== known;
  }

  /** Stores the given value of a secret that Keycloak keeps itself: it has taken it. */
  proven(name: string): void {
    const given = this.#given(name)?.value;
    if (given !== undefined && this.isUnproven(name)) this.#put(name, given);
  }

  /** Counts the values that a secret has had: 1 for the first. */
  version(name: string): number {
    return (this.#stored.rotations[name] ?? 0) + 1;
  }

  /** Where a secret is given that the store does not choose: a variable, or the environment file. */
  givenBy(name: string): string | undefined {
    return this.#given(name)?.by;
  }

  #made(name: string): string {
    if (this.#others.has(name)) this.refuseMissing();
    return randomValue();
  }

  /** @throws KitError that lists the secrets that somebody else has chosen and nobody has told the store */
  refuseMissing(): void {
    const missing = [...this.#others].filter(
      ([other]) => this.#given(other) === undefined && this.#stored.values[other] === undefined,
    );
    if (missing.length === 0) return;
    throw new KitError(
      "secrets are missing that the kit cannot make",
      missing.map(([other, owner]) => ({
        where: `KIT_SECRET_${snakeCase(other)}`,
        what: `secret ${other} is chosen already: ${owner} is not the kit's`,
        fix: `Give it by this variable, or name a file by KIT_SECRET_${snakeCase(other)}_FILE`,
      })),
    );
  }

  /** @throws KitError when `rotate` cannot: there is none of this name, or the store does not choose it */
  refuseRotation(name: string): void {
    const by = this.givenBy(name);
    if (by !== undefined) {
      throw new KitError(`secret ${name} is not the kit's to choose`, [
        {
          where: by,
          what: `it gives secret ${name}`,
          fix: "Change it there and run `up`: that is a rotation too",
        },
      ]);
    }
    const owner = this.#others.get(name);
    if (owner !== undefined) {
      throw new KitError(`secret ${name} is not the kit's to choose`, [
        {
          where: name,
          what: `${owner} is not the kit's`,
          fix: `Change it there, give it by KIT_SECRET_${snakeCase(name)} and run \`up\`: that is a rotation too`,
        },
      ]);
    }
    if (this.#stored.values[name] === undefined) {
      throw new KitError(`there is no secret ${name}`, [
        { where: name, what: "not stored", allowed: this.names(), fix: "Secrets are made by the first `up`" },
      ]);
    }
  }

  /** Gives a secret a new value and counts it. @throws KitError as `refuseRotation`, and when another process did */
  rotate(name: string, value = randomValue()): Secret {
    this.refuseRotation(name);
    const known = this.#stored.values[name];
    this.#stored = readSecrets(this.#file);
    if (this.#stored.values[name] !== known) {
      throw new KitError(
        `secret ${name} was changed meanwhile`,
        [{ what: "another process did", where: name }],
        {
          exitCode: ExitCode.busy,
        },
      );
    }
    this.#put(name, value);
    return this.get(name);
  }

  /**
   * Removes those that nobody has asked for since the store was opened: after a synthesis, of people, clients and realms
   * that are no more.
   *
   * @returns their names
   */
  forgetOthers(): string[] {
    this.#stored = readSecrets(this.#file);
    const { values, rotations } = this.#stored;
    const others = Object.keys(values).filter((name) => !this.#asked.has(name) && !this.#others.has(name));
    for (const name of others) {
      delete values[name];
      delete rotations[name];
    }
    if (others.length > 0) this.#save();
    return others.sort();
  }

  #put(name: string, value: string): void {
    const { values, rotations } = this.#stored;
    if (values[name] !== undefined) rotations[name] = this.version(name);
    values[name] = value;
    this.#save();
  }

  #given(name: string): { value: string; by: string } | undefined {
    const variable = `KIT_SECRET_${snakeCase(name)}`;
    const file = this.#env[`${variable}_FILE`];
    const fixed = this.#fixed[name];
    const refused = (by: string, problem: Omit<Problem, "where">) =>
      new KitError(`secret ${name} cannot be used`, [{ where: by, ...problem }]);
    const given = () => {
      const value = this.#env[variable];
      if (value) return { value, by: variable };
      if (!file) return fixed === undefined ? undefined : { value: fixed, by: `secrets.${name}` };
      const by = `${variable}_FILE`;
      const content = readText(file, by).replace(/\r?\n$/, "");
      if (content === "") throw refused(by, { what: "the file is empty", got: file });
      return { value: content, by };
    };
    const found = given();
    // Before it is stored: what no service can be given is not to outlive this run.
    const problem = found && secretProblem(name, found.value);
    if (found && problem) throw refused(found.by, problem);
    return found;
  }

  #save(): void {
    const partial = `${this.#file}.${process.pid}.partial`;
    const { values, rotations } = this.#stored;
    const content = { ...values, ...(Object.keys(rotations).length > 0 && { rotations }) };
    withFiles(() => {
      makeFolder(dirname(this.#file), 0o700);
      writeFileSync(partial, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
      renameSync(partial, this.#file);
    });
  }
}

const storedForm = z.object({ rotations: z.record(z.string(), z.int()).optional() }).catchall(z.string());

/** Without anything of what the file holds. */
function whyBroken(error: unknown): string {
  if (error instanceof KitError) return error.problems[0]?.what ?? error.summary;
  if (error instanceof SyntaxError) return "not JSON";
  if (error instanceof z.ZodError) return "not secrets by name";
  return fileErrorText(error);
}

function readSecrets(file: string): StoredFile {
  if (!existsSync(file)) return { values: {}, rotations: {} };
  try {
    chmodSync(file, 0o600);
    const { rotations = {}, ...values } = storedForm.parse(JSON.parse(readText(file)));
    return { values, rotations };
  } catch (error) {
    // Going on with new secrets would lock everybody out of the data that the old ones protect.
    throw new KitError("the stored secrets cannot be read", [
      {
        where: file,
        what: whyBroken(error),
        fix: "Restore the file, or remove it and run `up` anew",
      },
    ]);
  }
}
