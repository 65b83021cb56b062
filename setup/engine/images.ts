import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Image } from "../../constructs/workload/image";
import { ExitCode, KitError } from "../../kit/errors";
import { RunError, run } from "../../kit/run";
import { type Slots, slotsFor } from "../../kit/slots";
import { ensureGo } from "../go/go";
import { goBuild } from "../go/go-build";
import { requireDiskSpace } from "../host/disk-space";
import type { Progress } from "../progress/progress";

/** Bytes that all the images take, intermediate layers included; measured: 1.6e9. */
const ENGINE_SPACE = 3e9;

/** Bytes of build contexts, or of downloads in Maven's local repository; measured: 0.7e9 and 0.4e9. */
const FETCH_SPACE = 1e9;

/** Builds that run at the same time. More would delay the longest chain: base, java, keycloak. */
const PARALLEL_BUILDS = 2;

/**
 * Builds those of the images, and of their parents, that the engine lacks. It has those of registries already.
 *
 * @throws KitError with the last lines of what failed, or when there is no disk space for it
 */
export async function buildImages(images: readonly Image[], progress: Progress): Promise<void> {
  if (!images.some(({ folder }) => folder)) return;
  const plan = planBuilds(images, await presentImages());
  if (plan.length === 0) return;
  await checkDiskSpace();

  const slots = slotsFor(PARALLEL_BUILDS);
  const building = new Map<string, Promise<void>>();
  for (const image of plan) {
    const parents = Object.values(image.bases).map(({ reference }) => building.get(reference));
    building.set(image.reference, buildOne(image, parents, slots, progress));
  }
  for (const result of await Promise.allSettled(building.values())) {
    if (result.status === "rejected") throw result.reason;
  }
}

/**
 * The images of registries that are needed: those that run, and those on which images build that are still to be built.
 *
 * @param images by service, as `imagesIn` gives them
 * @returns references by the name of their setting below `imageReferences`
 */
export async function registryReferences(
  images: Readonly<Record<string, Image>>,
): Promise<ReadonlyMap<string, string>> {
  const all = Object.values(images);
  const builds = all.some(({ folder }) => folder) ? planBuilds(all, await presentImages()) : [];
  const wanted = [images, ...builds.map(({ bases }) => bases)].flatMap((named) => Object.entries(named));
  return new Map(
    wanted.flatMap(([name, { folder, reference }]) => (folder === undefined ? [[name, reference]] : [])),
  );
}

/** An image of the kit's own, with the folder it is built from. */
type Buildable = Image & { readonly folder: string };

/**
 * What is to be built, parents first, and before their siblings those that others build on.
 *
 * @param present references of images that need no build
 */
export function planBuilds(images: readonly Image[], present: ReadonlySet<string>): Buildable[] {
  const builds = new Map<string, Buildable>();
  const children = new Map<string, number>();
  const depths = new Map<string, number>();
  const add = (image: Image): number => {
    const { reference } = image;
    if (!isBuildable(image) || present.has(reference)) return -1;
    const known = depths.get(reference);
    if (known !== undefined) return known;
    const bases = Object.values(image.bases);
    const depth = Math.max(-1, ...bases.map(add)) + 1;
    builds.set(reference, image);
    for (const base of bases) children.set(base.reference, (children.get(base.reference) ?? 0) + 1);
    depths.set(reference, depth);
    return depth;
  };
  images.forEach(add);
  const depth = ({ reference }: Image) => depths.get(reference) ?? 0;
  const childrenOf = ({ reference }: Image) => children.get(reference) ?? 0;
  return [...builds.values()].sort((a, b) => depth(a) - depth(b) || childrenOf(b) - childrenOf(a));
}

function isBuildable(image: Image): image is Buildable {
  return image.folder !== undefined;
}

/** References of those of the images that are built, and of what is built for them to build on. */
export function builtReferences(images: readonly Image[]): string[] {
  return planBuilds(images, new Set()).map(({ reference }) => reference);
}

async function buildOne(
  { reference, folder, bases, goTags, args: further }: Buildable,
  parents: readonly (Promise<void> | undefined)[],
  slots: Slots,
  progress: Progress,
): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), "james-oidc-kit-image-"));
  const name = nameOf(reference);
  try {
    cpSync(folder, context, { recursive: true });
    const prepare = join(folder, "prepare");
    // Fetching needs no parent: both at the same time.
    const fetched = existsSync(prepare)
      ? progress.step(`fetch what image ${name} needs`, (detail) =>
          run(prepare, [context], { onLine: detail }),
        )
      : undefined;
    const compiled = existsSync(join(folder, "go.mod"))
      ? compile(context, goTags, name, progress)
      : undefined;
    const settled = await Promise.allSettled([fetched, compiled, ...parents]);
    for (const result of settled) if (result.status === "rejected") throw result.reason;
    const args = [
      ...Object.entries(bases).map(([name, base]) => [name.toUpperCase(), base.reference]),
      ...Object.entries(further),
    ].flatMap((arg) => ["--build-arg", arg.join("=")]);
    await slots(() =>
      progress.step(`build image ${name}`, (detail) =>
        run("docker", ["build", "--force-rm", "--tag", reference, ...args, context], { onLine: detail }),
      ),
    );
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const pulled = Object.entries(bases).filter(([, base]) => base.folder === undefined);
    const settings = pulled.map(([name]) => `imageReferences.${name}`).join(", ");
    throw new KitError(
      `image ${name} cannot be built`,
      [
        {
          what: error.reason,
          where: folder,
          lines: error.tail,
          ...(pulled.length > 0 && {
            got: pulled.map(([, base]) => base.reference).join(", "),
            fix: `Name images of the projects' own layout by ${settings}, or let images be built here: images: built`,
          }),
        },
      ],
      {
        exitCode: ExitCode.machine,
        cause: error,
      },
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** Compiles the program that a folder's go.mod names as its tool, into the folder. */
async function compile(
  folder: string,
  tags: readonly string[],
  image: string,
  progress: Progress,
): Promise<void> {
  const goMod = readFileSync(join(folder, "go.mod"), "utf8");
  const mainPackage = /^tool (\S+)$/m.exec(goMod)?.[1];
  if (mainPackage === undefined) throw new Error(`${folder}/go.mod names no tool`);
  const go = await ensureGo(progress);
  const output = basename(mainPackage.replace(/\/v\d+$/, ""));
  await progress.step(`build ${output} for image ${image}`, (detail) =>
    goBuild(go, { goMod, mainPackage, tags, output }, folder, detail),
  );
}

/** `james` of `james-oidc-kit/james:0123456789ab`. */
const nameOf = (reference: string) => reference.replace(/^.*\/|:.*$/g, "");

/** References of the kit's images that the engine has. */
export async function presentImages(): Promise<ReadonlySet<string>> {
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
