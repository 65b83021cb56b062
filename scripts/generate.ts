import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tellPlainly, toTheEnd } from "../cli/to-the-end";
import { packageRoot } from "../kit/package-root";
import { generateBindings } from "./generate-bindings";

// `npm run generate` writes everything that is generated. `npm run generate bindings` only what is not committed: it is
// part of install and build. The rest is for after a change of config/settings.ts or of what is exported; tests say when it
// was forgotten.
async function generate(what?: string): Promise<void> {
  await generateBindings();
  if (what === "bindings") return;
  const { environmentJsonSchema, settingsReference } = await import("../config/reference.js");
  const { outputsJsonSchema } = await import("../config/outputs.js");
  const { eventsJsonSchema } = await import("../cli/output/events.js");
  writeFileSync(join(packageRoot, "schemas/environment.schema.json"), environmentJsonSchema());
  writeFileSync(join(packageRoot, "schemas/events.schema.json"), eventsJsonSchema());
  writeFileSync(join(packageRoot, "schemas/outputs.schema.json"), outputsJsonSchema());
  writeFileSync(join(packageRoot, "docs/settings.md"), settingsReference());
  const { apiReport } = await import("./api-report.js");
  const pages = apiReport();
  const folder = join(packageRoot, "docs/api");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, content] of pages) writeFileSync(join(folder, name), content);
}

void toTheEnd(generate(process.argv[2]), tellPlainly);
