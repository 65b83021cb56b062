import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ExitCode, KitError } from "../config/errors";
import { Image, parentFolder } from "../constructs/container/image";
import { requireDiskSpace } from "./disk-space";
import type { Progress } from "./progress";
import { RunError, run } from "./run";
import { type Slots, slotsFor } from "./slots";

/** Bytes that all the images take, intermediate layers included; measured: 1.6e9. */
const ENGINE_SPACE = 3e9;

/** Bytes of build contexts, or of downloads in Maven's local repository; measured: 0.7e9 and 0.4e9. */
const FETCH_SPACE = 1e9;

/** Builds that run at the same time. More would delay the longest chain: base, java, keycloak. */
const PARALLEL_BUILDS = 2;

/**
 * Builds those of the images, and of their parents, that the engine lacks.
 *
 * @throws KitError with the last lines of what failed, or when there is no disk space for it
 */
export async function buildImages(images: readonly Image[], progress: Progress): Promise<void> {
  if (!images.some(({ folder }) => folder)) return;
  const plan = planBuilds(images, await present());
  if (plan.length === 0) return;
  await checkDiskSpace();

  const slots = slotsFor(PARALLEL_BUILDS);
  const building = new Map<string, Promise<void>>();
  for (const build of plan) {
    const parent = build.parent && building.get(build.parent.reference);
    building.set(build.image.reference, buildOne(build, parent, slots, progress));
  }
  for (const result of await Promise.allSettled(building.values())) {
    if (result.status === "rejected") throw result.reason;
  }
}

/** An image that is to be built. */
export interface Build {
  readonly image: Image;
  readonly folder: string;
  /** What it builds on: present, or earlier in the plan. */
  readonly parent?: Image;
}

/**
 * What is to be built, parents first, and before their siblings those that others build on.
 *
 * @param present references of images that need no build
 */
export function planBuilds(images: readonly Image[], present: ReadonlySet<string>): Build[] {
  const builds = new Map<string, Build>();
  const children = new Map<string, number>();
  const depths = new Map<string, number>();
  const add = (folder: string): number => {
    const image = Image.built(folder);
    const { reference } = image;
    if (present.has(reference)) return -1;
    const known = depths.get(reference);
    if (known !== undefined) return known;
    const parentOf = parentFolder(folder);
    const parent = parentOf === undefined ? undefined : Image.built(parentOf);
    const depth = parentOf === undefined ? 0 : add(parentOf) + 1;
    builds.set(reference, { image, folder, ...(parent && { parent }) });
    if (parent) children.set(parent.reference, (children.get(parent.reference) ?? 0) + 1);
    depths.set(reference, depth);
    return depth;
  };
  for (const { folder } of images) if (folder) add(folder);
  const depth = ({ image }: Build) => depths.get(image.reference) ?? 0;
  const childrenOf = ({ image }: Build) => children.get(image.reference) ?? 0;
  return [...builds.values()].sort((a, b) => depth(a) - depth(b) || childrenOf(b) - childrenOf(a));
}

async function buildOne(
  { image, folder, parent }: Build,
  parentBuilt: Promise<void> | undefined,
  slots: Slots,
  progress: Progress,
): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), "james-oidc-kit-image-"));
  const name = basename(folder);
  try {
    cpSync(folder, context, { recursive: true });
    const prepare = join(folder, "prepare");
    // Fetching needs no parent: both at the same time.
    const fetched = existsSync(prepare)
      ? progress.step(`fetch what image ${name} needs`, (detail) =>
          run(prepare, [context], { onLine: detail }),
        )
      : undefined;
    const settled = await Promise.allSettled([fetched, parentBuilt]);
    for (const result of settled) if (result.status === "rejected") throw result.reason;
    const args = parent ? ["--build-arg", `PARENT=${parent.reference}`] : [];
    await slots(() =>
      progress.step(`build image ${name}`, (detail) =>
        run("docker", ["build", "--force-rm", "--tag", image.reference, ...args, context], {
          onLine: detail,
        }),
      ),
    );
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KitError(
      `image ${name} cannot be built`,
      [{ what: error.reason, where: folder, lines: error.tail }],
      {
        exitCode: ExitCode.machine,
        cause: error,
      },
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** References of the kit's images that the engine has. */
async function present(): Promise<ReadonlySet<string>> {
  const { stdout } = await run("docker", [
    "image",
    "ls",
    "--filter",
    "reference=james-oidc-kit/*",
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ]);
  return new Set(stdout.split("\n"));
}

async function checkDiskSpace(): Promise<void> {
  const { stdout } = await run("docker", ["info", "--format", "{{.DockerRootDir}}"]);
  const engine = stdout.trim();
  // It is elsewhere when the engine is not on this machine.
  if (existsSync(engine)) requireDiskSpace(engine, ENGINE_SPACE, "build the images");
  requireDiskSpace(tmpdir(), FETCH_SPACE, "build the images");
  requireDiskSpace(homedir(), FETCH_SPACE, "fetch James and Keycloak");
}
