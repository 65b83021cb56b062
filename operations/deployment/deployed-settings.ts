import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Deployment } from "./deployment";

type EnvironmentFolder = Pick<Deployment, "directory" | "environment">;

/** Where the settings of the last `up` are kept. @param directory the environment's */
export const settingsFile = (directory: string) => join(directory, "settings.json");

const fileOf = ({ directory }: EnvironmentFolder) => settingsFile(directory);

/** Remembers with which settings an environment was brought up. */
export function rememberSettings(deployment: EnvironmentFolder): void {
  writeFileSync(fileOf(deployment), JSON.stringify(settingsOf(deployment)), { mode: 0o600 });
}

/** What is said otherwise than at the last `up`: `domain is example.org instead of localhost`. */
export function changedSettings(deployment: EnvironmentFolder): string[] {
  if (!existsSync(fileOf(deployment))) return [];
  const next = settingsOf(deployment);
  let old: Record<string, string>;
  try {
    old = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(fileOf(deployment), "utf8")));
  } catch {
    // Nobody needs it; the next `up` writes it anew.
    return [];
  }
  return [...new Set([...Object.keys(old), ...Object.keys(next)])]
    .filter((key) => old[key] !== next[key])
    .map((key) => {
      const [was, is] = [old[key], next[key]];
      if (key.endsWith(content)) return `${key.slice(0, -content.length)} has another content`;
      return `${key} is ${shown(is)} instead of ${shown(was)}`;
    });
}

/** Of a long list its beginning, and how long it is. */
function shown(text = "not set"): string {
  if (text.length <= 200) return text;
  const list = text.startsWith('[{"') ? ` (${JSON.parse(text).length} of them)` : "";
  return `${text.slice(0, 100)}…${list}`;
}

/** Marks what is known by a hash only. */
const content = " (content)";

/** Leaves by their path, without secrets. */
export function settingsOf({ environment }: Pick<Deployment, "environment">): Record<string, string> {
  const { platform, entries, secrets: _, certificateFiles, mailboxes: __, ...settings } = environment;
  const [first, ...further] = platform.realms;
  const hash = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");
  return {
    ...leaves(settings),
    [`realm.template${content}`]: hash([first.template, further.map(({ template }) => template)]),
    [`ldif${content}`]: hash(entries),
    ...(certificateFiles.length > 0 && {
      [`tls.files${content}`]: hash(certificateFiles.map(({ chain }) => chain)),
    }),
    ...(first.directory.ca !== undefined && { [`directory.ca${content}`]: hash(first.directory.ca) }),
  };
}

function leaves(value: unknown, path = ""): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { [path]: typeof value === "string" ? value : JSON.stringify(value ?? null) };
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : Object.entries(leaves(item, path === "" ? key : `${path}.${key}`)),
    ),
  );
}
