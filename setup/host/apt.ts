import { existsSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { packageRoot } from "../../kit/package-root";
import { RunError, run } from "../../kit/run";

/**
 * Installs Debian packages (scripts/apt-install).
 *
 * @param purpose what for, as in "the kit cannot install <purpose>"
 * @throws KitError on a machine without apt-get, without root, or where apt-get fails
 */
export async function aptInstall(
  packages: readonly string[],
  purpose: string,
  detail: (text: string) => void,
): Promise<void> {
  const command = `apt-get install ${packages.join(" ")}`;
  if (!existsSync("/usr/bin/apt-get")) {
    throw installError(purpose, "there is no apt-get: this is not Debian", "Install it yourself.");
  }
  if (process.getuid?.() !== 0) {
    throw installError(purpose, "installing packages needs root", `Run as root: ${command}`);
  }
  try {
    await run(join(packageRoot, "scripts", "apt-install"), packages, { onLine: detail });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const fix = "Repair what apt-get says, then run the kit again.";
    throw installError(purpose, `"${command}" fails`, fix, error.tail.slice(-10));
  }
}

function installError(purpose: string, what: string, fix: string, lines: readonly string[] = []): KitError {
  return new KitError(`The kit cannot install ${purpose}`, [{ what, fix, lines }], {
    exitCode: ExitCode.machine,
  });
}
