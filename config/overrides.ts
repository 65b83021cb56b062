import { parse } from "yaml";
import * as z from "zod";
import type { Problem } from "../kit/errors";
import { settingsSchema } from "./settings";

/** A setting that an environment variable may override. */
export interface Override {
  readonly variable: string;
  readonly path: readonly string[];
  /** Whether the value is taken as it is, or read as YAML. */
  readonly text: boolean;
}

/** Variables of the kit that are no settings. */
const reserved =
  /^KIT_(ADOPT_(USER|PASSWORD(_FILE)?)|ALLOW_LOSS|CDK|E2E_ENVIRONMENT|ENV|KEYCLOAK_PROVIDER(_LACKS)?|SECRET_.+)$/;

type Node = { type?: string; anyOf?: Node[]; properties?: Record<string, Node>; items?: Node };

const schema = z.toJSONSchema(settingsSchema, { io: "input" }) as Node;

/** Every setting's variable: `KIT_` and the path, e.g. `KIT_PORTS_IMAP`, `KIT_INTROSPECTION_INTERVAL_SECONDS`. */
export const overrides: readonly Override[] = leaves(schema, []);

/** Keys that the schema knows below a path, in which numbers stand for items of lists. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  const nodes = path.reduce<Node[]>(
    (found, key) =>
      found
        .flatMap(alternatives)
        .flatMap((node) => (typeof key === "number" ? node.items : node.properties?.[String(key)]) ?? []),
    [schema],
  );
  return nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {}));
}

const alternatives = (node: Node): Node[] => [node, ...(node.anyOf ?? [])];

function leaves(node: Node, path: string[]): Override[] {
  if (node.properties) {
    return Object.entries(node.properties).flatMap(([key, child]) => leaves(child, [...path, key]));
  }
  return [{ variable: `KIT_${path.map(snakeCase).join("_")}`, path, text: node.type === "string" }];
}

/** Upper case, words joined by underscores: `intervalSeconds` gives INTERVAL_SECONDS. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

/** Settings with the variables' values put in, and what is wrong with the variables. */
export function applyOverrides(
  settings: unknown,
  env: NodeJS.ProcessEnv,
): { settings: unknown; problems: Problem[] } {
  const known = new Map(overrides.map((override) => [override.variable, override]));
  const result = structuredClone(settings ?? {});
  const problems: Problem[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith("KIT_") || reserved.test(variable) || value === undefined) continue;
    const override = known.get(variable);
    if (!override) {
      problems.push({
        where: variable,
        what: "no setting has this variable",
        allowed: nearest(variable, [...known.keys()]),
        fix: "docs/settings.md has all variables",
      });
      continue;
    }
    try {
      put(result, override.path, override.text ? value : parse(value, { logLevel: "error" }));
    } catch (error) {
      problems.push({
        where: variable,
        what: `not YAML: ${(error as Error).message.split("\n")[0]?.replace(/:$/, "")}`,
        ...(override.path[0] !== "secrets" && !isSecret(value) && { got: value }),
      });
    }
  }
  return { settings: result, problems };
}

/** Whether a private key, or a URL with a password, which are repeated nowhere, are in it. */
export function isSecret(value: unknown): boolean {
  return /[a-z]:\/\/[^@"]*:[^@"]*@|PRIVATE KEY/i.test(JSON.stringify(value) ?? "");
}

function put(target: unknown, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined || typeof target !== "object" || target === null) return;
  const object = target as Record<string, unknown>;
  if (rest.length > 0) object[key] ??= {};
  if (rest.length > 0) put(object[key], rest, value);
  else object[key] = value;
}

/** Names that share most words with a mistyped one. */
function nearest(name: string, candidates: readonly string[]): string[] {
  const words = new Set(name.split("_"));
  const score = (candidate: string) => candidate.split("_").filter((word) => words.has(word)).length;
  return [...candidates].sort((a, b) => score(b) - score(a)).slice(0, 5);
}
