import { packageRoot } from "../../kit/package-root";
import { currentCopy } from "../../operations/deployment/current-environment";

/**
 * A command of the kit about an environment, as people can type it where they are.
 *
 * @param name what the environment was called by: the name of its file, or its path
 */
export function kitCommand(name: string, command: string): string {
  const program = packageRoot.includes("/node_modules/") ? "npx james-oidc-kit" : "scripts/kit";
  const word = /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
  const which = currentCopy() ? `--name ${process.env.KIT_NAME}` : `--env ${word}`;
  return `${program} ${which} ${command}`;
}
