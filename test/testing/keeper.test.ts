import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { packageRoot } from "../../kit/package-root";

const tsx = ["--import", join(packageRoot, "node_modules/tsx/dist/loader.mjs")];
const keeperFile = join(packageRoot, "testing/keeper.ts");

/** A folder with a program in the place of the kit, which notes what it is told to do, and when it is interrupted. */
function folder() {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const log = join(directory, "log");
  writeFileSync(log, "");
  const kit = join(directory, "kit.js");
  writeFileSync(
    kit,
    `const { appendFileSync } = require("node:fs");
     const note = (text) => appendFileSync(${JSON.stringify(log)}, text + "\\n");
     const [command, how] = process.argv.slice(2);
     note(command);
     console.log(JSON.stringify({ event: command }));
     if (how === "fails") { console.error("no engine"); process.exit(3); }
     if (how === "waits") {
       process.on("SIGINT", () => { note("interrupted"); process.exit(130); });
       setInterval(() => {}, 1000);
       note("waits");
     }`,
  );
  const work = (...first: string[][]) =>
    JSON.stringify({ program: [process.execPath, kit], first, last: ["down"] });
  return { work, noted: () => readFileSync(log, "utf8").split("\n").filter(Boolean) };
}

function start(work: string) {
  const keeper = spawn(process.execPath, [...tsx, keeperFile, work], { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  keeper.stdout.on("data", (chunk) => {
    output += chunk;
  });
  return {
    keeper,
    events: () =>
      output
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}

const codeOf = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
const soon = (check: () => void) => vi.waitFor(check, { timeout: 60_000 });

describe("the keeper of a platform", () => {
  it("runs commands one after the other, keeps on, and takes them back when its input ends", async () => {
    const { work, noted } = folder();
    const { keeper, events } = start(work(["up"], ["outputs"]));
    await soon(() => expect(events()).toContainEqual({ event: "kept", exitCode: 0, stderr: "" }));
    expect(noted()).toEqual(["up", "outputs"]);
    keeper.stdin.end();
    expect(await codeOf(keeper)).toBe(0);
    expect(noted()).toEqual(["up", "outputs", "down"]);
    expect(events().map(({ event }) => event)).toEqual(["up", "outputs", "kept", "down"]);
  });

  it("tells what failed, and goes no further", async () => {
    const { work, noted } = folder();
    const { keeper, events } = start(work(["up", "fails"], ["outputs"]));
    await soon(() => expect(events()).toContainEqual({ event: "kept", exitCode: 3, stderr: "no engine\n" }));
    keeper.stdin.end();
    expect(await codeOf(keeper)).toBe(0);
    expect(noted()).toEqual(["up", "down"]);
  });

  it("interrupts what is at work when its input ends, before it takes it back", async () => {
    const { work, noted } = folder();
    const { keeper } = start(work(["up", "waits"], ["outputs"]));
    await soon(() => expect(noted()).toContain("waits"));
    keeper.stdin.end();
    expect(await codeOf(keeper)).toBe(0);
    expect(noted()).toEqual(["up", "waits", "interrupted", "down"]);
  });

  it("takes back what a process wanted that was killed", async () => {
    const { work, noted } = folder();
    const args = [process.execPath, [...tsx, keeperFile, work(["up"])]];
    const program = `
      const [file, args] = ${JSON.stringify(args)};
      const child = require("node:child_process").spawn(file, args, { detached: true, stdio: ["pipe", "pipe", "ignore"] });
      child.stdout.on("data", (chunk) => process.stdout.write(chunk));`;
    const wanting = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    wanting.stdout.on("data", (chunk) => {
      output += chunk;
    });
    await soon(() => expect(output).toContain('"kept"'));
    wanting.kill("SIGKILL");
    await soon(() => expect(noted()).toEqual(["up", "down"]));
  });
});
