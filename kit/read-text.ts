import { readFileSync } from "node:fs";
import { KitError, type Problem } from "./errors";
import { fileErrorText } from "./file-system";

/**
 * The text of a file that somebody wrote: UTF-8, without the mark at its start that some editors write.
 *
 * @param where what names the file, for the error. @default the path
 * @throws KitError when it cannot be read, or is no text
 */
export function readText(file: string, where = file): string {
  const refused = (problem: Omit<Problem, "where">) =>
    new KitError("a file cannot be read", [{ where, ...problem, ...(where !== file && { got: file }) }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw refused({ what: `cannot read the file: ${fileErrorText(error)}` });
  }
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Told below.
  }
  throw refused({
    what: utf16 ? "it is a text in UTF-16" : "it is no text in UTF-8",
    fix: "Save it as UTF-8",
  });
}
