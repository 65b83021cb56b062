import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { createOutput } from "../cli/output/output";
import { toTheEnd } from "../cli/to-the-end";
import { ExitCode, KitError } from "../kit/errors";
import { cacheFolder } from "../setup/host/cache";
import { withLock } from "../setup/host/lock";
import { benchBackup } from "./backup/backup";
import { benchCapacity } from "./capacity/capacity";
import { benchCopies } from "./copies/copies";
import { benchGateway } from "./gateway/gateway";
import { benchIdentity } from "./identity/identity";
import { benchMail } from "./mail/mail";
import { benchRender } from "./render/render";
import type { PartOptions, Report } from "./report/report";
import { targetTable } from "./report/target";
import { benchTls } from "./tls/tls";
import { benchDurable } from "./up/durable";
import { benchUp } from "./up/up";

const PARTS: Readonly<Record<string, (options: PartOptions) => Promise<Report>>> = {
  up: benchUp,
  durable: benchDurable,
  gateway: benchGateway,
  render: benchRender,
  identity: benchIdentity,
  tls: benchTls,
  capacity: benchCapacity,
  backup: benchBackup,
  mail: benchMail,
  copies: benchCopies,
};

interface BenchOptions {
  readonly json?: boolean;
  readonly runs: number;
  readonly only?: string;
}

async function bench({ json = false, runs, only }: BenchOptions): Promise<void> {
  const output = createOutput({ json });
  const { progress } = output;
  const cores = cpus().length;
  const [load = 0] = loadavg();
  if (load > cores / 2) {
    progress.note(`This machine is busy (load ${load.toFixed(1)} on ${cores} cores): the figures tell less.`);
  }
  const reports: Report[] = [];
  try {
    for (const [name, part] of Object.entries(PARTS)) {
      if (only === undefined || only === name) reports.push(await part({ progress, runs }));
    }
  } finally {
    // What was measured before a later part failed took minutes.
    if (reports.length > 0) tell();
  }
  const failed = reports.find(({ error }) => error);
  if (failed) throw failed.error;

  function tell(): void {
    const targets = reports.flatMap((report) => report.targets);
    const machine = { cores, memoryGib: Math.round(totalmem() / 1024 ** 3), load };
    output.result(
      Object.assign({ command: "bench", machine, targets }, ...reports.map(({ figures }) => figures)),
      [
        "",
        ...(targets.length > 0 ? [targetTable(targets)] : []),
        ...reports.map(({ text }) => text),
        `${cores} cores, ${machine.memoryGib} GiB, load ${load.toFixed(1)} at the start`,
      ].join("\n\n"),
    );
  }
}

const program = new Command("bench")
  .description(
    "measure the kit: its times and memory against Docker Compose and Terraform (about 6 minutes), the same of what lasts (about 5 minutes), its gateways under " +
      "load (about 3 minutes), how fast routes are rendered (some seconds), realms: their synthesis, and a change to one " +
      "client (about 2 minutes), what TLS costs (about 6 minutes), what people take of memory and disk (about 8 minutes), " +
      "backups (about 4 minutes), mail in PostgreSQL, where the engine has its images (about 8 minutes), and several environments " +
      "on one engine (about 7 minutes)",
  )
  .option("--json", "one JSON object a line, for programs; the result has the figures")
  .addOption(new Option("--only <part>", "one part of it").choices(Object.keys(PARTS)))
  .option(
    "--runs <number>",
    "runs of each, fewer of `up` when time is up",
    (text) => {
      const runs = Number(text);
      if (!Number.isInteger(runs) || runs < 1) throw new InvalidArgumentError("A whole number from 1 on.");
      return runs;
    },
    3,
  )
  .action(async (options: BenchOptions) => {
    const work = withLock(join(cacheFolder(), "bench.lock"), () => bench(options), { wait: false });
    await toTheEnd(work, (error) => {
      report(error, options.json);
      process.exit(error instanceof KitError ? error.exitCode : ExitCode.unexpected);
    });
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
