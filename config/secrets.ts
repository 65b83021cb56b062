import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Secret } from "../constructs/container/secret";
import { KitError } from "./errors";
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

/**
 * The secrets of one environment, in one file that only its owner reads (0600). A secret comes from, in this order:
 * the variable `KIT_SECRET_<NAME>`, the file that `KIT_SECRET_<NAME>_FILE` names, the environment file (throw-away
 * environments), what was stored before; otherwise it is generated (256 random bits). What it was stays stored.
 */
export class SecretStore {
  readonly #file: string;
  readonly #fixed: Readonly<Record<string, string | undefined>>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #values: Record<string, string>;

  /** @throws KitError when the file is there but cannot be read */
  constructor(
    file: string,
    options: { fixed?: Readonly<Record<string, string | undefined>>; env: NodeJS.ProcessEnv },
  ) {
    this.#file = file;
    this.#fixed = options.fixed ?? {};
    this.#env = options.env;
    this.#values = existsSync(file) ? readSecrets(file) : {};
  }

  /** Names of the secrets that are stored. */
  names(): string[] {
    return Object.keys(this.#values).sort();
  }

  /** The secret of this name, made when it does not exist yet. @throws KitError when a named file cannot be read */
  get(name: string): Secret {
    const value = this.#given(name) ?? this.#values[name] ?? randomBytes(32).toString("base64url");
    if (this.#values[name] !== value) {
      this.#values[name] = value;
      this.#save();
    }
    return new Secret(name, value);
  }

  #given(name: string): string | undefined {
    const variable = `KIT_SECRET_${snakeCase(name)}`;
    const file = this.#env[`${variable}_FILE`];
    if (this.#env[variable]) return this.#env[variable];
    if (!file) return this.#fixed[name];
    try {
      return readFileSync(file, "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new KitError(`secret ${name} cannot be read`, [
        { where: `${variable}_FILE`, what: `cannot read the file: ${code}`, got: file },
      ]);
    }
  }

  #save(): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const partial = `${this.#file}.${process.pid}.partial`;
    writeFileSync(partial, `${JSON.stringify(this.#values, null, 2)}\n`, { mode: 0o600 });
    renameSync(partial, this.#file);
  }
}

function readSecrets(file: string): Record<string, string> {
  try {
    chmodSync(file, 0o600);
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // Going on with new secrets would lock everybody out of the data that the old ones protect.
    throw new KitError("the stored secrets cannot be read", [
      {
        where: file,
        what: (error as Error).message.replace(/".*"/, ""),
        fix: "Restore the file, or remove it and run `up` anew",
      },
    ]);
  }
}
