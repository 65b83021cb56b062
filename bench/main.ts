import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { createOutput } from "../cli/output";
import { ExitCode, KitError } from "../config/errors";
import { cacheFolder } from "../setup/cache";
import { ensureEngine } from "../setup/engine";
import { withLock } from "../setup/lock";
import { KitProject, killDescendants } from "../test/e2e/kit";
import { ensureCompose } from "./compose";
import { composeRemove } from "./compose-project";
import { measure } from "./measure";
import { table, targets } from "./targets";

/** Names and ports of its own: it may run beside an environment that is up, though that costs both time. */
const NAME = "kit-bench";
const COMPOSE_NAME = `${NAME}-compose`;
const SETTINGS = {
  images: "built",
  directGrants: true,
  ports: { keycloak: 38080, gateway: 39080, imap: 30143, smtp: 30587, sieve: 34190 },
};

async function bench({ json = false, runs }: { json?: boolean; runs: number }): Promise<void> {
  const output = createOutput({ json });
  const { progress } = output;
  await ensureEngine(progress);
  const compose = await ensureCompose(progress);

  const project = new KitProject(NAME, SETTINGS);
  const cleanUp = () => {
    composeRemove(COMPOSE_NAME);
    project.remove();
  };
  // Also when it is interrupted. What runs then must not make anew what is removed.
  const leave = () => {
    killDescendants(process.pid);
    cleanUp();
  };
  process.on("exit", leave);
  composeRemove(COMPOSE_NAME);
  project.cleanUp();

  const cores = cpus().length;
  const [load = 0] = loadavg();
  if (load > cores / 2) {
    progress.note(`This machine is busy (load ${load.toFixed(1)} on ${cores} cores): the figures tell less.`);
  }
  const { samples, memory, failedSteps } = await measure(project, compose, {
    rounds: runs,
    composeName: COMPOSE_NAME,
    progress,
  });
  process.off("exit", leave);
  cleanUp();

  const list = targets(samples, memory);
  const machine = { cores, memoryGib: Math.round(totalmem() / 1024 ** 3), load, compose: compose.version };
  output.result(
    { command: "bench", machine, targets: list, samples, memory, failedSteps },
    `\n${table(list, samples, memory)}\n\n${cores} cores, ${machine.memoryGib} GiB, load ${load.toFixed(1)} at the start, Compose ${compose.version}`,
  );
  if (failedSteps.length > 0) {
    throw new KitError(
      "the smoke test failed between the measurements",
      failedSteps.map((what) => ({ what })),
      { exitCode: ExitCode.smoke },
    );
  }
}

const program = new Command("bench")
  .description(
    "measure the kit's times and memory against Docker Compose and Terraform; takes about 6 minutes",
  )
  .option("--json", "one JSON object a line, for programs; the last one has the figures")
  .option(
    "--runs <number>",
    "runs of each, fewer when time is up",
    (text) => {
      const runs = Number(text);
      if (!Number.isInteger(runs) || runs < 1) throw new InvalidArgumentError("A whole number from 1 on.");
      return runs;
    },
    3,
  )
  .action(async (options: { json?: boolean; runs: number }) => {
    try {
      await withLock(join(cacheFolder(), "bench.lock"), () => bench(options), { wait: false });
    } catch (error) {
      report(error, options.json);
      process.exit(error instanceof KitError ? error.exitCode : ExitCode.unexpected);
    }
  });

function report(error: unknown, json = false): void {
  if (json) {
    const data = error instanceof KitError ? error.toJSON() : { error: String(error) };
    process.stdout.write(`${JSON.stringify({ event: "error", ...data })}\n`);
  } else {
    const text = error instanceof KitError ? error.message : ((error as Error).stack ?? String(error));
    process.stderr.write(`${text}\n`);
  }
}

void program.parseAsync();
