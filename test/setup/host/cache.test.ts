import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cached, cacheFolder, ensureCacheFolder } from "../../../setup/host/cache";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", mkdtempSync(join(tmpdir(), "cache-")));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const file = (folder: string) => readFileSync(join(folder, "file"), "utf8");

describe("cached", () => {
  it("builds once, and returns what was built ever after", async () => {
    let builds = 0;
    const build = async (folder: string) => writeFileSync(join(folder, "file"), `${++builds}`);
    expect(file(await cached("a", build))).toBe("1");
    expect(file(await cached("a", build))).toBe("1");
    expect(readdirSync(cacheFolder())).toEqual(["a"]);
  });

  it("leaves nothing of a build that fails, and builds again", async () => {
    const failing = cached("a", async (folder) => {
      writeFileSync(join(folder, "file"), "half");
      throw new Error("no space");
    });
    await expect(failing).rejects.toThrow("no space");
    expect(readdirSync(cacheFolder())).toEqual([]);
    expect(file(await cached("a", async (folder) => writeFileSync(join(folder, "file"), "whole")))).toBe(
      "whole",
    );
  });

  it("builds once for two that want it at the same time", async () => {
    let builds = 0;
    const build = async (folder: string) => {
      builds += 1;
      await sleep(100);
      writeFileSync(join(folder, "file"), "x");
    };
    await Promise.all([cached("a", build), cached("a", build)]);
    expect(builds).toBe(1);
  });

  it("starts anew after a kit that was killed in the middle, and clears its remains", async () => {
    const program = `require("./setup/host/cache").cached("a", async (folder) => {
      require("node:fs").writeFileSync(folder + "/file", "half");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    })`;
    const kit = spawn(process.execPath, ["--require", "tsx/cjs", "-e", program], { stdio: "ignore" });
    const exit = new Promise((resolve) => kit.on("exit", resolve));
    const unfinished = join(cacheFolder(), `a.unfinished-${kit.pid}`, "file");
    for (let i = 0; i < 300 && !existsSync(unfinished); i++) await sleep(50);
    expect(existsSync(unfinished)).toBe(true);
    kit.kill("SIGKILL");
    await exit;
    expect(existsSync(join(cacheFolder(), "a"))).toBe(false);
    expect(file(await cached("a", async (folder) => writeFileSync(join(folder, "file"), "whole")))).toBe(
      "whole",
    );
    expect(readdirSync(cacheFolder())).toEqual(["a"]);
  });
});

it("a folder that cannot be written is refused, with the variable that names another", () => {
  ensureCacheFolder();
  expect(readdirSync(cacheFolder())).toEqual([]);
  vi.stubEnv("XDG_CACHE_HOME", "/proc/of-nobody");
  expect(ensureCacheFolder).toThrow(
    expect.objectContaining({
      exitCode: 3,
      problems: [
        expect.objectContaining({
          where: "/proc/of-nobody/james-oidc-kit",
          fix: expect.stringContaining("XDG_CACHE_HOME"),
        }),
      ],
    }),
  );
});
