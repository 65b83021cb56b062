import { createServer } from "node:net";
import type { Environment } from "../config/environment";
import { ExitCode, KitError, type Problem } from "../config/errors";
import { snakeCase } from "../config/overrides";
import { publishedPorts } from "../config/realms";
import { containerNames } from "../constructs/mail-platform/addresses";
import type { EngineState } from "./engine";

/**
 * Looks for what would make a deployment fail half-way: published ports and container names that others have.
 *
 * @throws KitError that lists all of them
 */
export async function preflight(
  environment: Environment,
  { containers, foreignNames }: Pick<EngineState, "containers" | "foreignNames">,
): Promise<void> {
  // One that does not run holds no port: somebody else may have it since.
  const ownPorts = containers
    .filter(({ status }) => !["created", "exited", "dead"].includes(status))
    .flatMap(({ ports }) => ports.map((port) => port.replace(/->.*/, "")));
  const wanted = publishedPorts(environment).filter(
    ([, port]) => !ownPorts.includes(`${environment.bind}:${port}`),
  );
  const problems: Problem[] = [];
  for (const [name, port] of wanted) {
    const code = await listenError(environment.bind, port);
    if (code) {
      problems.push({
        where: name,
        what: code === "EADDRINUSE" ? "another program listens there" : `cannot listen there: ${code}`,
        got: `${environment.bind}:${port}`,
        fix: name.startsWith("ports.")
          ? `Stop that program, or choose another port (KIT_${snakeCase(name)})`
          : "Stop that program, or choose another port",
      });
    }
  }
  const wantedNames = Object.values(containerNames(environment.name));
  for (const name of foreignNames.filter((name) => wantedNames.includes(name))) {
    problems.push({
      where: `name ${environment.name}`,
      what: `container ${name} exists and is not the kit's`,
      fix: "Remove it, or give the environment another `name`",
    });
  }
  if (problems.length > 0) {
    throw new KitError(`environment ${environment.name} does not fit this machine`, problems, {
      exitCode: ExitCode.machine,
    });
  }
}

/** Why one cannot listen there, or undefined. */
function listenError(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
