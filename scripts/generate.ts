import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../config/package-root";
import { environmentJsonSchema, settingsReference } from "../config/reference";

// Run by `npm run generate` after a change of config/settings.ts; a test says when it was forgotten.
writeFileSync(join(packageRoot, "schemas/environment.schema.json"), environmentJsonSchema());
writeFileSync(join(packageRoot, "docs/settings.md"), settingsReference());
