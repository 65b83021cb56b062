import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../kit/run";
import { ensureGo } from "../setup/go/go";
import { type GoProgram, goBuild } from "../setup/go/go-build";
import { removeGoWork } from "../setup/go/go-work";
import { cached, cacheFolder } from "../setup/host/cache";
import { findOnPath } from "../setup/host/find-on-path";
import type { Progress } from "../setup/progress/progress";

/** The last release of Compose 2, whose client still speaks to Debian's engine 20.10. */
const VERSION = "2.40.3";

const MODULE = "github.com/docker/compose/v2";
const COMPOSE: GoProgram = {
  goMod: `module kit/compose

go 1.24.9

require ${MODULE} v${VERSION}
`,
  mainPackage: `${MODULE}/cmd`,
  set: [`${MODULE}/internal.Version=v${VERSION}`],
  output: "docker-compose",
};

/** A Compose that has `up --wait`: a command, and the arguments that come before its own. */
export interface Compose {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
}

/**
 * Docker Compose: the one on PATH when it has `up --wait` (Debian 12's does not), else one built from the Go module
 * proxy into the kit's cache.
 *
 * @throws KitError when it is not to be had
 */
export async function ensureCompose(progress: Progress): Promise<Compose> {
  for (const [program, ...args] of [["docker", "compose"], ["docker-compose"]] as const) {
    const command = findOnPath(program);
    if (!command || !(await hasWait(command, args))) continue;
    const compose = { command, args, version: await versionOf(command, args) };
    progress.done("Docker Compose", `uses ${[program, ...args].join(" ")}, ${compose.version}`);
    return compose;
  }
  const name = `docker-compose-${VERSION}-${process.arch}`;
  if (existsSync(join(cacheFolder(), name))) {
    progress.done(`Docker Compose ${VERSION}`, "is in the cache");
  } else {
    const go = await ensureGo(progress);
    await progress.step(`build Docker Compose ${VERSION} from the Go module proxy`, (detail) =>
      cached(name, (folder) => goBuild(go, COMPOSE, folder, detail), detail),
    );
    await removeGoWork(progress);
  }
  const command = join(cacheFolder(), name, COMPOSE.output);
  return { command, args: [], version: await versionOf(command, []) };
}

async function hasWait(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, [...args, "up", "--help"]).then(
    ({ stdout }) => /^\s*--wait\b/m.test(stdout),
    () => false,
  );
}

async function versionOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, [...args, "version", "--short"]);
  return stdout.trim();
}

/** Brings a Compose project up, until every health check passes. @throws RunError with the end of its output */
export async function composeUp({ command, args }: Compose, file: string): Promise<void> {
  const quietly = ["--ansi=never", "--progress=plain"];
  await run(command, [...args, "--file", file, ...quietly, "up", "--wait", "--wait-timeout=300"]);
}
