/**
 * A program of its own, since every synthesis is one: writes the realms of the measurements as Terraform JSON, and
 * tells its parent how long that took.
 *
 * Arguments: the folder to write to; and, for bindings alone, a file that the kit has written.
 */
import { readFileSync } from "node:fs";
import { App } from "../../constructs/terraform";
import { RawStack, statementsOf } from "./raw-bindings";
import { RealmsStack } from "./realms";
import type { Synthesized } from "./synthesis";

// As compiled, which the kit is where it is used: CDKTF takes a stack trace for every reference.
process.setSourceMapsEnabled(false);

const [outdir = "", written] = process.argv.slice(2);
const statements =
  written === undefined ? undefined : statementsOf(JSON.parse(readFileSync(written, "utf8")));

const started = performance.now();
const app = new App({ outdir });
if (statements) new RawStack(app, "identity", statements);
else new RealmsStack(app, "identity");
app.synth();
const ended = performance.now();
// Its clock starts with the process.
process.send?.({ seconds: (ended - started) / 1000, processSeconds: ended / 1000 } satisfies Synthesized);
