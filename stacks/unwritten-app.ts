import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "../constructs/terraform";

/**
 * What can be known of stacks by building them, with nothing written: an App makes its folder at once, so it is one that
 * goes.
 */
export function inUnwrittenApp<T>(build: (app: App, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-"));
  try {
    return build(new App({ skipValidation: true, outdir: folder }), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
