import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Decrypter, Encrypter } from "age-encryption";
import { ByteReader } from "./byte-reader";

/**
 * Files of age: their header by `age-encryption`, their payload by the cipher of Node.js, which is native code and more than ten
 * times as fast as one in JavaScript.
 *
 * @see https://github.com/C2SP/C2SP/blob/main/age.md#payload
 */

const CHUNK = 64 * 1024;
const TAG = 16;
const NONCE = 16;
/** Bytes of a header at most: hundreds of recipients. */
const HEADER = 1024 * 1024;

const cipher = "chacha20-poly1305";

/** Encrypts for the recipients that an encrypter has. */
export async function* ageEncrypted(
  plain: AsyncIterable<Uint8Array>,
  encrypter: Encrypter,
): AsyncGenerator<Buffer> {
  let fileKey = new Uint8Array();
  // A recipient that is in no header, and learns the key.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = key.slice();
      return [];
    },
  });
  const empty = Buffer.from(await encrypter.encrypt(new Uint8Array()));
  const nonce = randomBytes(NONCE);
  yield Buffer.concat([empty.subarray(0, empty.length - NONCE - TAG), nonce]);
  const key = payloadKey(fileKey, nonce);
  for await (const { chunk, iv } of chunks(new ByteReader(plain), CHUNK)) {
    const encryption = createCipheriv(cipher, key, iv, { authTagLength: TAG });
    yield Buffer.concat([encryption.update(chunk), encryption.final(), encryption.getAuthTag()]);
  }
}

/**
 * Decrypts by the identities that a decrypter has.
 *
 * @throws Error now for a header that is none of age, was altered or is for others; while reading where the payload was cut or altered
 */
export async function ageDecrypted(
  encrypted: AsyncIterable<Uint8Array>,
  decrypter: Decrypter,
): Promise<AsyncGenerator<Buffer>> {
  const reader = new ByteReader(encrypted);
  const fileKey = await decrypter.decryptHeader(await headerOf(reader));
  const nonce = await reader.read(NONCE);
  return payload(reader, payloadKey(fileKey, nonce));
}

async function headerOf(reader: ByteReader): Promise<Buffer> {
  const lines: Buffer[] = [];
  for (let length = 0; length < HEADER; ) {
    const line = await reader.readLine(HEADER - length);
    lines.push(line);
    length += line.length;
    if (line.length === 0 || line.at(-1) !== 10) break;
    if (line.toString("latin1", 0, 4) === "--- ") return Buffer.concat(lines);
  }
  throw new Error("no header of age");
}

async function* payload(reader: ByteReader, key: Buffer): AsyncGenerator<Buffer> {
  for await (const { chunk, iv, isFirst } of chunks(reader, CHUNK + TAG)) {
    if (chunk.length < TAG || (chunk.length === TAG && !isFirst)) throw new Error("a chunk is cut");
    const decryption = createDecipheriv(cipher, key, iv, { authTagLength: TAG });
    decryption.setAuthTag(chunk.subarray(-TAG));
    const plain = decryption.update(chunk.subarray(0, -TAG));
    // It throws for what was altered.
    decryption.final();
    yield plain;
  }
}

const payloadKey = (fileKey: Uint8Array, nonce: Buffer) =>
  Buffer.from(hkdfSync("sha256", fileKey, nonce, "payload", 32));

/** The chunks of a payload, each with its nonce: a counter, and whether it is the last. There is at least one. */
async function* chunks(reader: ByteReader, size: number) {
  try {
    for (let number = 0, isLast = false; !isLast; number += 1) {
      const chunk = await reader.read(size);
      isLast = await reader.isAtEnd();
      const iv = Buffer.alloc(12);
      iv.writeUIntBE(number, 5, 6);
      iv[11] = isLast ? 1 : 0;
      yield { chunk, iv, isFirst: number === 0 };
    }
  } finally {
    await reader.end();
  }
}
