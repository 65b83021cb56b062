import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { backupName, outdated } from "../../../../operations/backup/store/backup-file";
import { folderStore } from "../../../../operations/backup/store/folder-store";

const day = 86_400_000;
const now = Date.parse("2026-11-30T12:00:00Z");

describe("the backups of a folder", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-backups-"));
    const names = [
      ...["2026-11-29T00:00:00Z", "2026-11-30T00:00:00.123Z"].map((time) =>
        backupName("demo", new Date(time)),
      ),
      backupName("demo-other", new Date(now)),
      `${backupName("demo", new Date(now))}.partial`,
      `${backupName("demo-other", new Date(now))}.partial`,
      ...["notes.txt", "demo-20269999T000000Z.tar.gz.age"],
    ];
    for (const name of names) writeFileSync(join(folder, name), "12345");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are those of an environment, newest first; what is not whole is none", async () => {
    expect(await folderStore(folder).list("demo")).toEqual([
      {
        path: join(folder, "demo-20261130T000000Z.tar.gz.age"),
        ...{ environment: "demo", createdAt: new Date("2026-11-30T00:00:00Z"), size: 5 },
      },
      {
        path: join(folder, "demo-20261129T000000Z.tar.gz.age"),
        ...{ environment: "demo", createdAt: new Date("2026-11-29T00:00:00Z"), size: 5 },
      },
    ]);
    expect(await folderStore(folder).list()).toHaveLength(3);
  });

  it("what one that was killed has left is removed, of this environment alone", async () => {
    expect(await folderStore(folder).prepare("demo")).toEqual([
      join(folder, "demo-20261130T120000Z.tar.gz.age.partial"),
    ]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([
      "demo-other-20261130T120000Z.tar.gz.age.partial",
    ]);
  });
});

test.each([
  ["the newest two", { keep: 2 }, [2, 3, 40]],
  ["none but the newest", { keep: 1 }, [1, 2, 3, 40]],
  ["what is younger than two and a half days", { maxAgeMs: 2.5 * day }, [3, 40]],
  ["the newest three, and others that are young", { keep: 3, maxAgeMs: 10 * day }, [40]],
  ["the newest three, though they are old", { keep: 3, maxAgeMs: day / 2 }, [3, 40]],
  ["the newest, whatever its age", { maxAgeMs: 0 }, [1, 2, 3, 40]],
])("a retention keeps %s", (_, retention, gone) => {
  const ages = [3, 0, 40, 1, 2];
  const backups = ages.map((age) => ({
    ...{ path: String(age), environment: "demo", createdAt: new Date(now - age * day), size: 1 },
  }));
  expect(outdated(backups, retention, now).map(({ path }) => Number(path))).toEqual(gone);
});
