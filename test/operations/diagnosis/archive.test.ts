import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { KitError } from "../../../kit/errors";
import { Redactor } from "../../../kit/redactor";
import { diagnosisArchive } from "../../../operations/diagnosis/archive";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const secret = 'pa"ss/word 1';
const redactor = () => new Redactor([["redis", secret]]);
const tar = (...args: string[]) => execFileSync("tar", args, { cwd: folder, encoding: "utf8" });

it("is an archive that tar reads, with what could be read, and no secret in any form", async () => {
  const { bytes, missing, found } = await diagnosisArchive(
    "diagnosis-unit",
    [
      { file: "logs/redis.log", read: () => `AUTH ${secret}\nAUTH ${encodeURIComponent(secret)}\n` },
      { file: "inspect/redis.json", read: async () => ({ Cmd: ["--requirepass", secret], Other: "stays" }) },
      {
        file: "plan.json",
        read: () => {
          throw new KitError(`no plan, said ${secret}`);
        },
      },
      { file: "status.json", read: () => ({ state: "healthy" }) },
    ],
    redactor,
    new Date("2026-12-01T12:00:00Z"),
  );
  expect(missing).toEqual([{ file: "plan.json", why: "no plan, said ***" }]);
  const files = ["logs/redis.log", "inspect/redis.json", "plan.json"];
  expect(found).toEqual(files.map((file) => ({ file, secrets: ["redis"] })));
  writeFileSync(join(folder, "it.tar.gz"), bytes);
  expect(tar("tzf", "it.tar.gz").trim().split("\n")).toEqual(
    ["logs/redis.log", "inspect/redis.json", "status.json", "diagnosis.json"].map(
      (file) => `diagnosis-unit/${file}`,
    ),
  );
  tar("xzf", "it.tar.gz");
  const text = (file: string) => readFileSync(join(folder, "diagnosis-unit", file), "utf8");
  expect(text("logs/redis.log")).toBe("AUTH ***\nAUTH ***\n");
  expect(JSON.parse(text("inspect/redis.json"))).toEqual({ Cmd: ["--requirepass", "***"], Other: "stays" });
  expect(JSON.parse(text("diagnosis.json"))).toMatchObject({ missing, replaced: found });
});

it("secrets that are made while it is read are known", async () => {
  const made: [string, string][] = [];
  const pieces = [
    { file: "a.txt", read: () => "new-secret" },
    { file: "b.txt", read: () => `${made.push(["new", "new-secret"])}` },
  ];
  const { found } = await diagnosisArchive("d", pieces, () => new Redactor(made));
  expect(found).toEqual([{ file: "a.txt", secrets: ["new"] }]);
});
