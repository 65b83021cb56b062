import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureEngine } from "../../setup/engine/engine";
import { composeUp, ensureCompose } from "../../test/compose";
import { KitProject, killDescendants } from "../../test/e2e/support/kit";
import { environmentPorts } from "../../test/engine";
import type { PartOptions, Report } from "../report/report";
import { seconds, table } from "../report/table";
import { ratio } from "../report/target";
import { REST } from "./measure";
import { secondsOf } from "./seconds-of";
import { succeeded } from "./succeeded";

const SETTINGS = {
  images: "built",
  storage: { identity: "durable", mail: "memory" },
  ports: environmentPorts(),
};

/** `up` of what lasts, as far as images are built here: with PostgreSQL, whose tables Keycloak makes at its first start. */
export async function benchDurable({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const compose = await ensureCompose(progress);
  const project = new KitProject("kit-bench-durable", SETTINGS);
  const leave = () => {
    killDescendants(process.pid);
    project.remove();
  };
  process.on("exit", leave);
  project.cleanUp();

  const kit = async (...args: string[]) => void succeeded(await project.run(args), args);
  const down = () => kit("down", "--delete-data", project.name);
  const folder = join(project.directory, "compose");
  await progress.step("prepare images and provider", async () => {
    await kit("plan");
    await kit("compose", "--out", folder);
    await down();
  });

  const fromNothing: number[] = [];
  const again: number[] = [];
  const composed: number[] = [];
  for (let round = 1; round <= runs; round++) {
    const of = `(round ${round} of ${runs})`;
    fromNothing.push(await secondsOf(progress, `kit: up from nothing ${of}`, () => kit("up", "--no-smoke")));
    await kit("down");
    await sleep(REST * 1000);
    again.push(await secondsOf(progress, `kit: up with its data ${of}`, () => kit("up", "--no-smoke")));
    await down();
    await sleep(REST * 1000);
    composed.push(
      await secondsOf(progress, `compose up --wait ${of}`, () =>
        composeUp(compose, join(folder, "compose.yaml")),
      ),
    );
    project.cleanUp();
    await sleep(REST * 1000);
  }
  process.off("exit", leave);
  project.remove();

  return {
    targets: [ratio("durable identity: up from nothing / compose up --wait", fromNothing, composed, 1.25)],
    text: table([
      ["each run, durable identity"],
      ["up from nothing", ...fromNothing.map(seconds)],
      ["up with the data that down kept", ...again.map(seconds)],
      ["compose up --wait", ...composed.map(seconds)],
    ]),
    figures: { durable: { fromNothing, again, compose: composed } },
  };
}
