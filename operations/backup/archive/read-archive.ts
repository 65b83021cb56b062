import { createHash } from "node:crypto";
import { pipeline, Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { KitError, type Problem } from "../../../kit/errors";
import { readText } from "../../../kit/read-text";
import type { StoredBackup } from "../store/backup-store";
import { ageDecrypted } from "./age";
import {
  ABOUT,
  aboutForm,
  anyAboutForm,
  type BackupAbout,
  type BackupContents,
  CONTENTS,
  contentsForm,
  FORMAT,
  PART,
} from "./format";
import { TarError, type TarFile, tarFiles } from "./tar";

/** A backup, read to its end. */
export interface ReadArchive {
  readonly about: BackupAbout;
  readonly contents: BackupContents;
}

export interface ArchiveReader {
  /** Told first what it is. @default nobody listens */
  readonly onAbout?: (about: BackupAbout) => void;
  /** Reads a member; what it leaves of it is passed over. @default none is looked at */
  readonly onMember?: (name: string, bytes: AsyncIterable<Buffer>) => Promise<void>;
  /** Called with how much of the file was read by now, of how much. @default nobody listens */
  readonly onProgress?: (bytes: number, size: number) => void;
}

/**
 * Reads a backup from its beginning to its end, and whether it is whole: what it held, and nothing else, with the checksums that
 * it was written with.
 *
 * @param identities of age: `AGE-SECRET-KEY-1…`
 * @throws KitError when it is not for these identities, not whole, or of a newer kit; what `onMember` throws
 */
export async function readArchive(
  backup: StoredBackup,
  identities: readonly string[],
  { onAbout = () => {}, onMember = async () => {}, onProgress = () => {} }: ArchiveReader = {},
): Promise<ReadArchive> {
  const file = backup.path;
  const plain = await decrypted(backup, identities, onProgress);
  try {
    const files = bad(file, tarFiles(plain, PART));
    const about = aboutOf(file, await files.next());
    onAbout(about);
    const found: BackupContents["members"][number][] = [];
    const next = lookahead(files);
    for (;;) {
      const first = await next.peek();
      if (!first) throw unusable(file, cut("the list of its contents is missing"));
      if (first.name === CONTENTS) break;
      const name = first.name.replace(/\.part-000001$/, "");
      const hash = createHash("sha256");
      let bytes = 0;
      let number = 0;
      const takePart = async (): Promise<Buffer | undefined> => {
        const one = await next.peek();
        const part = `${name}.part-${String(number + 1).padStart(6, "0")}`;
        if (!one || (one.name !== part && !(number === 0 && one.name === name))) return undefined;
        number += 1;
        await next.take();
        hash.update(one.content);
        bytes += one.content.length;
        return one.content;
      };
      await onMember(name, eachOf(takePart));
      while (await takePart());
      found.push({ name, bytes, sha256: hash.digest("hex") });
    }
    const contents = contentsOf(file, await next.take());
    if (await next.peek()) throw unusable(file, cut("it goes on after the list of its contents"));
    compare(file, contents.members, found);
    return { about, contents };
  } finally {
    plain.destroy();
  }
}

/** The identities in a file, as `age-keygen` writes it. @throws KitError when there is none */
export function readIdentities(file: string): string[] {
  const lines = readText(file, "--identity")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length > 0 && lines.every((line) => /^AGE-SECRET-KEY-[0-9A-Z-]+$/.test(line))) return lines;
  throw new KitError("this is no file of identities", [
    {
      where: file,
      what: lines.length === 0 ? "nothing is in it" : "a line of it is no identity of age",
      allowed: "AGE-SECRET-KEY-1…, as age-keygen writes it, without a passphrase",
    },
  ]);
}

async function decrypted(
  backup: StoredBackup,
  identities: readonly string[],
  onProgress: (bytes: number, size: number) => void,
): Promise<Readable> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
  } catch {
    throw new KitError("this is no file of identities", [
      {
        where: "--identity",
        what: "an identity in it is none: a character of it was changed, or some are missing",
      },
    ]);
  }
  const { path: file, size } = backup;
  let read = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      read += chunk.length;
      onProgress(read, size);
      done(null, chunk);
    },
  });
  const source = pipeline(Readable.from(backup.bytes(), { objectMode: false }), counted, () => {});
  let opened: AsyncIterable<Buffer>;
  try {
    opened = await ageDecrypted(source, decrypter);
  } catch (error) {
    source.destroy();
    throw unusable(file, headerProblem(error as Error));
  }
  return pipeline(Readable.from(opened, { objectMode: false }), createGunzip(), () => source.destroy());
}

