import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ExitCode, KitError } from "../config/errors";
import { Image, parentFolder } from "../constructs/container/image";
import type { Progress } from "./progress";
import { RunError, run } from "./run";

/**
 * Builds those of the images, and of their parents, that the engine lacks; registry images are Terraform's to pull.
 * Independent ones are built at the same time.
 *
 * @throws KitError with the last lines of what failed
 */
export async function buildImages(images: readonly Image[], progress: Progress): Promise<void> {
  const builds = new Map<string, Promise<Image>>();
  const build = (folder: string): Promise<Image> => {
    const started = builds.get(folder);
    if (started) return started;
    const image = Image.built(folder);
    const building = buildOne(image, folder, progress, () => {
      const parent = parentFolder(folder);
      return parent ? build(parent) : undefined;
    });
    builds.set(folder, building);
    return building;
  };
  const results = await Promise.allSettled(images.flatMap(({ folder }) => (folder ? [build(folder)] : [])));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function buildOne(
  image: Image,
  folder: string,
  progress: Progress,
  buildParent: () => Promise<Image> | undefined,
): Promise<Image> {
  if (await exists(image)) return image;
  const context = mkdtempSync(join(tmpdir(), "james-oidc-kit-image-"));
  try {
    cpSync(folder, context, { recursive: true });
    const name = basename(folder);
    const prepare = join(folder, "prepare");
    // Fetching needs no parent: both at the same time.
    const parent = buildParent();
    const fetched = existsSync(prepare)
      ? progress.step(`fetch what image ${name} needs`, (detail) =>
          run(prepare, [context], { onLine: detail }),
        )
      : undefined;
    const [parentImage] = await Promise.all([parent, fetched]);
    const args = parentImage ? ["--build-arg", `PARENT=${parentImage.reference}`] : [];
    await progress.step(`build image ${name}`, (detail) =>
      run("docker", ["build", "--tag", image.reference, ...args, context], { onLine: detail }),
    );
    return image;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KitError(
      `image ${basename(folder)} cannot be built`,
      [{ what: error.reason, lines: error.tail }],
      {
        exitCode: ExitCode.machine,
        cause: error,
      },
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

async function exists(image: Image): Promise<boolean> {
  try {
    await run("docker", ["image", "inspect", image.reference]);
    return true;
  } catch {
    return false;
  }
}
