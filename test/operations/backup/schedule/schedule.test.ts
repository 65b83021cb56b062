import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { overdue, readRecord, remember } from "../../../../operations/backup/schedule/backup-record";
import { systemdUnits } from "../../../../operations/backup/schedule/systemd-units";
import { backupFindings } from "../../../../operations/doctor/doctor";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-schedule-"));
afterAll(() => rmSync(folder, { recursive: true }));

const backup = {
  ...{ environment: "demo", daily: "03:00", directory: "/srv/a 100% $mail" },
  commands: [
    [process.execPath, "main.js", "a b", '100% "$HOME"'],
    [process.execPath, "prune"],
  ],
  writes: ["/srv/a 100% $mail/.kit"],
  path: ["/usr/bin", "/bin"],
};

const analyze = "/usr/bin/systemd-analyze";
if (!existsSync(analyze))
  console.log(`not tried, since there is no ${analyze}: whether systemd takes the units`);

describe("the units of a daily backup", () => {
  it.runIf(existsSync(analyze)).each([
    ["as they are", backup],
    ["of somebody", { ...backup, user: "0", directory: "/", writes: ["/tmp"] }],
  ])("are what systemd takes, %s", (_, units) => {
    const files = systemdUnits(units).map(({ name, content }) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    });
    const { status, stdout, stderr } = spawnSync(analyze, ["verify", "--man=no", ...files], {
      encoding: "utf8",
    });
    // Of units of the machine's own it tells, too.
    const said = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("james-oidc-kit"));
    expect(said, said.join("\n")).toEqual([]);
    expect(status).toBe(0);
  });

  it.runIf(existsSync(analyze))("are at the time that was said", () => {
    const [, timer] = systemdUnits(backup);
    const calendar = /OnCalendar=(.*)/.exec(timer?.content ?? "")?.[1] as string;
    expect(execFileSync(analyze, ["calendar", calendar]).toString()).toMatch(/03:00:00/);
  });

  it("run one command after the other, with each word as it was", () => {
    const [service] = systemdUnits(backup);
    const lines = service?.content.split("\n").filter((line) => line.startsWith("ExecStart=")) ?? [];
    expect(lines).toEqual([
      `ExecStart=${process.execPath} main.js "a b" "100%% \\"$$HOME\\""`,
      `ExecStart=${process.execPath} prune`,
    ]);
  });
});

describe("a backup is overdue", () => {
  const schedule = { daily: "03:00", unit: "kit", since: "2026-11-01T12:00:00.000Z" };
  const at = (time: string) => new Date(time);

  it.each([
    ["not without a schedule", { last: { path: "a", createdAt: "2020-01-01T00:00:00.000Z" } }, undefined],
    ["not before the first", { schedule }, undefined, "2026-11-02T12:00:00Z"],
    [
      "when there is none the day after",
      { schedule },
      /no backup was made since it was scheduled/,
      "2026-11-02T19:00:00Z",
    ],
    [
      "not on the day after the last",
      { schedule, last: { path: "a", createdAt: "2026-11-09T03:00:00.000Z" } },
      undefined,
      "2026-11-10T08:00:00Z",
    ],
    [
      "when the last is older than a day",
      { schedule, last: { path: "a", createdAt: "2026-11-09T03:00:00.000Z" } },
      /last backup is of 2026-11-09T03.*older than its schedule allows/,
      "2026-11-10T10:00:00Z",
    ],
  ])("%s", (_, record, expected, now = "2026-11-10T00:00:00Z") => {
    const what = overdue(record, at(now))?.what;
    if (expected) expect(what).toMatch(expected);
    else expect(what).toBeUndefined();
  });

  it("which doctor tells; what is remembered stays when something else is", () => {
    expect(readRecord(folder)).toEqual({});
    expect(backupFindings(folder, at("2026-11-10T00:00:00Z"))).toEqual([]);
    remember(folder, { schedule });
    const last = { path: "a", createdAt: "2026-11-09T03:00:00.000Z" };
    remember(folder, { last });
    expect(readRecord(folder)).toEqual({ schedule, last });
    expect(backupFindings(folder, at("2026-11-20T00:00:00Z"))).toMatchObject([
      { severity: "error", check: "backup", where: "kit.timer", fix: expect.stringContaining("journalctl") },
    ]);
    remember(folder, { schedule: undefined });
    expect(readRecord(folder)).toEqual({ last });
  });
});