/** Why the header of a file cannot be used. */
function headerProblem({ message }: Error): Problem {
  return /no identity matched/.test(message)
    ? {
        what: "it is encrypted for others: none of the identities is a recipient's, or its header was altered",
        fix: "Give the file of one of them by --identity",
      }
    : { what: "not a file of age, or its header was cut or altered", fix: useAnother };
}

const useAnother = "Use another backup; `backup verify` tells which are whole";

const cut = (what: string): Problem => ({ what, fix: useAnother });

function unusable(file: string, problem: Problem, cause?: unknown): KitError {
  return new KitError("this backup cannot be used", [{ where: file, ...problem }], { cause });
}

/** Whatever decryption, decompression and tar say of the bytes. What else is thrown is no fault of the file. */
async function* bad(file: string, files: AsyncIterable<TarFile>): AsyncGenerator<TarFile> {
  try {
    yield* files;
  } catch (error) {
    if (error instanceof KitError) throw error;
    const what =
      error instanceof TarError ? `it is not what the kit writes: ${error.message}` : "it was cut or altered";
    throw unusable(file, cut(what), error);
  }
}

function aboutOf(file: string, { value, done }: IteratorResult<TarFile, void>): BackupAbout {
  if (done || !value || value.name !== ABOUT) throw unusable(file, cut("not a backup of the kit"));
  const written = parsed(value);
  const any = anyAboutForm.safeParse(written);
  if (any.success && any.data.format > FORMAT) {
    throw unusable(file, {
      what: `it was made by a newer kit, ${any.data.kit}`,
      got: `format ${any.data.format}`,
      allowed: `format ${FORMAT} at most`,
      fix: "Use that release of the kit, or a newer one",
    });
  }
  const about = aboutForm.safeParse(written);
  if (!about.success) throw unusable(file, cut(`its ${ABOUT} is not what the kit writes`));
  return about.data;
}

function contentsOf(file: string, written: TarFile | undefined): BackupContents {
  const contents = contentsForm.safeParse(written && parsed(written));
  if (!contents.success) throw unusable(file, cut(`its ${CONTENTS} is not what the kit writes`));
  return contents.data;
}

function parsed({ content }: TarFile): unknown {
  try {
    return JSON.parse(content.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** @throws KitError that lists what is missing, too much, or other than it was */
function compare(file: string, wanted: BackupContents["members"], found: BackupContents["members"]): void {
  const names = new Set([...wanted, ...found].map(({ name }) => name));
  const problems = [...names].flatMap((name): Problem[] => {
    const [want, have] = [wanted, found].map((all) => all.find((one) => one.name === name));
    if (!want) return [{ where: `${file}, ${name}`, what: "nobody has put it there" }];
    if (!have) return [{ where: `${file}, ${name}`, what: "it is missing" }];
    return want.sha256 === have.sha256 && want.bytes === have.bytes
      ? []
      : [{ where: `${file}, ${name}`, what: "it is other than it was" }];
  });
  if (found.length !== new Set(found.map(({ name }) => name)).size) {
    problems.push({ where: file, what: "something is twice in it" });
  }
  if (problems.length > 0) throw new KitError("this backup cannot be used", problems);
}

async function* eachOf<T>(take: () => Promise<T | undefined>): AsyncGenerator<T> {
  for (;;) {
    const one = await take();
    if (one === undefined) return;
    yield one;
  }
}

/** One file ahead. */
function lookahead(files: AsyncGenerator<TarFile>) {
  let held: Promise<IteratorResult<TarFile, void>> | undefined;
  const peek = async () => {
    held ??= files.next();
    const { value, done } = await held;
    return done ? undefined : (value as TarFile);
  };
  return {
    peek,
    take: async () => {
      const file = await peek();
      held = undefined;
      return file;
    },
  };
}
