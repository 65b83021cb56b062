import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateIdentity,
  identityToRecipient,
} from "age-encryption";
import { beforeAll, describe, expect, it } from "vitest";
import { ageDecrypted, ageEncrypted } from "../../../operations/backup/archive/age";

let identities: string[];
let encrypter: () => Encrypter;
let decrypter: (identity?: string) => Decrypter;
beforeAll(async () => {
  identities = [await generateIdentity(), await generateHybridIdentity()];
  const recipients = await Promise.all(identities.map(identityToRecipient));
  encrypter = () => {
    const made = new Encrypter();
    for (const recipient of recipients) made.addRecipient(recipient);
    return made;
  };
  decrypter = (identity = identities[0] as string) => {
    const made = new Decrypter();
    made.addIdentity(identity);
    return made;
  };
});

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const encrypted = (plain: Uint8Array, size = 10_000) => all(ageEncrypted(inPieces(plain, size), encrypter()));
const decrypted = async (bytes: Uint8Array, identity?: string, size = 10_000) =>
  all(await ageDecrypted(inPieces(bytes, size), decrypter(identity)));

const chunk = 64 * 1024;
const lengths = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 300 * chunk + 17];
const plainOf = (length: number) => Buffer.alloc(length, "what people have");

describe("a file of age", () => {
  it.each(lengths)("of %i bytes is what age-encryption reads, and what it writes is read", async (length) => {
    const plain = plainOf(length);
    for (const identity of identities) {
      const read = await decrypter(identity).decrypt(await encrypted(plain));
      expect(Buffer.from(read).equals(plain)).toBe(true);
      const written = await encrypter().encrypt(plain);
      expect((await decrypted(written, identity)).equals(plain)).toBe(true);
    }
  });

  it("is another each time, and read in whatever pieces it comes", async () => {
    const plain = plainOf(3 * chunk);
    const [one, other] = [await encrypted(plain, 1 << 20), await encrypted(plain, 7)];
    expect(one.equals(other)).toBe(false);
    for (const size of [1, 4096, 1 << 20])
      expect((await decrypted(one, undefined, size)).equals(plain)).toBe(true);
  });

  it("is refused for others, and where a byte of it is another, missing or too much", async () => {
    const whole = await encrypted(plainOf(2 * chunk));
    await expect(decrypted(whole, await generateIdentity())).rejects.toThrow(/no identity matched/);
    const end = whole.length;
    const header = end - 2 * (chunk + 16);
    for (const at of [0, 30, header - 20, header - 1, header, header + chunk + 20, end - 1]) {
      const altered = Buffer.from(whole);
      altered[at] = (altered[at] as number) ^ 1;
      await expect(decrypted(altered), `altered at ${at}`).rejects.toThrow();
    }
    for (const length of [0, 10, header - 17, header - 3, header, header + 5, header + chunk + 16, end - 1]) {
      await expect(decrypted(whole.subarray(0, length)), `cut at ${length}`).rejects.toThrow();
    }
    await expect(decrypted(Buffer.concat([whole, Buffer.from("x")]))).rejects.toThrow();
  });
});
