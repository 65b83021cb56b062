import { execFileSync } from "node:child_process";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { ensureEngine } from "../../setup/engine/engine";
import { KitProject, type KitRun, killDescendants } from "../../test/e2e/support/kit";
import { environmentPorts } from "../../test/engine";
import type { PartOptions, Report } from "../report/report";
import { seconds, table } from "../report/table";
import { median, ratio } from "../report/target";
import { timed } from "../up/seconds-of";
import { succeeded } from "../up/succeeded";

/** Bytes of text in the database, as those of mails: half of it compresses. */
const DATA = 300 * 1024 * 1024;
/** Of one row. */
const ROW = 16 * 1024;

const postgres = "/usr/lib/postgresql/*/bin";

/** How fast a backup is made, verified and restored, beside `pg_dump | zstd` and `zstd | pg_restore` of the same database. */
export async function benchBackup({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const project = new KitProject("kit-bench-backup", {
    ...{ images: "built", gateway: "httpd", ports: environmentPorts() },
    storage: { identity: "durable", mail: "memory" },
  });
  const leave = () => {
    killDescendants(process.pid);
    project.remove();
  };
  process.on("exit", leave);
  project.cleanUp();
  const container = `${project.name}-postgres`;
  const inPostgres = (script: string) =>
    ["docker", "exec", "--interactive", "--user", "postgres", container, "bash", "-euo", "pipefail", "-c"]
      .concat(`'${script}'`)
      .join(" ");
  const shell = (script: string) =>
    execFileSync("bash", ["-euo", "pipefail", "-c", script], { cwd: project.directory, stdio: "pipe" });
  const kit = async (...args: string[]) => succeeded(await project.run(args), args);
  try {
    await progress.step("bring a durable environment up", () => kit("up", "--no-smoke"));
    await progress.step("fill its database", () =>
      Promise.resolve(
        shell(`${inPostgres(`${postgres}/psql -qh /dev/shm keycloak`)} <<'END'
CREATE TABLE bench (id int, text text);
ALTER TABLE bench ALTER text SET STORAGE EXTERNAL;
INSERT INTO bench SELECT n, (SELECT string_agg(md5(random()::text || n || m), ' ') FROM generate_series(1, ${Math.floor(ROW / 33)}) m)
FROM generate_series(1, ${DATA / ROW}) n;
ALTER TABLE bench OWNER TO keycloak;
END`),
      ),
    );
    const identity = await generateIdentity();
    writeFileSync(join(project.directory, "key.txt"), `${identity}\n`, { mode: 0o600 });
    const recipient = await identityToRecipient(identity);
    const samples = {
      create: [] as number[],
      dump: [] as number[],
      verify: [] as number[],
      test: [] as number[],
    };
    let file = "";
    for (let run = 1; run <= runs; run += 1) {
      await progress.step(`back up, run ${run} of ${runs}`, async () => {
        if (file !== "") rmSync(file);
        samples.create.push(
          await timed(async () => {
            file = (await kit("backup", "create", "--recipient", recipient)).result.file as string;
          }),
        );
        const dump = `${postgres}/pg_dump -h /dev/shm --format=custom --compress=0 keycloak`;
        samples.dump.push(await timed(() => shell(`${inPostgres(dump)} | zstd -q -f -o dump.zst`)));
        samples.verify.push(await timed(() => kit("backup", "verify", file, "--identity", "key.txt")));
        samples.test.push(await timed(() => shell("zstd -qdc dump.zst >/dev/null")));
      });
    }
    const load = `${postgres}/pg_restore -h /dev/shm --no-owner --single-transaction --exit-on-error --dbname=bench`;
    const baseline = await progress.step("restore, by pg_restore", () => {
      shell(inPostgres(`${postgres}/createdb -h /dev/shm bench`));
      return timed(() => shell(`zstd -qdc dump.zst | ${inPostgres(load)}`));
    });
    shell(inPostgres(`${postgres}/dropdb -h /dev/shm bench`));
    const restored = await progress.step("restore", () =>
      kit("restore", file, "--identity", "key.txt", "--delete-data", project.name, "--no-smoke"),
    );
    const restore = stepSeconds(restored, "restore ");
    const sizes = {
      data: DATA,
      backup: statSync(file).size,
      zstd: statSync(join(project.directory, "dump.zst")).size,
    };
    const rows: [string, number, number][] = [
      ["backup create, beside pg_dump | zstd", median(samples.create), median(samples.dump)],
      ["backup verify, beside zstd -d", median(samples.verify), median(samples.test)],
      ["restore, its step with the stores, beside zstd -d | pg_restore", restore, baseline],
    ];
    const rate = (time: number) => `${(DATA / 1e6 / time).toFixed(0)} MB/s`;
    return {
      targets: [ratio("backup create / pg_dump | zstd", samples.create, samples.dump, 2)],
      figures: { backup: { samples, restore, pgRestore: baseline, sizes } },
      text: table([
        [`of ${(DATA / 1e6).toFixed(0)} MB in a database`, "kit", "", "beside it", "", "times"],
        ...rows.map(([title, own, other]) => [
          ...[title, seconds(own), rate(own), seconds(other), rate(other)],
          (own / other).toFixed(2),
        ]),
        ["size of the file, MB", (sizes.backup / 1e6).toFixed(0), "", (sizes.zstd / 1e6).toFixed(0)],
      ]),
    };
  } finally {
    process.off("exit", leave);
    leave();
  }
}

function stepSeconds({ events }: KitRun, title: string): number {
  const begun = events.find((one) => one.event === "start" && String(one.title).startsWith(title));
  const ended = events.find((one) => one.event === "end" && one.step === begun?.step);
  return Number(ended?.seconds);
}
