import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RunError, run } from "../../kit/run";
import { isAlive } from "../../setup/host/lock";

describe("run", () => {
  it("returns both outputs and tells each line of both as it comes", async () => {
    const lines: string[] = [];
    const result = await run("bash", ["-c", "echo one; echo two >&2; printf three"], {
      onLine: (line) => lines.push(line),
    });
    expect(result).toEqual({ stdout: "one\nthree", stderr: "two\n" });
    expect(lines.sort()).toEqual(["one", "three", "two"]);
  });

  it("gives the command its input, folder and environment, and removes a variable set to undefined", async () => {
    process.env.RUN_TEST_GONE = "x";
    const script = 'cat; pwd; echo "$RUN_TEST_A-$RUN_TEST_GONE"';
    const { stdout } = await run("bash", ["-c", script], {
      input: "in\n",
      cwd: "/",
      env: { RUN_TEST_A: "a", RUN_TEST_GONE: undefined },
    });
    expect(stdout).toBe("in\n/\na-\n");
  });

  it("passes bytes on as they come, in and out, and says when there were not all", async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256));
    const collected = async (script: string) => {
      const stdout = new PassThrough();
      const done = run("bash", ["-c", script], { stdin: Readable.from([bytes]), stdout });
      const failed = done.then(
        () => undefined,
        (error: RunError) => error.exitCode,
      );
      const chunks: Buffer[] = [];
      for await (const chunk of stdout) chunks.push(chunk);
      return { all: Buffer.concat(chunks), failed: await failed };
    };
    const { all, failed } = await collected("exec cat");
    expect(failed).toBeUndefined();
    expect(all.equals(bytes)).toBe(true);
    // What it does not read is no fault of its own.
    expect(await collected("head -c 3; exit 3")).toEqual({ all: bytes.subarray(0, 3), failed: 3 });
    expect((await collected("head -c 3")).failed).toBeUndefined();
  });

  it("ends a command whose input fails", async () => {
    const stdin = Readable.from(
      (async function* () {
        yield "a";
        throw new Error("the archive was cut");
      })(),
    );
    await expect(run("bash", ["-c", "cat; sleep 60"], { stdin })).rejects.toThrow(/the archive was cut/);
  });

  it("fails with exit code and the last lines only", async () => {
    const error = await run("bash", ["-c", "seq 100; exit 3"]).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ exitCode: 3 });
    expect((error as RunError).tail).toHaveLength(40);
    expect((error as RunError).tail.at(-1)).toBe("100");
  });

  it("says that a command does not exist", async () => {
    await expect(run("no-such-command", [])).rejects.toMatchObject({
      reason: "command not found",
      exitCode: undefined,
    });
  });

  it("asks a command to end when it is told to, which then has failed", async () => {
    const end = new AbortController();
    const script = "trap 'echo asked; exit 7' INT; echo ready; while :; do sleep 0.1; done";
    const options = { signal: end.signal, interruptSignal: "SIGINT", onLine: () => end.abort() } as const;
    await expect(run("bash", ["-c", script], options)).rejects.toMatchObject({
      exitCode: 7,
      tail: ["ready", "asked"],
    });
  });

  it("ends a command that takes too long, with all that it has started", async () => {
    const error = await run("bash", ["-c", "sleep 60 & echo $!; wait"], { timeoutMs: 300 }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ reason: "took longer than 0.3 s" });
    await sleep(50);
    expect(isAlive(Number((error as RunError).tail[0]))).toBe(false);
  });
});

describe("an interrupted kit", () => {
  /** A kit that runs `script` by run(), whose first line is a process id. */
  async function start(script: string) {
    const file = join(mkdtempSync(join(tmpdir(), "run-")), "pid");
    const program = `require("./kit/run").run("bash", ["-c", ${JSON.stringify(script)}, "-", ${JSON.stringify(file)}])`;
    const kit = spawn(process.execPath, ["--require", "tsx/cjs", "-e", program], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let told = "";
    kit.stderr?.on("data", (chunk) => {
      told += chunk;
    });
    const exit = new Promise<number | null>((resolve) => kit.on("close", resolve));
    const pid = await poll(() => Number(readFileSync(file, "utf8")));
    return { kit, exit, pid, told: () => told };
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s ends its commands, says what it does, and exits with %d", async (signal, code) => {
    const { kit, exit, pid, told } = await start("sleep 60 & echo $! >$1; wait");
    kit.kill(signal);
    expect(await exit).toBe(code);
    expect(told()).toMatch(new RegExp(`${signal}: waits up to 20 s[^]*${signal}: ended; the same command`));
    expect(isAlive(pid)).toBe(false);
  });

  it("by SIGKILL takes its commands with it", async () => {
    // Not in the very moment of the start, when nobody has been told of the command yet.
    const { kit, exit, pid } = await start("sleep 60 & sleep 0.5; echo $! >$1; wait");
    kit.kill("SIGKILL");
    expect(await exit).toBe(null);
    for (let i = 0; i < 100 && isAlive(pid); i++) await sleep(20);
    expect(isAlive(pid)).toBe(false);
  });

  it("lets a command write what it must before it ends", async () => {
    const { kit, exit, pid } = await start(
      "trap 'sleep 0.5; exit 0' TERM; echo $$ >$1; while :; do sleep 0.1; done",
    );
    const started = Date.now();
    kit.kill("SIGINT");
    expect(await exit).toBe(130);
    expect(Date.now() - started).toBeGreaterThan(400);
    expect(isAlive(pid)).toBe(false);
  });

  it("that is interrupted twice ends at once", async () => {
    const { kit, exit, pid } = await start("trap '' TERM; echo $$ >$1; while :; do sleep 0.1; done");
    kit.kill("SIGINT");
    await sleep(100);
    expect(isAlive(pid)).toBe(true);
    kit.kill("SIGINT");
    expect(await exit).toBe(130);
    await sleep(50);
    expect(isAlive(pid)).toBe(false);
  });
});

async function poll(get: () => number): Promise<number> {
  for (let i = 0; i < 300; i++) {
    try {
      const value = get();
      if (value > 0) return value;
    } catch {
      // Not there yet.
    }
    await sleep(50);
  }
  throw new Error("it did not start");
}
