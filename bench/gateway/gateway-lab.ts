import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../kit/package-root";
import { builtImages } from "../../platform/image-set";
import { buildImages } from "../../setup/engine/images";
import type { Progress } from "../../setup/progress/progress";
import { removeRuns } from "../../test/engine";
import { testLabel } from "../../test/gateway/lab/docker";
import { type GatewayLab, startGatewayLab } from "../../test/gateway/lab/gateway-lab";

const NAME = "bench";

/** What gateways stand between; the upstream under load is a process of its own. */
export interface BenchLab extends GatewayLab {
  /** The upstream as the load reaches it. */
  readonly upstreamUrl: string;
}

export async function startBenchLab(progress: Progress): Promise<BenchLab> {
  const { keycloak, httpd, redis } = builtImages(join(packageRoot, "images"));
  await buildImages([keycloak, httpd, redis], progress);
  return progress.step("start Keycloak, Redis and an upstream", async () => {
    const lab = await startGatewayLab(NAME);
    // As long as it listens, this process does not end.
    await lab.upstream.close();
    const { host } = lab.upstreamAddress;
    const { [host]: address = "" } = await lab.addresses();
    const [port] = (await once(fork(join(__dirname, "session-upstream.ts"), [address]), "message")) as [
      number,
    ];
    return { ...lab, upstreamAddress: { host, port }, upstreamUrl: `http://${address}:${port}` };
  });
}

/** Removes its containers and its network. The upstream ends with this process. */
export function closeBenchLab(): void {
  removeRuns(testLabel, NAME);
}
