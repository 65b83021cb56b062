import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { writeFiles } from "../../../cli/output/write-files";

let folder: string;
const file = (path: string, content: string, mode = 0o644) => ({ path, content, mode });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kit-write-test-"));
});

describe("writeFiles", () => {
  it("writes with its mode, below folders that are made, and tells what was there", () => {
    const out = join(folder, "new/out");
    expect(writeFiles(out, [file("a", "1", 0o600), file("in/b", "2")], "the")).toEqual(new Set());
    expect(statSync(join(out, "a")).mode & 0o777).toBe(0o600);
    expect(writeFiles(out, [file("in/b", "3"), file("c", "4")], "the")).toEqual(new Set(["in/b"]));
    expect(readFileSync(join(out, "in/b"), "utf8")).toBe("3");
    expect(readdirSync(out).sort()).toEqual(["a", "c", "in"]);
  });

  it.each([
    ["cannot be written, below a file", "a/b"],
    ["is a folder", "folder"],
    ["is gone when it is put in place, after others were", "c"],
  ])("leaves all as it was when one %s", (_, failing) => {
    writeFileSync(join(folder, "a"), "old");
    mkdirSync(join(folder, "folder"));
    const files = [file("a", "new"), file("c", "new"), file(failing, "x")];
    expect(() => writeFiles(folder, files, "the realm's")).toThrow(/the realm's files.*--out/s);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("old");
    expect(readdirSync(folder).sort()).toEqual(["a", "folder"]);
  });

  it("leaves no folder that it made", () => {
    expect(() => writeFiles(join(folder, "x/y"), [file("a", "1"), file("a/b", "2")], "the")).toThrow();
    expect(existsSync(join(folder, "x"))).toBe(false);
  });

  it("says so where the file system takes no folders", () => {
    expect(() => writeFiles("/proc/kit/out", [file("a", "")], "the realm's")).toThrow(/\/proc\/kit.*--out/s);
  });
});
