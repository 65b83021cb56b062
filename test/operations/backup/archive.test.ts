import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BackupAbout, FORMAT, PART } from "../../../operations/backup/archive/format";
import { readArchive, readIdentities } from "../../../operations/backup/archive/read-archive";
import { type Member, writeArchive } from "../../../operations/backup/archive/write-archive";
import { folderStore, storedFile } from "../../../operations/backup/store/folder-store";

const about: BackupAbout = {
  ...{ format: FORMAT, kit: "1.2.3", environment: "unit", createdAt: "2026-11-30T12:00:00.000Z" },
  releases: { postgres: "15" },
  realms: [{ name: "oidc", domain: "example.org" }],
  people: ["somebody@example.org"],
  ...{ identity: "import", imported: { oidc: "0" } },
  leftOut: [],
};

let folder: string;
let identity: string;
let recipient: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-backup-"));
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function* bytesOf(...chunks: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** Noise that gzip leaves as it is, the same in each run. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const dump = noise(2.1 * PART);
const contents = { "kit/secrets.json": "{}", "redis/appendonly.aof": "", "postgres/keycloak.dump": dump };

async function write(name: string, members?: Member[]) {
  const written = await writeArchive(
    folderStore(folder),
    name,
    {
      about,
      // In pieces as a program writes them: some large, many small.
      members:
        members ??
        Object.entries(contents).map(([name, content]) => ({
          name,
          bytes: bytesOf(Buffer.from(content).subarray(0, 9), Buffer.from(content).subarray(9)),
        })),
      counts: async () => ({ accounts: 2 }),
    },
    [recipient],
  );
  return { file: written.path, written };
}

async function read(file: string, identities = [identity]) {
  const members: Record<string, Buffer> = {};
  const { about, contents } = await readArchive(storedFile(file), identities, {
    onMember: async (name, bytes) => {
      const all = [];
      for await (const chunk of bytes) all.push(chunk);
      members[name] = Buffer.concat(all);
    },
  });
  return { about, contents, members };
}

describe("a backup", () => {
  it("gives back what it was given, in parts where it is large, and says what it is and holds", async () => {
    const { file, written } = await write("whole");
    const back = await read(file);
    expect(back.about).toEqual(about);
    expect(Object.keys(back.members)).toEqual(Object.keys(contents));
    for (const [name, content] of Object.entries(contents)) {
      expect(back.members[name]?.equals(Buffer.from(content)), name).toBe(true);
    }
    expect(back.contents).toEqual({ members: written.members, counts: { accounts: 2 } });
    expect(back.contents.members.map(({ bytes }) => bytes)).toEqual([2, 0, dump.length]);
    // Whoever passes over what is in it still sees whether it is whole.
    expect((await readArchive(storedFile(file), [identity])).contents).toEqual(back.contents);
  });

  it("is read by tar, once age has decrypted it, in the order in which a member's parts belong together", async () => {
    const { file } = await write("for-tar");
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const plain = await decrypter.decrypt(readFileSync(file));
    const tar = (...args: string[]) =>
      execFileSync("tar", args, { input: plain, maxBuffer: 2 * dump.length });
    expect(tar("-tz").toString().trim().split("\n")).toEqual([
      ...["backup.json", "kit/secrets.json", "redis/appendonly.aof"],
      ...["000001", "000002", "000003"].map((part) => `postgres/keycloak.dump.part-${part}`),
      "contents.json",
    ]);
    expect(tar("-xzO", "--wildcards", "postgres/keycloak.dump*").equals(dump)).toBe(true);
  });

  it("has its name only once it is whole; one that fails leaves nothing", async () => {
    async function* failing() {
      yield dump;
      expect(readdirSync(folder)).not.toContain("failing");
      throw new Error("the database is gone");
    }
    await expect(write("failing", [{ name: "a", bytes: failing() }])).rejects.toThrow("the database is gone");
    expect(readdirSync(folder).filter((name) => name.startsWith("failing"))).toEqual([]);
  });

  it("is read from nobody any longer where the store takes no more", async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield dump;
      } finally {
        ended = true;
      }
    }
    const full = {
      write: async (_: string, bytes: AsyncIterable<Uint8Array>): Promise<never> => {
        for await (const chunk of bytes) if (chunk.length > 1000) break;
        throw new Error("the disk is full");
      },
    };
    const members = [{ name: "a", bytes: endless() }];
    const input = { about, members, counts: async () => ({}) };
    await expect(writeArchive(full, "full", input, [recipient])).rejects.toThrow("the disk is full");
    expect(ended).toBe(true);
  });

  it("is for its recipients alone", async () => {
    const { file } = await write("for-others");
    await expect(read(file, [await generateIdentity()])).rejects.toThrow(/encrypted for others.*--identity/);
    await expect(
      writeArchive(folderStore(folder), "none", { about, members: [], counts: async () => ({}) }, []),
    ).rejects.toThrow(/no recipient is given.*age-keygen/);
    await expect(
      writeArchive(folderStore(folder), "none", { about, members: [], counts: async () => ({}) }, [
        "age1x",
        "ssh",
      ]),
    ).rejects.toThrow(/"age1x"[\s\S]*"ssh"/);
  });

  it("that was cut anywhere, or altered at any place, cannot be used", async () => {
    const { file } = await write("to-spoil");
    const whole = readFileSync(file);
    const spoilt = join(folder, "spoilt");
    const refused = /this backup cannot be used\n {2}- .*spoilt: .*(cut|altered)/;
    for (const length of [0, 10, 100, 200, 300, 70_000, whole.length / 2, whole.length - 1]) {
      writeFileSync(spoilt, whole.subarray(0, length));
      await expect(read(spoilt), `cut at ${length}`).rejects.toThrow(refused);
    }
    for (const at of [3, 60, 150, 250, 5000, whole.length / 2, whole.length - 1].map(Math.floor)) {
      const altered = Buffer.from(whole);
      altered[at] = (altered[at] as number) ^ 1;
      writeFileSync(spoilt, altered);
      await expect(read(spoilt), `altered at ${at}`).rejects.toThrow(refused);
    }
    writeFileSync(spoilt, Buffer.concat([whole, whole]));
    await expect(read(spoilt)).rejects.toThrow(refused);
  });
});

