import type { Environment } from "../../config/environment";
import { portSetting } from "../../config/platform-settings";
import { publishedAddress } from "../../constructs/workload/workload";
import { ExitCode, KitError } from "../../kit/errors";
import { localAddress } from "../../kit/local-address";
import { remoteEngineHost } from "../../setup/engine/engine";

/**
 * Refuses an engine of another machine that would publish something for that machine alone, or on all of its addresses, of which
 * nobody here knows one: whoever waits for Keycloak, or tests, would ask this machine.
 *
 * @throws KitError that says what to bind to
 */
export async function refuseUnreachable({ name, bind, platform }: Environment): Promise<void> {
  const host = await remoteEngineHost();
  if (host === undefined) return;
  const hidden = platform.publishedPorts.filter((port) =>
    localAddress(publishedAddress(bind, port)).startsWith("127."),
  );
  if (hidden.length === 0) return;
  throw new KitError(
    `environment ${name} could not be used from this machine`,
    [
      {
        where: "bind",
        what: `the engine is on ${host}, and this machine does not know where to find what it publishes there: ${hidden.map(portSetting).join(", ")}`,
        got: bind,
        fix: "Bind to an address of that machine which this one reaches (KIT_BIND), without TLS at Keycloak; or run the kit there",
      },
    ],
    { exitCode: ExitCode.machine },
  );
}
