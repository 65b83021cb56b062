import { request } from "node:http";
import { ExitCode, KitError, type Problem } from "../../kit/errors";
import { RunError, run } from "../../kit/run";
import { slotsFor } from "../../kit/slots";
import type { Progress } from "../progress/progress";

/** Milliseconds for an answer: long enough for a slow network, short enough to begin a deployment with. */
const TIMEOUT_MS = 3_000;

/** Downloads at the same time. */
const PARALLEL_PULLS = 3;

/** Those of the images that the engine lacks. */
async function missingImages(references: readonly string[]): Promise<string[]> {
  const there = await Promise.all(
    references.map((reference) => succeeds(["image", "inspect", "--format", "{{.Id}}", reference])),
  );
  return references.filter((_, index) => !there[index]);
}

/** An image that the engine neither has nor can get. */
export interface UnreachableImage {
  readonly reference: string;
  /** Whether its registry wants a login; else none answers, or it lacks the image. */
  readonly refused: boolean;
}

/**
 * Those of the images that the engine neither has nor can get.
 *
 * The engine is asked, not the network from here: mirrors and proxies are the engine's settings.
 *
 * @param references `name:tag` of images that are wanted anyway
 */
export async function unreachableImages(references: readonly string[]): Promise<UnreachableImage[]> {
  const missing = await missingImages(references);
  const found = await Promise.all(
    missing.map(async (reference): Promise<UnreachableImage[]> => {
      const status = await askEngineForManifest(reference);
      const refused = status === 401 || status === 403;
      // The client knows logins, and is the next best where the engine is not a socket of this machine.
      const reached =
        status === undefined || refused ? await succeeds(["manifest", "inspect", reference]) : status === 200;
      return reached ? [] : [{ reference, refused }];
    }),
  );
  return found.flat();
}

/**
 * Docker Engine API, GET /distribution/{name}/json: the status, 504 where it takes too long, and undefined when no engine
 * can be asked this way.
 */
function askEngineForManifest(reference: string): Promise<number | undefined> {
  const host = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
  if (!host.startsWith("unix://")) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const get = request(
      { socketPath: host.slice("unix://".length), path: `/distribution/${reference}/json` },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    get.setTimeout(TIMEOUT_MS, () => {
      resolve(504);
      get.destroy();
    });
    get.on("error", () => resolve(undefined));
    get.end();
  });
}

/**
 * Pulls those of the images that the engine lacks. Terraform could, but would say for each image that some host is
 * unknown, and nothing of the settings.
 *
 * @param images references by service, the names of the settings below `imageReferences`
 * @throws KitError that names the settings
 */
export async function pullImages(images: ReadonlyMap<string, string>, progress: Progress): Promise<void> {
  const missing = new Set(await missingImages([...new Set(images.values())]));
  if (missing.size === 0) return;
  const slots = slotsFor(PARALLEL_PULLS);
  const failures = new Map<string, RunError>();
  await Promise.all(
    [...missing].map((reference) =>
      slots(async () => {
        try {
          await progress.step(`pull image ${reference}`, (detail) =>
            run("docker", ["pull", reference], { onLine: detail }),
          );
        } catch (error) {
          if (!(error instanceof RunError)) throw error;
          failures.set(reference, error);
        }
      }),
    ),
  );
  if (failures.size > 0) throw pullError(images, failures);
}

/** What a registry says of an image that it does not have, or does not show. */
const isUnknown = /manifest unknown|not found|does not exist|denied|unauthorized/i;

function pullError(images: ReadonlyMap<string, string>, failures: ReadonlyMap<string, RunError>): KitError {
  const failed = [...images].flatMap(([service, reference]) => {
    const error = failures.get(reference);
    return error ? [{ service, reference, reason: error.tail.at(-1) ?? error.reason }] : [];
  });
  const unknown = failed.filter(({ reason }) => isUnknown.test(reason));
  const unreached = failed.filter(({ reason }) => !isUnknown.test(reason));
  const built = "or let images be built here: images: built (KIT_IMAGES=built), with gateway httpd";
  const problems: Problem[] = unknown.map(({ service, reference, reason }) => ({
    where: `imageReferences.${service}`,
    what: "the registry does not give this image",
    got: reference,
    fix: `Name another one, ${built}`,
    lines: [reason],
  }));
  if (unreached.length > 0) {
    problems.push({
      where: "images",
      what: `the engine does not get ${unreached.map(({ reference }) => reference).join(", ")}`,
      got: "registry",
      fix: `Let the engine reach the registries, name images of one that it reaches by imageReferences, ${built}`,
      lines: [...new Set(unreached.map(({ reason }) => reason))],
    });
  }
  return new KitError("images cannot be pulled", problems, { exitCode: ExitCode.machine });
}

async function succeeds(args: readonly string[]): Promise<boolean> {
  try {
    await run("docker", args, { timeoutMs: TIMEOUT_MS });
    return true;
  } catch (error) {
    if (error instanceof RunError) return false;
    throw error;
  }
}
