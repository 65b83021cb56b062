import * as z from "zod";
import { logLevels } from "../../operations/logs/log-line";

/** What commands write with `--json`, one object a line. `npm run generate` writes its JSON Schema. */

const step = z.int().describe("Number of a step, by which those at the same time are told apart");
const title = z.string().describe("What is done, in the imperative");

const problem = z
  .strictObject({
    what: z.string(),
    where: z.string().optional(),
    got: z.unknown().optional(),
    allowed: z.union([z.string(), z.array(z.unknown())]).optional(),
    fix: z.string().optional(),
    lines: z.array(z.string()).optional(),
  })
  .describe("One thing that is wrong");

const event = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ event: z.literal(name), ...shape });

const events = z.discriminatedUnion("event", [
  event("start", { step, title }).describe("A step begins"),
  event("detail", { step, detail: z.string() }).describe("What it does right now, once a second at most"),
  event("end", {
    ...{ step, title, ok: z.boolean(), seconds: z.number().min(0) },
    error: z.string().optional().describe("First line of what went wrong, unless `ok`"),
  }).describe("It has ended"),
  event("done", { title, why: z.string() }).describe("A step that needed no work"),
  event("note", { text: z.string() }).describe("What is neither a step nor an error"),
  event("log", {
    ...{ time: z.string(), service: z.string(), text: z.string() },
    level: z.enum(logLevels).optional().describe("Default: nobody can tell"),
  }).describe("Of `logs`: a line that a service wrote"),
  z.looseObject({ event: z.literal("finding") }).describe("Of `doctor` and `gateway check`"),
  z.looseObject({ event: z.literal("listener") }).describe("Of `doctor`"),
  z.looseObject({ event: z.literal("result") }).describe("What came of the command, by its own words"),
  event("error", {
    error: z.string(),
    exitCode: z.int().min(1).max(255),
    problems: z.array(problem),
  }).describe("The last one of a command that fails"),
]);

/** JSON Schema of one line. */
export function eventsJsonSchema(): string {
  const schema = z.toJSONSchema(events, { io: "input" });
  return `${JSON.stringify({ title: "james-oidc-kit --json, a line", ...schema }, null, 2)}\n`;
}
