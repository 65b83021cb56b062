import { request } from "node:http";
import { RunError, run } from "./run";

/** Milliseconds for an answer: long enough for a slow network, short enough to begin a deployment with. */
const TIMEOUT_MS = 3_000;

/**
 * Whether the engine can get an image: it has it already, or the image's registry answers the engine for it.
 *
 * The engine is asked, not the network from here: mirrors and proxies are the engine's settings.
 *
 * @param reference `name:tag` of an image that is wanted anyway
 */
export async function imageRegistryReachable(reference: string): Promise<boolean> {
  if (await succeeds(["image", "inspect", "--format", "{{.Id}}", reference])) return true;
  // The client's own look at the registry is the next best where the engine is not a socket of this machine.
  return (await askEngineForManifest(reference)) ?? succeeds(["manifest", "inspect", reference]);
}

/** Docker Engine API, GET /distribution/{name}/json: undefined when no engine can be asked this way. */
function askEngineForManifest(reference: string): Promise<boolean | undefined> {
  const host = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
  if (!host.startsWith("unix://")) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const get = request(
      { socketPath: host.slice("unix://".length), path: `/distribution/${reference}/json` },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    get.setTimeout(TIMEOUT_MS, () => {
      resolve(false);
      get.destroy();
    });
    get.on("error", () => resolve(undefined));
    get.end();
  });
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
