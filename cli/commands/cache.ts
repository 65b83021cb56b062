import { resolve } from "node:path";
import { loadEnvironment } from "../../config/environment";
import type { Image } from "../../constructs/workload/image";
import { imagesIn } from "../../platform/image-set";
import { prepareMachine } from "../../setup/machine";
import { archiveKey, loadArchive, saveArchive } from "../../setup/machine-archive";
import { imagesOf } from "../../stacks/environment-platform";
import type { Output } from "../output/output";

/** Prints a name for what a machine needs for an environment, by which caches of pipelines keep it. */
export function cacheKey(name: string, { result }: Output): void {
  const key = archiveKey(Object.values(wantedImages(name)));
  result({ command: "cache key", key }, key);
}

/** Writes that into a folder, once the machine has it. @throws KitError for what the machine lacks */
export async function cacheSave(name: string, folder: string, { progress, result }: Output): Promise<void> {
  const images = wantedImages(name);
  await prepareMachine({ images, progress });
  const { written, ...contents } = await saveArchive(resolve(folder), images, progress);
  result(
    { command: "cache save", folder, written, ...contents },
    written ? `saved in ${folder}: ${words(contents)}` : `${folder} has it already: ${words(contents)}`,
  );
}

/** Takes from such a folder what the machine lacks. @throws KitError when there is no engine */
export async function cacheLoad(name: string, folder: string, { progress, result }: Output): Promise<void> {
  const taken = await loadArchive(resolve(folder), wantedImages(name), progress);
  result({ command: "cache load", folder, ...taken }, `taken from ${folder}: ${words(taken)}`);
}

function wantedImages(name: string): Readonly<Record<string, Image>> {
  const environment = loadEnvironment(name, { env: process.env });
  return imagesIn(imagesOf(environment), environment.platform.services);
}

function words({ images, tools }: { images: readonly string[]; tools: readonly string[] }): string {
  return [...images, ...tools].join(", ") || "nothing";
}
