import { setTimeout as sleep } from "node:timers/promises";
import { DockerEngine } from "../../constructs/engine/docker/docker-engine";
import { ensureEngine } from "../../setup/engine/engine";
import { KitProject, killDescendants } from "../../test/e2e/support/kit";
import { docker, removeRuns, runName } from "../../test/engine";
import type { PartOptions, Report } from "../report/report";
import { mebibytes, seconds, table } from "../report/table";
import { ratio } from "../report/target";
import { REST } from "../up/measure";
import { residentMemory } from "../up/memory";
import { secondsOf, timed } from "../up/seconds-of";
import { succeeded } from "../up/succeeded";

const purposes = ["a", "b", "c", "d", "e"].map((letter) => `kit-bench-copy-${letter}`);

/** Several environments from one file, everything that they need being there: a second one beside the first, and five at once. */
export async function benchCopies({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const project = new KitProject("kit-bench-copies", { images: "built" });
  const names = purposes.map(runName);
  const [first = "", second = ""] = names;
  const cleanUp = () => {
    for (const purpose of purposes) removeRuns(DockerEngine.label, purpose);
  };
  const leave = () => {
    killDescendants(process.pid);
    cleanUp();
    project.remove();
  };
  process.on("exit", leave);
  cleanUp();

  const kit = async (name: string, ...args: string[]) => {
    const all = ["--name", name, ...args];
    succeeded(await project.run(all), all);
  };
  const up = (name: string) => kit(name, "up", "--ports", "auto", "--no-smoke");
  const down = async (...some: string[]) => {
    for (const name of some) await kit(name, "down");
    await sleep(REST * 1000);
  };
  await progress.step("prepare images and provider", async () => {
    await up(first);
    await down(first);
  });

  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 1; round <= runs; round++) {
    const of = `(round ${round} of ${runs})`;
    alone.push(await secondsOf(progress, `kit: up of one ${of}`, () => up(first)));
    beside.push(await secondsOf(progress, `kit: up of a second one beside it ${of}`, () => up(second)));
    await down(first, second);
  }
  const each: number[] = [];
  const atOnce = await secondsOf(progress, `kit: up of ${names.length} at once`, async () => {
    each.push(...(await Promise.all(names.map((name) => timed(() => up(name))))));
  });
  const ids = names.flatMap((name) =>
    docker("ps", "--quiet", "--filter", `label=${DockerEngine.label}=${name}`),
  );
  const memory = residentMemory(Object.fromEntries(ids.map((id) => [id, id])));
  const bytes = memory.reduce((sum, { pss }) => sum + pss, 0);
  await progress.step("remove them", () => down(...names));
  process.off("exit", leave);
  project.remove();

  return {
    targets: [ratio("up of a second environment / of the first", beside, alone, 1.1)],
    text: table([
      ["several environments"],
      ["up of one", ...alone.map(seconds)],
      ["up of a second one beside it", ...beside.map(seconds)],
      [`up of ${names.length} at once, each`, ...each.map(seconds)],
      ["until all are up", seconds(atOnce)],
      ["memory of all (PSS)", mebibytes(bytes)],
    ]),
    figures: { copies: { alone, beside, atOnce, each, bytes } },
  };
}
