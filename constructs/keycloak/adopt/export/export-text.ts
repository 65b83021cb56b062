import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { KitError } from "../../../../kit/errors";
import { isObject } from "../../../../kit/json";
import { readJson } from "../../representation/json-text";

export const mebibyte = 1024 * 1024;
/** Realms with all their users are larger, and are not configuration. */
export const sizeLimit = 32 * mebibyte;

/** Of a directory export, `kc.sh export --dir`: the realm without its users, and these, some in each file. */
const realmFile = /^(.+)-realm\.json$/;
const usersFile = /^(.+?)-(?:federated-)?users(?:-\d+)?\.json$/;

/**
 * The text that `parseExport` is to read: of a file, or of the folder that `kc.sh export --dir` writes, each realm with its
 * users. A file of such a folder stands for its realm.
 *
 * @throws KitError
 */
export function exportText(path: string): string {
  const isFolder = statusOf(path).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const only = isFolder ? undefined : basename(path);
  const wanted = only === undefined ? undefined : (realmFile.exec(only) ?? usersFile.exec(only))?.[1];
  if (only !== undefined && wanted === undefined) return textOf(path);
  const files = namesIn(folder).filter((name) => realmFile.test(name) || usersFile.test(name));
  const names = files.flatMap((file) => realmFile.exec(file)?.[1] ?? []);
  const realms = wanted === undefined ? names : names.filter((name) => name === wanted);
  if (realms.length === 0) {
    if (only !== undefined) return textOf(path);
    const fix = "Export one: kc.sh export --dir, or the admin console";
    throw refused(path, "a folder without a realm", "a file, or a folder with <name>-realm.json in it", fix);
  }
  let size = 0;
  const read = (file: string): string => {
    size += statusOf(join(folder, file)).size;
    if (size > sizeLimit) throw tooLarge(folder, size);
    return textOf(join(folder, file));
  };
  const texts = realms.map((name) => {
    const own = files
      .filter((file) => usersFile.exec(file)?.[1] === name && !realmFile.test(file))
      .toSorted(byNumber);
    const text = read(`${name}-realm.json`);
    return own.length === 0
      ? text
      : withUsers(
          text,
          own.map((file) => users(join(folder, file), read(file))),
        );
  });
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(",")}]`;
}

/** A realm with the users of further files; what is not of that form is left to `parseExport`. */
function withUsers(text: string, more: readonly Users[]): string {
  const read = readJson(text, "");
  if ("problem" in read || !isObject(read.json)) return text;
  const { users, federatedUsers } = read.json as Users;
  const joined = (first: unknown, field: keyof Users) =>
    [first, ...more.map((part) => part[field])].flatMap((list) => (Array.isArray(list) ? list : []));
  const [people, federated] = [joined(users, "users"), joined(federatedUsers, "federatedUsers")];
  return JSON.stringify({
    ...read.json,
    ...(people.length > 0 && { users: people }),
    ...(federated.length > 0 && { federatedUsers: federated }),
  });
}

interface Users {
  readonly users?: unknown;
  readonly federatedUsers?: unknown;
}

function users(path: string, text: string): Users {
  const read = readJson(text, path);
  if ("problem" in read) throw new KitError("the users of the realm cannot be read", [read.problem]);
  return isObject(read.json) ? read.json : {};
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function textOf(path: string): string {
  const { size } = statusOf(path);
  if (size > sizeLimit) throw tooLarge(path, size);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw refused(path, (error as Error).message, "a file that can be read");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused(path, "not a text in UTF-8", "JSON in UTF-8");
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw refused(folder, (error as Error).message, "a folder that can be read");
  }
}

function statusOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw refused(path, (error as Error).message, "a file that can be read");
  }
}

function tooLarge(path: string, size: number): KitError {
  const fix = "Export it without users: kc.sh export --users skip";
  return refused(path, `too large: ${size} bytes`, `${sizeLimit} bytes`, fix);
}

function refused(where: string, what: string, allowed: string, fix?: string): KitError {
  return new KitError("there is no realm to read", [
    { where, what, allowed, ...(fix !== undefined && { fix }) },
  ]);
}
