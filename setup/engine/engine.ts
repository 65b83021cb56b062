import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { isAtLeast } from "../../kit/release";
import { RunError, run } from "../../kit/run";
import { aptInstall } from "../host/apt";
import { cacheFolder } from "../host/cache";
import { findOnPath } from "../host/find-on-path";
import { withLock } from "../host/lock";
import type { Progress } from "../progress/progress";
import { startDockerd } from "./dockerd";

/** Docker 20.10 is Debian 11's and 12's; API 1.41 has all that the provider uses. */
const MINIMUM_API = "1.41";

/** Milliseconds that an engine that just started gets until it answers. */
const START_TIMEOUT_MS = 60_000;

export interface Engine {
  /** Of the engine, not of the client: `20.10.24`. */
  readonly version: string;
  readonly apiVersion: string;
  /** For every child process, so that Terraform's provider talks to the engine that the docker client uses. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The Docker engine: the one that answers (`DOCKER_HOST` and Docker's contexts are respected), else Debian's,
 * installed and started.
 *
 * @throws KitError when it is not to be had: what is missing, and what to do
 */
export async function ensureEngine(progress: Progress): Promise<Engine> {
  const answer = await askEngine();
  if (answer.engine) {
    progress.done("Docker engine", `uses the one that runs, ${answer.engine.version}`);
    return requireSupported(answer.engine);
  }
  refuseToReplace(answer);
  return withLock(join(cacheFolder(), "engine.lock"), async () => {
    // Another kit may have started it meanwhile.
    const again = await askEngine();
    if (again.engine) return requireSupported(again.engine);
    if (!findDockerd() || again.noClient) {
      const why = again.noClient ? "none is installed" : "a docker client is installed, but no engine";
      await progress.step(`install Docker's engine from Debian (${why})`, (detail) => installEngine(detail));
    }
    return requireSupported(await progress.step("start Docker's engine", startEngine));
  });
}

interface Answer {
  readonly engine?: Engine;
  /** There is no docker command. */
  readonly noClient?: boolean;
  /** What the docker client says. */
  readonly error?: string;
}

/** Asks the engine that the docker client finds, without changing anything. */
export async function askEngine(): Promise<Answer> {
  try {
    const { stdout } = await run("docker", ["version", "--format", "{{json .Server}}"], {
      timeoutMs: 15_000,
    });
    const server = JSON.parse(stdout) as { Version: string; ApiVersion: string };
    return { engine: { version: server.Version, apiVersion: server.ApiVersion, env: await engineEnv() } };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    if (error.exitCode === undefined && error.reason === "command not found") return { noClient: true };
    return { error: error.tail.filter((line) => line !== "null").at(-1) ?? error.reason };
  }
}

/**
 * Terraform's provider does not know the context that `docker context use` has chosen, and prefers DOCKER_CONTEXT where
 * the docker client prefers DOCKER_HOST.
 */
async function engineEnv(): Promise<Engine["env"]> {
  if (process.env.DOCKER_HOST) return { DOCKER_CONTEXT: undefined };
  const endpoint = await contextEndpoint();
  return endpoint === undefined ? {} : { DOCKER_HOST: endpoint, DOCKER_CONTEXT: undefined };
}

/** Host of the machine on which the engine is, where it is another one by its address. */
export async function remoteEngineHost(): Promise<string | undefined> {
  const endpoint = process.env.DOCKER_HOST || (await contextEndpoint());
  if (!endpoint || !URL.canParse(endpoint)) return undefined;
  const { hostname } = new URL(endpoint);
  return ["", "localhost", "[::1]"].includes(hostname) || hostname.startsWith("127.") ? undefined : hostname;
}

/** Of the context that was chosen. */
async function contextEndpoint(): Promise<string | undefined> {
  if (!currentContext()) return undefined;
  const { stdout } = await run("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  return stdout.trim();
}

/** The context that was chosen, or undefined for the default one. */
function currentContext(): string | undefined {
  if (process.env.DOCKER_CONTEXT) return process.env.DOCKER_CONTEXT;
  try {
    const folder = process.env.DOCKER_CONFIG || join(process.env.HOME ?? "/root", ".docker");
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as {
      currentContext?: string;
    };
    return config.currentContext === "default" ? undefined : config.currentContext;
  } catch {
    return undefined;
  }
}

function requireSupported(engine: Engine): Engine {
  if (isAtLeast(engine.apiVersion, MINIMUM_API)) return engine;
  throw engineError({
    what: "the Docker engine is too old",
    got: `${engine.version} (API ${engine.apiVersion})`,
    allowed: `20.10 or newer (API ${MINIMUM_API})`,
    fix: "Upgrade it.",
  });
}

/** An engine that the user has named, or may not use, is not replaced by another. */
function refuseToReplace({ error = "" }: Answer): void {
  const named = process.env.DOCKER_HOST ?? currentContext();
  if (named) {
    throw engineError({
      what: "the engine that is named does not answer",
      where: process.env.DOCKER_HOST ? "DOCKER_HOST" : "docker context",
      got: named,
      fix: "Start it, or unset the name so that this machine's own engine is used.",
      lines: error ? [error] : [],
    });
  }
  if (/permission denied/i.test(error)) {
    throw engineError({
      what: "this user may not use the Docker engine",
      fix: "Run as root, or add the user to the group docker and log in again.",
      lines: [error],
    });
  }
}

async function installEngine(detail: (text: string) => void): Promise<void> {
  await aptInstall(enginePackages(), "the Docker engine", detail);
  // Debian 13 has moved the client out of docker.io; in Debian 12 this package does not exist.
  if (!findOnPath("docker")) await aptInstall(["docker-cli"], "the docker client", detail);
}

/** iptables and ca-certificates are recommended, or come with other packages, but no container has network without. */
function enginePackages(): string[] {
  const packages = ["docker.io", "iptables", "ca-certificates"];
  // With AppArmor in the kernel and without its parser the engine starts, and no container does.
  if (existsSync("/sys/kernel/security/apparmor")) packages.push("apparmor");
  return packages;
}

function findDockerd(): string | undefined {
  return findOnPath("dockerd", `${process.env.PATH}:/usr/sbin`);
}

async function startEngine(detail: (text: string) => void): Promise<Engine> {
  if (process.getuid?.() !== 0) {
    throw engineError({
      what: "starting the Docker engine needs root",
      fix: "Run as root: systemctl start docker",
    });
  }
  // systemd's own test of being the one that runs: sd_booted(3).
  if (existsSync("/run/systemd/system")) await startBySystemd(detail);
  else
    await startDockerd({
      ready: async () => (await askEngine()).engine !== undefined,
      timeoutMs: START_TIMEOUT_MS,
      detail,
    });
  const { engine, error } = await askEngine();
  if (engine) return engine;
  throw engineError({ what: "the engine started but does not answer", lines: error ? [error] : [] });
}

async function startBySystemd(detail: (text: string) => void): Promise<void> {
  detail("systemctl start docker");
  try {
    await run("systemctl", ["start", "docker"], { onLine: detail });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const log = await run("journalctl", ["-u", "docker", "-n", "15", "--no-pager", "-o", "cat"]).catch(
      () => undefined,
    );
    throw engineError({
      what: '"systemctl start docker" fails',
      fix: "The last lines of its log say why.",
      lines: log?.stdout.trimEnd().split("\n") ?? error.tail,
    });
  }
}

function engineError(problem: KitError["problems"][number]): KitError {
  return new KitError("The kit needs a Docker engine", [problem], { exitCode: ExitCode.machine });
}
