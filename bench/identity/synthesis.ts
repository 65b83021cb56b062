import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Progress } from "../../setup/progress/progress";
import { clientCount, realmCount } from "./realms";

/** Seconds that each run took. */
export interface SynthesisSamples {
  /** Terraform resources in what was written. */
  readonly resources: number;
  /** By the kit's model, from the first construct to the written file. */
  readonly kit: number[];
  /** The same with the whole process: Node.js, and the modules loaded. */
  readonly kitProcess: number[];
  /** By bindings alone. */
  readonly raw: number[];
}

/** What a synthesizing process tells. */
export interface Synthesized {
  /** From the first construct to the written file. */
  readonly seconds: number;
  readonly processSeconds: number;
}

/**
 * How long many realms take to Terraform JSON, against the same resources written by bindings alone.
 *
 * @throws Error when they are not the same
 */
export async function measureSynthesis(progress: Progress, runs: number): Promise<SynthesisSamples> {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-bench-"));
  const [kit, raw] = ["kit", "raw"].map((name) => join(folder, name)) as [string, string];
  const file = (outdir: string) => join(outdir, "stacks/identity/cdk.tf.json");
  const samples = { resources: 0, kit: [] as number[], kitProcess: [] as number[], raw: [] as number[] };
  try {
    for (const outdir of [kit, raw]) mkdirSync(outdir);
    for (let run = 1; run <= runs; run++) {
      const title = `synthesize ${realmCount} realms with ${clientCount} clients (run ${run} of ${runs})`;
      await progress.step(title, async (detail) => {
        detail("by the kit");
        const { seconds, processSeconds } = await synthesize(kit);
        samples.kit.push(seconds);
        samples.kitProcess.push(processSeconds);
        detail("by bindings alone");
        samples.raw.push((await synthesize(raw, file(kit))).seconds);
      });
    }
    const [ours, theirs] = [kit, raw].map((outdir) => JSON.parse(readFileSync(file(outdir), "utf8")));
    if (!isDeepStrictEqual(ours, theirs)) throw new Error("the kit and the bindings wrote different stacks");
    const resources = Object.values<object>(ours.resource).flatMap(Object.keys).length;
    return { ...samples, resources };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function synthesize(...args: string[]): Promise<Synthesized> {
  const child = fork(join(__dirname, "synthesize.ts"), args);
  const told = once(child, "message") as Promise<[Synthesized]>;
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`a synthesis ended with exit code ${code}`);
  });
  const [result] = await Promise.race([told, ended]);
  await ended.catch(() => {});
  return result;
}
