import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ExitCode, KitError } from "../config/errors";
import { Image, parentFolder } from "../constructs/container/image";
import { requireDiskSpace } from "./disk-space";
import type { Progress } from "./progress";
import { RunError, run } from "./run";

/** Bytes that all images take in the engine (measured: 2.2 GB), and their build contexts in the temporary folder. */
const ENGINE_SPACE = 3e9;
const CONTEXT_SPACE = 1e9;

/** Builds that run at the same time; each keeps a core busy. */
const BUILDS_AT_ONCE = 2;

/**
 * Builds those of the images, and of their parents, that the engine lacks; registry images are Terraform's to pull.
 * Files are fetched while parents are built. An interrupted run goes on where it was: what is built has its tag.
 *
 * @throws KitError with the last lines of what failed, or when the disk has no room
 */
export async function buildImages(images: readonly Image[], progress: Progress): Promise<void> {
  const present = await builtReferences();
  const missing = missingFolders(
    images.flatMap(({ folder }) => folder ?? []),
    ({ reference }) => present.has(reference),
  );
  if (missing.length === 0) return;
  await requireSpace();
  const free = semaphore(BUILDS_AT_ONCE);
  const builds = new Map<string, Promise<void>>();
  for (const folder of missing) {
    const parent = parentFolder(folder);
    builds.set(folder, buildOne(folder, parent ? builds.get(parent) : undefined, free, progress));
  }
  // Whatever fails, what others have begun is finished: the next run need not do it again.
  await Promise.allSettled(builds.values());
  await Promise.all(builds.values());
}

/** The folders whose images the engine lacks, and their parents', each after its parent. */
export function missingFolders(folders: readonly string[], exists: (image: Image) => boolean): string[] {
  const missing: string[] = [];
  for (const folder of folders) {
    if (missing.includes(folder) || exists(Image.built(folder))) continue;
    const parent = parentFolder(folder);
    const before = parent ? missingFolders([parent], exists) : [];
    missing.push(...before.filter((other) => !missing.includes(other)), folder);
  }
  return missing;
}

async function buildOne(
  folder: string,
  parentIsBuilt: Promise<void> | undefined,
  free: Semaphore,
  progress: Progress,
): Promise<void> {
  const name = basename(folder);
  const context = mkdtempSync(join(tmpdir(), "james-oidc-kit-image-"));
  try {
    cpSync(folder, context, { recursive: true });
    const prepare = join(folder, "prepare");
    const fetched = existsSync(prepare)
      ? progress.step(`fetch what image ${name} needs`, (detail) =>
          run(prepare, [context], { onLine: detail }),
        )
      : undefined;
    await Promise.all([parentIsBuilt, fetched]);
    const parent = parentFolder(folder);
    const args = parent ? ["--build-arg", `PARENT=${Image.built(parent).reference}`] : [];
    await free(() =>
      progress.step(`build image ${name}`, (detail) =>
        run("docker", ["build", "--tag", Image.built(folder).reference, ...args, context], {
          onLine: detail,
        }),
      ),
    );
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KitError(`image ${name} cannot be built`, [{ what: error.reason, lines: error.tail }], {
      exitCode: ExitCode.machine,
      cause: error,
    });
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** References of the images that the engine has of those that the kit built. */
async function builtReferences(): Promise<Set<string>> {
  const { stdout } = await run("docker", [
    "images",
    "--filter",
    "reference=james-oidc-kit/*",
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ]);
  return new Set(stdout.split("\n"));
}

/** The engine's disk is looked at where the engine runs on this machine. */
async function requireSpace(): Promise<void> {
  const { stdout } = await run("docker", ["info", "--format", "{{.DockerRootDir}}"]);
  const root = stdout.trim();
  if (existsSync(root)) requireDiskSpace(root, ENGINE_SPACE, "build images");
  requireDiskSpace(tmpdir(), CONTEXT_SPACE, "build images");
}

type Semaphore = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many run at the same time; the others wait in their order. */
function semaphore(slots: number): Semaphore {
  const waiting: (() => void)[] = [];
  let free = slots;
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
