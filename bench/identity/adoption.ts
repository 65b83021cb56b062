import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RootConstruct } from "constructs";
import { packageRoot } from "../../kit/package-root";
import { run } from "../../kit/run";
import type { Progress } from "../../setup/progress/progress";
import { mailRealm } from "./realms";

/** Clients of the realm that is adopted. */
export const adoptedClients = 1000;

/** Seconds that `realm adopt` takes for a large realm. */
export async function measureAdoption(progress: Progress, runs: number): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-bench-"));
  const file = join(folder, "realm.json");
  const samples: number[] = [];
  try {
    const realm = mailRealm(new RootConstruct(), "large", adoptedClients);
    writeFileSync(file, JSON.stringify(realm.representation()));
    for (let number = 1; number <= runs; number++) {
      const title = `adopt a realm of ${adoptedClients.toLocaleString("en")} clients (run ${number} of ${runs})`;
      const started = performance.now();
      await progress.step(title, async () => {
        await run(join(packageRoot, "scripts/kit"), [
          "realm",
          "adopt",
          file,
          "--out",
          join(folder, "adopted"),
        ]);
      });
      samples.push((performance.now() - started) / 1000);
    }
    return samples;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