let whole: Promise<Buffer> | undefined;

/** The tar archive of a backup. */
async function tarOfBackup(): Promise<Buffer> {
  const { file } = await write("to-change");
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return gunzipSync(await decrypter.decrypt(readFileSync(file)));
}

/** A backup whose archive somebody with the recipients' keys has changed. */
async function changed(change: (tar: Buffer) => Buffer): Promise<string> {
  whole ??= tarOfBackup();
  const tar = await whole;
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const path = join(folder, "changed");
  writeFileSync(path, await encrypter.encrypt(gzipSync(change(tar))));
  return path;
}

/** Unpacks, changes, and packs anew, by tar. */
function repacked(tar: Buffer, script: string): Buffer {
  const work = mkdtempSync(join(folder, "work-"));
  writeFileSync(join(work, "all.tar"), tar);
  const names = execFileSync("tar", ["-tf", "all.tar"], { cwd: work, encoding: "utf8" });
  writeFileSync(join(work, "names"), names);
  return execFileSync(
    "bash",
    ["-euc", `tar -xf all.tar; ${script}; tar -c --format=ustar -b 1 -f - -T names`],
    {
      cwd: work,
      maxBuffer: 1e8,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
}

describe("a backup that whoever has its key has changed", () => {
  it.each([
    ["a member", "echo x >>kit/secrets.json", /kit\/secrets.json: it is other than it was/],
    ["a part that is gone", "sed -i /part-000002/d names", /keycloak.dump: it is other than it was/],
    ["a member that is gone", "sed -i /redis/d names", /redis\/appendonly.aof: it is missing/],
    ["one too many", "echo x >more; sed -i 's/^contents/more\\n&/' names", /more: nobody has put it there/],
    ["no list", "sed -i /contents/d names", /list of its contents is missing/],
    [
      "of a newer kit",
      `sed -i 's/"format": 1/"format": 2/; s/1.2.3/9.9.9/' backup.json`,
      /made by a newer kit, 9.9.9. Got "format 2"/,
    ],
    ["of something else", "sed -i /backup.json/d names", /not a backup of the kit/],
  ])("is refused: %s", async (_, script, expected) => {
    await expect(read(await changed((tar) => repacked(tar, script)))).rejects.toThrow(expected);
  });

  it("is read as tar wrote it, where nothing is changed", async () => {
    expect((await read(await changed((tar) => repacked(tar, "true")))).about).toEqual(about);
  });

  it("with names outside of where it is unpacked is refused", async () => {
    const path = await changed((tar) => {
      const other = Buffer.from(tar);
      const at = other.indexOf("kit/secrets.json");
      other.write("../secrets.json\0", at, "latin1");
      return other;
    });
    await expect(read(path)).rejects.toThrow(/cannot be used/);
  });
});

it("identities are read as age-keygen writes them; what is none is refused without being shown", async () => {
  const file = join(folder, "key.txt");
  writeFileSync(file, `# created: 2026\n# public key: ${recipient}\n${identity}\n`);
  expect(readIdentities(file)).toEqual([identity]);
  writeFileSync(file, "-----BEGIN AGE ENCRYPTED FILE-----\nabcdef\n");
  expect(() => readIdentities(file)).toThrow(/no identity of age/);
  expect(() => readIdentities(file)).not.toThrow(/abcdef/);
});
