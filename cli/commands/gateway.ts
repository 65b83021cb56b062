import { createReadStream } from "node:fs";
import { join, resolve } from "node:path";
import { loadEnvironment } from "../../config/environment";
import { type ApisixFinding, checkApisixYaml } from "../../constructs/apisix/check/check";
import { isKnownApisix, oldestApisix } from "../../constructs/apisix/schema/capabilities";
import { KitError } from "../../kit/errors";
import { gatewayFiles } from "../../stacks/gateway-files";
import type { Output } from "../output/output";
import { writeFiles } from "../output/write-files";

export interface GatewayRenderOptions {
  /** @default the environment's */
  readonly gateway?: "apisix" | "httpd";
  /** Folder to write into. @default none: they are printed */
  readonly out?: string;
}

/** Prints the files of an environment's gateway, or writes them. Placeholders stand for secrets. @throws KitError */
export function gatewayRender(name: string, { gateway, out }: GatewayRenderOptions, output: Output): void {
  // Given as variables, so that defaults which depend on them follow and all other settings stay.
  const wanted = gateway !== undefined && {
    KIT_GATEWAY: gateway,
    ...(gateway === "apisix" && { KIT_IMAGES: "registry" }),
  };
  const environment = loadEnvironment(name, { env: { ...process.env, ...wanted } });
  const files = gatewayFiles(environment);
  const data = { command: "gateway render", environment: environment.name, gateway: environment.gateway };
  if (out === undefined) {
    const shown = files.map(({ path, content }) => ({ path, content }));
    const text = files.map(({ path, content }) => `# --- ${path}\n${content.trimEnd()}`).join("\n\n");
    output.result({ ...data, files: shown }, text);
    return;
  }
  const folder = resolve(out);
  const toWrite = files.map(({ path, content, executable }) => ({
    path,
    content,
    mode: executable ? 0o755 : 0o644,
  }));
  const there = writeFiles(folder, toWrite, "the gateway's");
  const written = files.map(({ path }) => ({ file: join(folder, path), overwritten: there.has(path) }));
  const lines = written.map(({ file, overwritten }) => `${overwritten ? "overwritten" : "written"} ${file}`);
  output.result({ ...data, written }, lines.join("\n"));
}

export interface GatewayCheckOptions {
  /** Release of APISIX that is to read the file, as `3.18.0`. */
  readonly apisix?: string;
  /** Whether `${{NAME}}` must be among this process's environment variables. @default false */
  readonly variablesFromEnvironment?: boolean;
  /** Names of plugins that APISIX does not bring along. @default none */
  readonly plugin?: readonly string[];
}

/**
 * Tells what is wrong with an apisix.yaml, whoever wrote it.
 *
 * @param name a path, or `-` for standard input
 * @throws KitError (`ExitCode.badInput`) when there are errors; warnings alone are none
 */
export async function gatewayCheck(
  name: string,
  { apisix, variablesFromEnvironment = false, plugin = [] }: GatewayCheckOptions,
  output: Output,
): Promise<void> {
  if (apisix !== undefined && !isKnownApisix(apisix)) {
    throw new KitError("the release of APISIX is not known", [
      { where: "--apisix", what: "not a known release", got: apisix, allowed: `${oldestApisix} or later` },
    ]);
  }
  const findings = checkApisixYaml(await read(name), {
    ...(apisix !== undefined && { version: apisix }),
    plugins: new Set(plugin),
    ...(variablesFromEnvironment && { variables: new Set(Object.keys(process.env)) }),
  });
  const file = name === "-" ? "standard input" : name;
  for (const finding of findings) {
    output.result({ event: "finding", file, ...finding }, findingText(file, finding));
  }
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const summary = `${file}: ${count(errors, "error")}, ${count(findings.length - errors, "warning")}`;
  if (errors > 0) {
    throw new KitError(
      summary,
      findings
        .filter(({ severity }) => severity === "error")
        .map(({ where, line, what, why, fix }) => ({
          where: [
            `${file}${line === undefined ? "" : `:${line}`}`,
            ...(where === "file" ? [] : [where]),
          ].join(" "),
          what: `${what}. ${upperFirst(why)}`,
          fix,
        })),
      { reported: true },
    );
  }
  output.result({ command: "gateway check", file, errors, warnings: findings.length }, summary);
}

function findingText(file: string, { severity, where, line, what, why, fix }: ApisixFinding): string {
  const place = [`${file}${line === undefined ? "" : `:${line}`}`, ...(where === "file" ? [] : [where])];
  return `${severity} ${place.join(" ")}: ${what}. ${upperFirst(why)}. ${fix}.`;
}

function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const mebibyte = 1024 * 1024;
const sizeLimit = 10 * mebibyte;

async function read(name: string): Promise<string> {
  const refused = (what: string, allowed: string) =>
    new KitError("there is no configuration to check", [{ where: name, what, allowed }]);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of name === "-" ? process.stdin : createReadStream(name)) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > sizeLimit) break;
    }
  } catch (error) {
    throw refused((error as Error).message, "a file that can be read, or - for standard input");
  }
  if (size > sizeLimit) throw refused("too large", `${sizeLimit / mebibyte} MiB`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
    if (!text.includes("\0")) return text;
  } catch {
    // Not UTF-8: refused below.
  }
  throw refused("not a text", "YAML in UTF-8");
}
