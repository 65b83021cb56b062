import { createHash, type Hash } from "node:crypto";
import { KitError } from "../../../kit/errors";
import type { BackupStore } from "../store/backup-store";
import { ageEncrypted } from "./age";
import { ABOUT, type BackupAbout, type BackupContents, CONTENTS, PART } from "./format";
import { gzipped } from "./gzip";
import { tarEnd, tarEntry } from "./tar";

/** Something in a backup: a file, or what a program writes. */
export interface Member {
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ArchiveInput {
  readonly about: BackupAbout;
  readonly members: readonly Member[];
  /** Asked once all members are written. */
  readonly counts: () => Promise<BackupContents["counts"]>;
  /** Called with the name of a member and its bytes by now. @default nobody listens */
  readonly onProgress?: (member: string, bytes: number) => void;
}

/** What was written. */
export interface WrittenArchive extends BackupContents {
  /** Where it is. */
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * Writes a backup for whoever has the identity of one of the recipients. It has its name once it is whole.
 *
 * @param recipients of age: `age1…`
 * @throws KitError when a recipient is none; what a member throws
 */
export async function writeArchive(
  store: Pick<BackupStore, "write">,
  name: string,
  input: ArchiveInput,
  recipients: readonly string[],
): Promise<WrittenArchive> {
  const result: { contents?: BackupContents } = {};
  const encrypter = await encrypterFor(recipients);
  const written = await store.write(name, ageEncrypted(gzipped(tarred(input, result)), encrypter));
  return { ...(result.contents as BackupContents), ...written };
}

/** @throws KitError that lists those which are none */
export async function encrypterFor(recipients: readonly string[]) {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  const wrong = recipients.flatMap((recipient) => {
    try {
      encrypter.addRecipient(recipient);
      return [];
    } catch {
      return [recipient];
    }
  });
  if (wrong.length === 0 && recipients.length > 0) return encrypter;
  throw new KitError(
    recipients.length === 0 ? "nobody could read this backup" : "nobody can read what is encrypted for this",
    recipients.length === 0
      ? [
          {
            where: "--recipient",
            what: "no recipient is given",
            fix: "Make a key with `age-keygen -o key.txt`, keep it elsewhere than the backups, and give what it prints: --recipient age1…, or backup.recipients in the environment file",
          },
        ]
      : wrong.map((got) => ({ where: "--recipient", what: "no recipient of age", got, allowed: "age1…" })),
  );
}

async function* tarred(
  { about, members, counts, onProgress = () => {} }: ArchiveInput,
  result: { contents?: BackupContents },
): AsyncGenerator<Buffer> {
  const time = Math.floor(Date.parse(about.createdAt) / 1000);
  const document = (name: string, value: object) =>
    tarEntry({ name, content: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) }, time);
  yield document(ABOUT, about);
  const written: BackupContents["members"][number][] = [];
  for (const { name, bytes } of members) {
    const hash = createHash("sha256");
    let total = 0;
    for await (const file of parts(name, bytes, hash)) {
      total += file.content.length;
      onProgress(name, total);
      yield tarEntry(file, time);
    }
    written.push({ name, bytes: total, sha256: hash.digest("hex") });
  }
  const contents = { members: written, counts: await counts() };
  yield document(CONTENTS, contents);
  yield tarEnd;
  result.contents = contents;
}

/** A member as a file, or as several where it is larger than one may be. */
async function* parts(name: string, bytes: AsyncIterable<Uint8Array>, hash: Hash) {
  let number = 0;
  let held: Buffer = Buffer.alloc(0);
  const part = (content: Buffer) => {
    number += 1;
    hash.update(content);
    return { name: `${name}.part-${String(number).padStart(6, "0")}`, content };
  };
  for await (const chunk of inPieces(bytes)) {
    if (held.length + chunk.length > PART) {
      yield part(held);
      held = Buffer.alloc(0);
    }
    held = Buffer.concat([held, chunk]);
  }
  if (number > 0) yield part(held);
  else {
    hash.update(held);
    yield { name, content: held };
  }
}

/** Small ones are put together, so that what is held is copied a few times only; large ones are divided. */
async function* inPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const piece = PART / 8;
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    held.push(chunk);
    length += chunk.length;
    if (length < piece) continue;
    const all = Buffer.concat(held);
    for (let at = 0; at < all.length; at += piece) yield all.subarray(at, at + piece);
    held = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(held);
}
