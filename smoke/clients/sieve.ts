import type { LineClient } from "./line-client";
import { sieveReply } from "./mail-session";

/** Stores a script (RFC 5804, section 2.6). `script` is ASCII, every line ended by CRLF. */
export async function putScript(lines: LineClient, name: string, script: string): Promise<void> {
  lines.writeLine(`PUTSCRIPT "${name}" {${script.length}+}\r\n${script}`);
  await sieveReply(lines);
}

export async function listScripts(lines: LineClient): Promise<string[]> {
  lines.writeLine("LISTSCRIPTS");
  return (await sieveReply(lines)).map((line) => /^"(.*)"/.exec(line)?.[1] ?? line);
}

export async function deleteScript(lines: LineClient, name: string): Promise<void> {
  lines.writeLine(`DELETESCRIPT "${name}"`);
  await sieveReply(lines);
}
