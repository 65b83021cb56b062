/**
 * A tar archive of plain files, as it is read and written by every `tar` (POSIX.1-1988, "ustar"): in the order in which they come,
 * without anything of a file but its name and content.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */

import { ByteReader } from "./byte-reader";

const BLOCK = 512;

/** Where a name, a size and so on stand in a header, and how long they are. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;

const MAGIC = "ustar\u000000";

/** A file of an archive. */
export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
}

/** What is no tar archive that `tarBytes` could have written. */
export class TarError extends Error {
  override readonly name = "TarError";
}

/** The bytes of one file in an archive. @param time of its change, in seconds since 1970 */
export function tarEntry({ name, content }: TarFile, time: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const write = (field: keyof typeof fields, text: string) => header.write(text, fields[field][0], "latin1");
  const octal = (number: number, digits: number) => `${number.toString(8).padStart(digits, "0")}\0`;
  if (!isName(name)) throw new TarError(`no name of a file of an archive: ${name}`);
  write("name", name);
  write("mode", octal(0o600, 7));
  write("uid", octal(0, 7));
  write("gid", octal(0, 7));
  write("size", octal(content.length, 11));
  write("mtime", octal(time, 11));
  write("type", "0");
  write("magic", MAGIC);
  write("checksum", `${checksum(header).toString(8).padStart(6, "0")}\0 `);
  return Buffer.concat([header, content, Buffer.alloc(padding(content.length))]);
}

/** What ends an archive. */
export const tarEnd = Buffer.alloc(2 * BLOCK);

/**
 * The files of an archive, one after the other.
 *
 * @param largest bytes that a file may have: nothing larger is kept in memory
 * @throws TarError at what is none, or was cut
 */
export async function* tarFiles(bytes: AsyncIterable<Uint8Array>, largest: number): AsyncGenerator<TarFile> {
  const reader = new ByteReader(bytes);
  const read = async (wanted: number) => {
    const all = await reader.read(wanted);
    if (all.length < wanted) throw new TarError("it ends too early");
    return all;
  };
  for (;;) {
    const header = await read(BLOCK);
    if (isEmpty(header)) break;
    const file = parse(header, largest);
    const content = await read(file.size);
    await read(padding(file.size));
    yield { name: file.name, content };
  }
  if (!isEmpty(await read(BLOCK))) throw new TarError("it goes on after its end");
  if (!(await reader.isAtEnd())) throw new TarError("it goes on after its end");
}

function parse(header: Buffer, largest: number): { name: string; size: number } {
  const text = (field: keyof typeof fields) => {
    const [at, length] = fields[field];
    return header.toString("latin1", at, at + length);
  };
  const number = (field: keyof typeof fields) => {
    const digits = text(field).replace(/[\0 ]+$/, "");
    if (!/^[0-7]+$/.test(digits)) throw new TarError(`its ${field} is no number`);
    return Number.parseInt(digits, 8);
  };
  if (text("magic") !== MAGIC || text("type") !== "0") throw new TarError("not a plain file in it");
  if (number("checksum") !== checksum(header)) throw new TarError("a header in it was changed");
  const name = text("name").replace(/\0+$/, "");
  if (!isName(name)) throw new TarError("not a name of a file in it");
  const size = number("size");
  if (size > largest) throw new TarError(`${name} in it is too large`);
  return { name, size };
}

/** Of the header's bytes, its own taken for spaces. */
function checksum(header: Buffer): number {
  const [at, length] = fields.checksum;
  return header.reduce((sum, byte, index) => sum + (index >= at && index < at + length ? 0x20 : byte), 0);
}

/** Letters, digits and `.-_/`, below the folder where it is unpacked. */
function isName(name: string): boolean {
  return name.length <= 100 && /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !name.split("/").includes("..");
}

const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

const isEmpty = (block: Buffer) => block.every((byte) => byte === 0);
