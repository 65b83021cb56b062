import { existsSync } from "node:fs";
import { ExitCode, KitError } from "../../kit/errors";
import type { EngineState } from "./engine";

/**
 * Refuses to touch an environment that is up from another folder, with secrets and a state of its own: what runs would be
 * taken for the remains of a killed run.
 *
 * @param privateDirectory this folder's
 * @throws KitError
 */
export function refuseOtherFolder(
  environment: string,
  privateDirectory: string,
  { ownNetworks, ownVolumes }: Pick<EngineState, "ownNetworks" | "ownVolumes">,
): void {
  // A folder that was moved or removed no longer owns the environment.
  const isOthers = ({ origin }: { readonly origin: string }) =>
    origin !== "" && origin !== privateDirectory && existsSync(origin);
  const isUp = ownNetworks.some(isOthers);
  const origin = [...ownNetworks, ...ownVolumes].find(isOthers)?.origin;
  if (origin === undefined) return;
  throw new KitError(
    isUp
      ? `environment ${environment} is up from another folder`
      : `environment ${environment} has data of another folder`,
    [
      {
        where: `name ${environment}`,
        what: "its secrets and state are there",
        got: origin,
        allowed: privateDirectory,
        fix: "Use the kit there, or give this environment another `name`",
      },
    ],
    { exitCode: ExitCode.machine },
  );
}
