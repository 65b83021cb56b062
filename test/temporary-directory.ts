import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What tests write is below one folder, which goes when they end. */
export default function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-tests-"));
  process.env.TMPDIR = directory;
  return () => rmSync(directory, { recursive: true, force: true });
}
