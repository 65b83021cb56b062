import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { ExitCode, KitError } from "../../../kit/errors";
import { run } from "../../../kit/run";
import { withLock } from "../../../setup/host/lock";

let lock: string;
beforeEach(() => {
  lock = join(mkdtempSync(join(tmpdir(), "lock-")), "a.lock");
});

describe("withLock", () => {
  it("lets one process at a time in", async () => {
    // Each child appends "in", waits, appends "out": interleaved lines would show two inside.
    const log = `${lock}.log`;
    const program = `require("./setup/host/lock").withLock(${JSON.stringify(lock)}, async () => {
      const { appendFileSync } = require("node:fs");
      appendFileSync(${JSON.stringify(log)}, "in\\n");
      await new Promise((resolve) => setTimeout(resolve, 30));
      appendFileSync(${JSON.stringify(log)}, "out\\n");
    })`;
    const child = () => run(process.execPath, ["--require", "tsx/cjs", "-e", program]);
    await Promise.all([child(), child(), child(), child()]);
    const { stdout } = await run("cat", [log]);
    expect(stdout).toBe("in\nout\n".repeat(4));
  });

  it("leaves nothing behind, whether the work succeeds or fails", async () => {
    expect(await withLock(lock, async () => 7)).toBe(7);
    await expect(withLock(lock, () => Promise.reject(new Error("bad")))).rejects.toThrow("bad");
    expect(readdirSync(dirname(lock))).toEqual([]);
  });

  it("refuses at once where waiting is not wanted, naming the process that holds it", async () => {
    await withLock(lock, async () => {
      const error = await withLock(lock, async () => {}, { wait: false }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(KitError);
      expect(error).toMatchObject({ exitCode: ExitCode.busy });
      expect((error as Error).message).toContain(`process ${process.pid}`);
    });
  });

  it("tells once that it waits", async () => {
    const told: string[] = [];
    const first = withLock(lock, () => sleep(500));
    await withLock(lock, async () => {}, { onWait: (text) => told.push(text) });
    await first;
    expect(told).toEqual([`waits for process ${process.pid}, which does the same`]);
  });

  it("is not held by a process that has died", async () => {
    const { pid } = spawnSync("true");
    writeFileSync(lock, `${pid} 1\n`);
    await withLock(lock, async () => expect(existsSync(lock)).toBe(true), { wait: false });
  });

  it("is not held by another process that has got the dead one's number", async () => {
    writeFileSync(lock, `${process.pid} 1\n`);
    await withLock(lock, async () => {}, { wait: false });
  });
});
