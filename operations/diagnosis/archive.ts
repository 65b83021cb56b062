import { gzipSync } from "node:zlib";
import { KitError, reasonOf } from "../../kit/errors";
import { kitRelease } from "../../kit/package-root";
import type { Redactor } from "../../kit/redactor";
import { tarEnd, tarEntry } from "../backup/archive/tar";

/** A file of an archive that tells how an environment is. */
export interface Piece {
  /** Letters, digits and `.-_/`. */
  readonly file: string;
  /** What is in it: text, or what becomes JSON. */
  read(): Promise<string | object> | string | object;
}

/** What could not be told, and why. */
export interface MissingPiece {
  readonly file: string;
  readonly why: string;
}

/** Where secrets were, and which. */
export interface FoundSecrets {
  readonly file: string;
  readonly secrets: readonly string[];
}

export interface DiagnosisArchive {
  /** A gzipped tar archive, in which no secret is. */
  readonly bytes: Buffer;
  readonly missing: readonly MissingPiece[];
  /** What was replaced. */
  readonly found: readonly FoundSecrets[];
}

/**
 * Packs what can be told into an archive below a folder of its own. What fails is left out, and said; secrets are replaced before
 * anything is packed.
 *
 * @param redactor asked when all is read: a plan may make secrets
 */
export async function diagnosisArchive(
  folder: string,
  pieces: readonly Piece[],
  redactor: () => Redactor,
  now = new Date(),
): Promise<DiagnosisArchive> {
  const read = await inOrder(pieces);
  const known = redactor();
  const missing: MissingPiece[] = [];
  const found: FoundSecrets[] = [];
  const entries: Buffer[] = [];
  const add = (file: string, text: string) =>
    entries.push(
      tarEntry({ name: `${folder}/${file}`, content: Buffer.from(text) }, Math.floor(now.getTime() / 1000)),
    );
  for (const { file, text, why } of read) {
    const redacted = known.redact(text ?? why);
    if (redacted.found.size > 0) found.push({ file, secrets: [...redacted.found].sort() });
    if (text === undefined) missing.push({ file, why: redacted.text });
    else add(file, redacted.text);
  }
  const about = { kit: kitRelease, node: process.version, at: now.toISOString(), missing, replaced: found };
  add("diagnosis.json", `${JSON.stringify(about, null, 2)}\n`);
  return { bytes: gzipSync(Buffer.concat([...entries, tarEnd])), missing, found };
}

type ReadPiece = { file: string } & ({ text: string; why?: never } | { text?: never; why: string });

async function inOrder(pieces: readonly Piece[]): Promise<ReadPiece[]> {
  const all: ReadPiece[] = [];
  for (const { file, read } of pieces) {
    try {
      const content = await read();
      all.push({
        file,
        text: typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`,
      });
    } catch (error) {
      all.push({ file, why: whyOf(error) });
    }
  }
  return all;
}

function whyOf(error: unknown): string {
  return error instanceof KitError ? error.message : reasonOf(error);
}
