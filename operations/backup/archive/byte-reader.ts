/** Reads so many bytes of a stream. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #held: Buffer[] = [];
  #length = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  /** So many bytes; fewer where the stream ends. */
  async read(wanted: number): Promise<Buffer> {
    while (this.#length < wanted && (await this.#pull()));
    return this.#take(Math.min(wanted, this.#length));
  }

  /** A line with its end. @param longest bytes that it may have; what is longer comes in pieces */
  async readLine(longest: number): Promise<Buffer> {
    let searched = 0;
    for (;;) {
      const all = this.#joined();
      const end = all.indexOf(10, searched) + 1;
      if (end > 0 || all.length >= longest) return this.#take(Math.min(end || longest, longest));
      searched = all.length;
      if (!(await this.#pull())) return this.#take(all.length);
    }
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#length === 0) if (!(await this.#pull())) return true;
    return false;
  }

  /** Reads no further: whoever writes is told, and ends. */
  async end(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #pull(): Promise<boolean> {
    const { value, done } = await this.#iterator.next();
    if (done) return false;
    this.#held.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    this.#length += value.byteLength;
    return true;
  }

  #joined(): Buffer {
    if (this.#held.length !== 1) this.#held = [Buffer.concat(this.#held)];
    return this.#held[0] as Buffer;
  }

  #take(length: number): Buffer {
    const all = this.#joined();
    this.#held = [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }
}
