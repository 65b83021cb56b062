import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ByteReader } from "./byte-reader";

/** Bytes of a member: what a smaller one would cost in size is less than a thousandth. */
const MEMBER = 1024 * 1024;

/** Node.js has four threads for such work, unless it was told of more. */
const parallel = Math.min(4, availableParallelism());

const compress = promisify(gzip);

/** Compresses by members of gzip one after the other, which together are a file of gzip (RFC 1952), several at the same time. */
export async function* gzipped(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(plain);
  const running: Promise<Buffer>[] = [];
  try {
    while (!(await reader.isAtEnd())) {
      running.push(compress(await reader.read(MEMBER), { level: 3 }));
      if (running.length > parallel) yield (await running.shift()) as Buffer;
    }
    for (const one of running) yield await one;
  } finally {
    await reader.end();
  }
}
