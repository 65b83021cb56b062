import { randomBytes } from "node:crypto";
import { connect, createServer, type Server } from "node:net";
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { backupName } from "../../operations/backup/store/backup-file";
import { openBackup, openStore } from "../../operations/backup/store/open-store";
import { freePort } from "../engine";
import { S3Proxy } from "./support/s3proxy";

const proxy = new S3Proxy();
beforeAll(async () => {
  for (const [name, value] of Object.entries(proxy.variables)) vi.stubEnv(name, value);
  await proxy.start(["kit", "other"]);
});
afterAll(() => {
  proxy.stop();
  vi.unstubAllEnvs();
});

const settings =
  (endpoint = proxy.endpoint) =>
  () => ({ endpoint });
const store = (where = "s3://kit/some/where") => openStore(where, settings());
const name = (environment: string, day: number) => backupName(environment, new Date(Date.UTC(2026, 10, day)));

/** Of two parts and a piece of an upload. */
const large = randomBytes(70 * 1024 * 1024);

async function* inChunks(bytes: Buffer, failAfter = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    if (at > failAfter) throw new Error("the database is gone");
    yield bytes.subarray(at, at + 65_536);
  }
}

async function read(path: string, endpoint?: string): Promise<Buffer> {
  const chunks = [];
  for await (const chunk of (await openBackup(path, settings(endpoint))).bytes()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const client = () => new S3Client({ endpoint: proxy.endpoint, region: "us-east-1", forcePathStyle: true });
const uploads = async () =>
  ((await client().send(new ListMultipartUploadsCommand({ Bucket: "kit" }))).Uploads ?? []).map(
    ({ Key }) => Key,
  );

describe.sequential("backups in an S3 store", () => {
  it("are those below a prefix, newest first, as they were written; one is removed", async () => {
    const small = Buffer.from("small");
    const first = await (await store()).write(name("demo", 1), inChunks(small));
    const second = await (await store()).write(name("demo", 2), inChunks(large));
    await (await store()).write(name("demo-other", 3), inChunks(small));
    await (await store("s3://kit")).write(name("demo", 4), inChunks(small));
    await (await store("s3://other/")).write("notes.txt", inChunks(small));
    expect(first).toEqual({ path: `s3://kit/some/where/${name("demo", 1)}`, size: 5 });
    expect(await read(first.path)).toEqual(small);
    expect((await read(second.path)).equals(large)).toBe(true);
    const listed = await (await store("s3://kit/some/where/")).list("demo");
    expect(listed.map(({ path, size }) => ({ path, size }))).toEqual([second, first]);
    expect(await (await store()).list()).toHaveLength(3);
    expect(await (await store("s3://kit")).list("demo")).toHaveLength(1);
    expect(await (await store("s3://other")).list()).toEqual([]);
    await (await store()).remove(first.path);
    expect(await (await store()).list("demo")).toHaveLength(1);
  });

  it("that end half-way leave nothing, in the first part or a later one", async () => {
    for (const bytes of [1e6, 50e6]) {
      const half = (await store()).write(name("demo", 5), inChunks(large, bytes));
      await expect(half).rejects.toThrow("the database is gone");
    }
    expect(await (await store()).list("demo")).toHaveLength(1);
    expect(await uploads()).toEqual([]);
  });

  it("that were killed leave none; what was uploaded of them goes with the next, of this environment alone", async () => {
    for (const Key of [name("demo", 6), name("demo-other", 6)].map((one) => `some/where/${one}`)) {
      await client().send(new CreateMultipartUploadCommand({ Bucket: "kit", Key }));
    }
    expect(await (await store()).list("demo")).toHaveLength(1);
    expect(await (await store()).prepare("demo")).toEqual([`s3://kit/some/where/${name("demo", 6)}`]);
    expect(await uploads()).toEqual([`some/where/${name("demo-other", 6)}`]);
  });

  it("are read on where connections are cut, and no longer where none gets further", async () => {
    const path = `s3://kit/some/where/${name("demo", 2)}`;
    let most = 20e6;
    const cutting = await listen((bytes) => bytes > most);
    const endpoint = `http://127.0.0.1:${cutting.port}`;
    expect((await read(path, endpoint)).equals(large)).toBe(true);
    expect(cutting.connections()).toBeGreaterThan(3);
    const opened = await openBackup(path, settings(endpoint));
    most = 0;
    const nothing = opened.bytes()[Symbol.asyncIterator]().next();
    await expect(nothing).rejects.toThrow(/the store of backups does not do it/);
    cutting.server.close();
  });

  it("are not to be had where the store refuses, is not there or has none, in words", async () => {
    const list = async (where: string, endpoint?: string) =>
      (await openStore(where, settings(endpoint))).list();
    await expect(list("s3://kit", `http://127.0.0.1:${freePort()}`)).rejects.toThrow(
      /s3:\/\/kit: .*ECONNREFUSED/,
    );
    await expect(list("s3://nobody-has-this")).rejects.toThrow(
      /s3:\/\/nobody-has-this: NoSuchBucket.*makes none/,
    );
    await expect(list("s3://")).rejects.toThrow(/no bucket is named.*s3:\/\/bucket\/prefix/);
    await expect(read("s3://kit/none")).rejects.toThrow(/there is no such backup[\s\S]*s3:\/\/kit\/none/);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "another");
    await expect(list("s3://kit")).rejects.toThrow(/s3:\/\/kit: SignatureDoesNotMatch/);
    await expect((await store()).write(name("demo", 9), inChunks(large))).rejects.toThrow(
      /SignatureDoesNotMatch/,
    );
    for (const variable of Object.keys(proxy.variables)) vi.stubEnv(variable, undefined);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    await expect(list("s3://kit")).rejects.toThrow(/credentials.*AWS_ACCESS_KEY_ID/);
  });
});

/** A way to the store that cuts connections, each by the bytes that it has brought. */
async function listen(cuts: (bytes: number) => boolean) {
  let connections = 0;
  const server: Server = createServer((client) => {
    connections += 1;
    const upstream = connect(proxy.port, "127.0.0.1");
    let bytes = 0;
    upstream.on("data", (chunk) => {
      bytes += chunk.length;
      if (cuts(bytes)) client.destroy();
      else if (!client.write(chunk)) {
        upstream.pause();
        client.once("drain", () => upstream.resume());
      }
    });
    client.pipe(upstream);
    for (const one of [client, upstream]) {
      one
        .on("error", () => {})
        .on("close", () => {
          client.destroy();
          upstream.destroy();
        });
    }
  });
  const port = freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { server, port, connections: () => connections };
}
