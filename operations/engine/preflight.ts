import { connect, createServer } from "node:net";
import type { Environment } from "../../config/environment";
import { snakeCase } from "../../config/overrides";
import { portSetting } from "../../config/platform-settings";
import { publishedAddress } from "../../constructs/workload/workload";
import { ExitCode, KitError, type Problem } from "../../kit/errors";
import { remoteEngineHost } from "../../setup/engine/engine";
import { networkNames, stackResources } from "../terraform/stack-resources";
import type { EngineState } from "./engine";

type Names = EngineState["foreign"];

/**
 * Looks for what would make a deployment fail half-way, or take what is another's: published ports, and names of
 * containers, networks and volumes that others have.
 *
 * @throws KitError that lists all of them
 */
export async function preflight(
  environment: Environment,
  wanted: Names,
  { containers, foreign }: Pick<EngineState, "containers" | "foreign">,
): Promise<void> {
  // Of the ports of another machine its engine tells.
  const isRemote = (await remoteEngineHost()) !== undefined;
  const problems = isRemote ? [] : await takenPorts(environment, containers);
  for (const kind of ["container", "network", "volume"] as const) {
    for (const name of foreign[kind].filter((name) => wanted[kind].includes(name))) {
      problems.push({
        where: `name ${environment.name}`,
        what: `${kind} ${name} exists and is not the kit's`,
        fix: "Remove it, or give the environment another `name`",
      });
    }
  }
  if (problems.length > 0) {
    throw new KitError(`environment ${environment.name} does not fit this machine`, problems, {
      exitCode: ExitCode.machine,
    });
  }
}

/** What others have of the ports that would be published on this machine. */
async function takenPorts(
  environment: Environment,
  containers: EngineState["containers"],
): Promise<Problem[]> {
  // A container that does not run holds no port: another program may have taken it since.
  const ownPorts = containers
    .filter(({ status }) => !["created", "exited", "dead"].includes(status))
    .flatMap(({ ports }) => ports.map((port) => port.replace(/->.*/, "")));
  const ports = environment.platform.publishedPorts.filter(
    (published) => !ownPorts.includes(`${publishedAddress(environment.bind, published)}:${published.port}`),
  );
  const problems: Problem[] = [];
  for (const published of ports) {
    const { port } = published;
    const address = publishedAddress(environment.bind, published);
    const name = portSetting(published);
    const code = await listenError(address, port);
    if (code) {
      problems.push({
        where: name,
        what: code === "EADDRINUSE" ? "another program listens there" : `cannot listen there: ${code}`,
        got: `${address}:${port}`,
        fix: name.startsWith("ports.")
          ? `Stop that program, or choose another port (KIT_${snakeCase(name)})`
          : "Stop that program, or choose another port",
      });
    }
  }
  return problems;
}

/** The names that a platform's stack gives to things on the engine. */
export function wantedNames(stackFile: string): Names {
  const resources = stackResources(stackFile);
  const names = (wanted: string) =>
    resources.filter(({ type }) => type === wanted).map(({ values }) => String(values.name));
  return {
    container: names("docker_container"),
    network: networkNames(resources),
    volume: names("docker_volume"),
  };
}

/** Why the engine cannot listen there, or undefined. */
export async function listenError(host: string, port: number): Promise<string | undefined> {
  const code = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  // Ports below 1024 are for root and the engine: whether another has one is seen by whether it answers.
  if (code === "EACCES") return (await answers(host, port)) ? "EADDRINUSE" : undefined;
  return code;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => end(true));
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("error", () => end(false));
  });
}
