import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../kit/run";
import { removeRuns, runName } from "../test/engine";
import type { Compose } from "./compose";
import type { ComposeFile } from "./compose-file";

/** Label of everything that Compose makes here. */
const LABEL = "james-oidc-kit.bench";

export const composeLabels = (purpose: string) => ({ [LABEL]: runName(purpose) });

/** Brings a Compose project up, until every health check passes. @throws RunError with the end of its output */
export async function composeUp(
  { command, args }: Compose,
  project: { purpose: string; directory: string; file: ComposeFile },
): Promise<void> {
  mkdirSync(project.directory, { recursive: true });
  const path = join(project.directory, "compose.yaml");
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(project.file, null, 2));
  await run(command, [
    ...args,
    "--project-name",
    runName(project.purpose),
    "--file",
    path,
    "--ansi=never",
    "--progress=plain",
    "up",
    "--wait",
    "--wait-timeout=300",
  ]);
}

/** Removes what Compose made, now or in an earlier run that was cut off: containers, networks, volumes. */
export function composeRemove(purpose: string): void {
  removeRuns(LABEL, purpose);
}
