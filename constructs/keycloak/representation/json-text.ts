import type * as z from "zod";
import type { Problem } from "../../../kit/errors";
import { isObject } from "../../../kit/json";
import { schemaProblems } from "../../../kit/schema-problems";

const fix = "Mend it, or export the realm from Keycloak again";

/**
 * @param source what to call the text: its path
 * @returns what a JSON text holds, or why it is none; what it holds may be secret
 */
export function readJson(text: string, source: string): { json: unknown } | { problem: Problem } {
  try {
    return { json: JSON.parse(text.replace(/^\uFEFF/, "")) };
  } catch (error) {
    const { message } = error as Error;
    const line = lineOf(text, message);
    // Some messages quote the text.
    const what = `not JSON: ${message.replace(/, (\.\.\.)?".*/s, "")}`;
    return { problem: { where: line === undefined ? source : `${source}:${line}`, what, fix } };
  }
}

/** The line of an error of JSON.parse, where it tells the position or that the text has ended too early. */
function lineOf(text: string, message: string): number | undefined {
  const end = text.trimEnd().length;
  const position = / position (\d+)/.exec(message)?.[1] ?? (/ end /.test(message) ? end : undefined);
  return position === undefined
    ? undefined
    : text.slice(0, Math.min(Number(position), end)).split("\n").length;
}

/** Everything in a value of JSON that has not the form of a schema. */
export function formProblems(schema: z.ZodType, json: unknown, source: string): Problem[] {
  return schemaProblems(schema.safeParse(json).error, json, {
    where: (path) => `${source}: ${path.join(".") || "(top)"}`,
    show: summary,
    fix,
  });
}

function summary(value: unknown): unknown {
  if (isObject(value)) return "an object";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" && value.length > 60 ? `${value.slice(0, 60)}…` : value;
}
