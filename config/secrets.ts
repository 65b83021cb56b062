import { randomBytes } from "node:crypto";
import { chmodSync, existsSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { authorityProblem, createAuthority } from "../constructs/certificates/authority";
import { headerSecret } from "../constructs/james/james-rules";
import { Secret } from "../constructs/workload/secret";
import { ExitCode, KitError, type Problem } from "../kit/errors";
import { fileErrorText, makeFolder, withFiles, writePrivate } from "../kit/file-system";
import { readText } from "../kit/read-text";
import { isXmlText } from "../kit/xml";
import type { PlatformModel, RealmModel } from "../platform/model/platform-model";
import type { DatabaseUser } from "../platform/model/platform-spec";
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

/** Name of the secret that is the environment's own authority for certificates: its certificate and its key, in PEM. */
export const authoritySecret = "authority";

/** Name of the secret that is the key of an account of an ACME authority. */
export const acmeAccountSecret = "acmeExternalAccount";

/** Name of the secret that is the password of a service's role in PostgreSQL. */
export const databaseSecretName = (service: DatabaseUser) => `${service}Database`;

/** Names of the secrets of those who keep something in PostgreSQL. */
export function databaseSecrets({ services: { postgres } }: Pick<PlatformModel, "services">): string[] {
  return Object.keys(postgres.databases).map((service) => databaseSecretName(service as DatabaseUser));
}

/** Names of the secrets by which certificates are issued. */
export function certificateSecrets({ tls: { acme }, certificates }: PlatformModel): string[] {
  const used = (from: string) => certificates.some((certificate) => certificate.from === from);
  return [
    ...(used("own") ? [authoritySecret] : []),
    ...(used("acme") && acme ? [...acmeSecrets(acme)].map(([name]) => name) : []),
  ];
}

/** Those of them that somebody else has chosen, and who. */
function acmeSecrets({ externalAccount, dns }: NonNullable<PlatformModel["tls"]["acme"]>) {
  return new Map([
    ...(externalAccount === undefined
      ? []
      : [[acmeAccountSecret, "the authority for certificates"] as const]),
    ...(dns?.secrets ?? []).map((name) => [name, "the provider of DNS"] as const),
  ]);
}

/** Instead of `ldapAdmin`, with a directory that is not the kit's. */
export const directoryBind = "directoryBind";

/** Name of the secret by which the directory is searched. */
export function bindSecretName({ services }: Pick<PlatformModel, "services">): string {
  return services.ldap.managed ? "ldapAdmin" : directoryBind;
}

/** Secrets that somebody else has chosen already, and whose they are: none is made. */
export function givenSecrets({
  services,
  realms,
  certificates,
  tls: { acme },
}: PlatformModel): ReadonlyMap<string, string> {
  const { keycloak, ldap, redis, postgres } = services;
  return new Map([
    ...(acme && certificates.some(({ from }) => from === "acme") ? acmeSecrets(acme) : []),
    ...(keycloak.managed || !keycloak.admin ? [] : [["keycloakAdmin", "the Keycloak"] as const]),
    ...(ldap.managed ? [] : [[directoryBind, "the directory"] as const]),
    ...(redis.managed ? [] : [["redis", "the Redis"] as const]),
    ...(postgres.managed
      ? []
      : databaseSecrets({ services }).map((name) => [name, "the PostgreSQL"] as const)),
    ...realms.flatMap(({ provision, existing, oidc, secretPrefix, smokeUser }) => {
      const provider = existing ? "the OpenID provider" : "the Keycloak";
      return [
        ...(provision === "nothing" && oidc.introspectionUrl !== undefined
          ? [[`${secretPrefix}jamesClient`, provider] as const]
          : []),
        ...(smokeUser === undefined || (ldap.managed && provision === "realm")
          ? []
          : [[smokeUser, ldap.managed ? provider : "the directory"] as const]),
      ];
    }),
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

/** The secrets of a realm and of its people, each made when it is asked for. */
export function realmSecrets({ secretPrefix }: RealmModel, secrets: Pick<SecretStore, "get">) {
  return {
    get jamesClient() {
      return secrets.get(`${secretPrefix}jamesClient`);
    },
    get thunderbirdClient() {
      return secrets.get(`${secretPrefix}thunderbirdClient`);
    },
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
  if (name === authoritySecret) return authorityProblem(value, new Date());
  const broken = secretRules.filter(({ names = [name], holds }) => names.includes(name) && !holds(value));
  return broken.length === 0
    ? undefined
    : { what: `not a value for secret ${name}`, allowed: broken.map(({ allowed }) => allowed).join("; ") };
}

/** A value for a secret: 256 random bits, or an authority. */
export function newValue(name: string): string {
  if (name === authoritySecret) return createAuthority("James OIDC kit, an environment's own authority");
  return randomBytes(32).toString("base64url");
}

/** A value that takes the place of a secret where nothing is to run: a text, or an authority that nobody trusts. */
export function standIn(name: string, text: string): string {
  return name === authoritySecret ? newValue(name) : text;
}

/** What the file holds: secrets by name, how often those that ever changed did, and which of them somebody else has chosen. */
type StoredFile = { values: Record<string, string>; rotations: Record<string, number>; told: string[] };

/**
 * The secrets of one environment, in one file that only its owner reads (0600). A secret comes from, in this order:
 * the variable `KIT_SECRET_<NAME>`, the file that `KIT_SECRET_<NAME>_FILE` names, the environment file (throw-away
 * environments), what was stored before; otherwise it is generated (256 random bits). What it was stays stored;
 * `keycloakAdmin`, and what somebody else has chosen, not before it is `proven`.
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
    if (given !== undefined && this.isUnproven(name)) {
      // As it is counted once it is stored.
      const before = this.#stored.values[name] === undefined ? 0 : 1;
      return new Secret(name, given, this.version(name) + before);
    }
    const settled = () => {
      const known = this.#known(name);
      return known !== undefined && known === (given ?? known);
    };
    if (!settled()) {
      // Another process may have stored it meanwhile.
      this.#stored = readSecrets(this.#file);
      if (!settled()) this.#put(name, given ?? this.#made(name));
    }
    return this.stored(name);
  }

  /**
   * Whether another value is given than the stored one, of a secret that somebody else has chosen, or that Keycloak keeps
   * itself: a wrong one must not take the place of one that was right.
   */
  isUnproven(name: string): boolean {
    const { [name]: known } = this.#stored.values;
    const given = this.#given(name)?.value;
    if (given === undefined) return false;
    if (this.#others.has(name)) return given !== this.#known(name);
    return name === keptByKeycloak && known !== undefined && given !== known;
  }

  /** Stores the given value of a secret that somebody else has chosen, or that Keycloak keeps itself: they have taken it. */
  proven(name: string): void {
    const given = this.#given(name)?.value;
    if (given !== undefined && this.isUnproven(name)) this.#put(name, given);
  }

  /** Stores all that are given of those that somebody else has chosen: what was deployed with them is healthy. */
  othersProven(): void {
    for (const name of this.#others.keys()) this.proven(name);
  }

  /** Counts the values that a secret has had: 1 for the first. */
  version(name: string): number {
    return (this.#stored.rotations[name] ?? 0) + 1;
  }

  /** Where a secret is given that the store does not choose: a variable, or the environment file. */
  givenBy(name: string): string | undefined {
    return this.#given(name)?.by;
  }

  /** What is stored of a secret, unless it is of somebody else's service and is now to be of the kit's, or the other way round. */
  #known(name: string): string | undefined {
    const { values, told } = this.#stored;
    return told.includes(name) === this.#others.has(name) ? values[name] : undefined;
  }

  #made(name: string): string {
    if (this.#others.has(name)) this.refuseMissing();
    return newValue(name);
  }

  /** @throws KitError that lists the secrets that somebody else has chosen and nobody has told the store */
  refuseMissing(): void {
    const missing = [...this.#others].filter(
      ([other]) => this.#given(other) === undefined && this.#known(other) === undefined,
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
  rotate(name: string, value = newValue(name)): Secret {
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
   * that are no more. The authority for certificates stays: whoever has been told to trust it still does.
   *
   * @returns their names
   */
  forgetOthers(): string[] {
    this.#stored = readSecrets(this.#file);
    const { values, rotations, told } = this.#stored;
    const others = Object.keys(values).filter(
      (name) => !this.#asked.has(name) && !this.#others.has(name) && name !== authoritySecret,
    );
    for (const name of others) {
      delete values[name];
      delete rotations[name];
    }
    this.#stored.told = told.filter((name) => !others.includes(name));
    if (others.length > 0) this.#save();
    return others.sort();
  }

  #put(name: string, value: string): void {
    const { values, rotations, told } = this.#stored;
    if (values[name] !== undefined) rotations[name] = this.version(name);
    values[name] = value;
    const others = told.filter((other) => other !== name);
    this.#stored.told = this.#others.has(name) ? [...others, name] : others;
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
    const { values, rotations, told } = this.#stored;
    const content = {
      ...values,
      ...(Object.keys(rotations).length > 0 && { rotations }),
      ...(told.length > 0 && { told }),
    };
    withFiles(() => makeFolder(dirname(this.#file), 0o700));
    writePrivate(this.#file, `${JSON.stringify(content, null, 2)}\n`);
  }
}

const storedForm = z
  .object({ rotations: z.record(z.string(), z.int()).optional(), told: z.array(z.string()).optional() })
  .catchall(z.string());

/** Without anything of what the file holds. */
function whyBroken(error: unknown): string {
  if (error instanceof KitError) return error.problems[0]?.what ?? error.summary;
  if (error instanceof SyntaxError) return "not JSON";
  if (error instanceof z.ZodError) return "not secrets by name";
  return fileErrorText(error);
}

function readSecrets(file: string): StoredFile {
  if (!existsSync(file)) return { values: {}, rotations: {}, told: [] };
  try {
    chmodSync(file, 0o600);
    const { rotations = {}, told = [], ...values } = storedForm.parse(JSON.parse(readText(file)));
    return { values, rotations, told };
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
