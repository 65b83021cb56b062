import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Image } from "../constructs/workload/image";
import { makeFolder, withFiles, writePrivate } from "../kit/file-system";
import { RunError, run } from "../kit/run";
import { ensureEngine } from "./engine/engine";
import { builtReferences, presentImages } from "./engine/images";
import { cacheFolder, ensureCacheFolder } from "./host/cache";
import { requireDiskSpace } from "./host/disk-space";
import type { Progress } from "./progress/progress";
import { hasProviders, providersKey } from "./terraform/provider";
import { opentofuFolder } from "./terraform/terraform";

/** Bytes that an archive takes at most; measured: 1.4e9. */
const ARCHIVE_SPACE = 3e9;

const machine = `${process.platform}-${process.arch}`;

/** What an archive has: references of images, and names of folders of the cache. Both name what they are made from, on one kind of machine. */
const contentsSchema = z.strictObject({
  machine: z.literal(machine),
  images: z.array(z.string()),
  tools: z.array(z.string()),
});
export type ArchiveContents = Omit<z.infer<typeof contentsSchema>, "machine">;

const contentsFile = (folder: string) => join(folder, "contents.json");
const imagesFile = (folder: string) => join(folder, "images.tar");
const toolsFile = (folder: string) => join(folder, "tools.tar");

/** Names what a machine needs for the images, by what it is made from: `linux-x64-0123456789ab`. Nothing is asked for it. */
export function archiveKey(images: readonly Image[]): string {
  const parts = [...builtReferences(images).sort(), opentofuFolder, providersKey()];
  const hash = createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 12);
  return `${machine}-${hash}`;
}

/**
 * Writes what this machine was prepared with into a folder: the images that are built, as `docker save` does, and from the cache
 * Terraform and providers.
 *
 * @param images by service, as `imagesIn` gives them
 * @returns what is in the folder, and whether it was written now
 * @throws KitError for what the machine lacks (`ExitCode.machine`)
 */
export async function saveArchive(
  folder: string,
  images: Readonly<Record<string, Image>>,
  progress: Progress,
): Promise<ArchiveContents & { readonly written: boolean }> {
  const present = await presentImages();
  const contents = {
    images: builtReferences(Object.values(images)).filter((reference) => present.has(reference)),
    tools: readdirSync(cacheFolder()).filter(isTool).sort(),
  };
  if (isDeepStrictEqual(readContents(folder), { machine, ...contents }))
    return { ...contents, written: false };
  withFiles(() => makeFolder(folder));
  // It is written last: what is half written counts for nothing.
  withFiles(() => rmSync(contentsFile(folder), { force: true }));
  requireDiskSpace(folder, ARCHIVE_SPACE, "save images");
  await Promise.all([
    saveTar(imagesFile(folder), contents.images, (file) =>
      progress.step("save images", () => run("docker", ["save", "--output", file, ...contents.images])),
    ),
    saveTar(toolsFile(folder), contents.tools, (file) =>
      run("tar", ["--create", `--file=${file}`, `--directory=${cacheFolder()}`, ...contents.tools]),
    ),
  ]);
  writePrivate(contentsFile(folder), JSON.stringify({ machine, ...contents }));
  return { ...contents, written: true };
}

/**
 * Takes from such a folder what this machine lacks of it. A folder that has nothing, or something else, is no error: what is
 * missing then will be made. So is one that cannot be read, which is said.
 *
 * @param images by service, as `imagesIn` gives them
 * @returns what was taken
 * @throws KitError when there is no engine (`ExitCode.machine`)
 */
export async function loadArchive(
  folder: string,
  images: Readonly<Record<string, Image>>,
  progress: Progress,
): Promise<ArchiveContents> {
  await ensureEngine(progress);
  const contents = readContents(folder) ?? { images: [], tools: [] };
  const present = await presentImages();
  const needed = new Set(
    Object.values(images).flatMap(({ folder, reference }) => (folder === undefined ? [] : [reference])),
  );
  const missing = contents.images.filter((reference) => !present.has(reference));
  const tools = contents.tools.filter((name) => isTool(name) && !existsSync(join(cacheFolder(), name)));
  const taken: ArchiveContents = { images: [], tools: [] };
  const take = async (what: string, work: () => Promise<void>) => {
    try {
      await progress.step(`load ${what}`, work);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      progress.note(
        `${what} of ${folder} cannot be used, and will be made: ${error.tail.at(-1) ?? error.reason}`,
      );
    }
  };
  if (missing.some((reference) => needed.has(reference))) {
    await take("images", async () => {
      await run("docker", ["load", "--input", imagesFile(folder)]);
      taken.images.push(...missing);
    });
  }
  if (tools.length > 0) {
    await take("Terraform and providers", async () => {
      await unpackTools(toolsFile(folder), tools);
      taken.tools.push(...tools);
    });
  }
  return taken;
}

const isTool = (name: string) => name === opentofuFolder || hasProviders(name);

function readContents(folder: string): ArchiveContents | undefined {
  try {
    return contentsSchema.parse(JSON.parse(readFileSync(contentsFile(folder), "utf8")));
  } catch {
    return undefined;
  }
}

/** It appears complete or not at all. One of nothing is none. */
async function saveTar(
  file: string,
  parts: readonly string[],
  write: (file: string) => Promise<unknown>,
): Promise<void> {
  rmSync(file, { force: true });
  if (parts.length === 0) return;
  const partial = `${file}.partial`;
  try {
    await write(partial);
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** All of them from one archive, in which they share files by links; each appears complete or not at all. */
async function unpackTools(file: string, names: readonly string[]): Promise<void> {
  ensureCacheFolder();
  const folder = mkdtempSync(join(cacheFolder(), "unpacking-"));
  try {
    await run("tar", ["--extract", "--no-same-owner", `--file=${file}`, `--directory=${folder}`, ...names]);
    for (const name of names) {
      if (!existsSync(join(cacheFolder(), name))) renameSync(join(folder, name), join(cacheFolder(), name));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
