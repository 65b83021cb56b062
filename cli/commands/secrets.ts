import { KitError } from "../../config/errors";
import { openDeployment } from "../deployment";
import type { Output } from "../output";

/** Shows the stored secrets of an environment, or one of them. The only command that prints secrets. */
export function secretsShow(name: string, secret: string | undefined, output: Output): void {
  const { secrets } = openDeployment(name);
  const known = secrets.names().filter((name) => name !== "fingerprint");
  if (secret !== undefined && !known.includes(secret)) {
    throw new KitError(`environment ${name} has no secret ${secret}`, [
      { where: secret, what: "not stored", allowed: known, fix: "Secrets are made by the first `up`" },
    ]);
  }
  const shown = secret === undefined ? known : [secret];
  const values = Object.fromEntries(shown.map((name) => [name, secrets.get(name).reveal()]));
  output.result(
    { command: "secrets show", environment: name, secrets: values },
    secret === undefined
      ? Object.entries(values)
          .map(([name, value]) => `${name.padEnd(24)} ${value}`)
          .join("\n")
      : (values[secret] as string),
  );
}
