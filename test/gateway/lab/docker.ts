import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ConfigFile } from "../../../constructs/workload/config-file";
import type { Workload } from "../../../constructs/workload/workload";

const run = promisify(execFile);

export async function docker(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run("docker", args, { maxBuffer: 64 * 1024 * 1024 });
  return `${stdout}${stderr}`.trim();
}

/** Its value is the name of a run, which removes what it labels. */
export const testLabel = "james-oidc-kit.test";

export interface TestContainer {
  /** The run that removes it. */
  readonly test: string;
  readonly name: string;
  readonly image: string;
  readonly network: string;
  readonly aliases: readonly string[];
  /** Published on 127.0.0.1 under the same numbers. */
  readonly ports?: readonly number[];
  readonly files: readonly ConfigFile[];
  /** Names that the container resolves to addresses. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** Names of volumes, by the path where they are; `:ro` behind it where it cannot write. */
  readonly volumes?: Readonly<Record<string, string>>;
}

/** Starts a container with its files in place, hardened as the kit's own are. */
export async function startContainer(container: TestContainer): Promise<void> {
  const { name, image, ports = [], files, hosts = {}, volumes = {}, command = [] } = container;
  await docker(
    ...createOptions(container),
    ...ports.flatMap((port) => ["--publish", `127.0.0.1:${port}:${port}`]),
    ...Object.entries(hosts).flatMap(([host, address]) => ["--add-host", `${host}:${address}`]),
    ...Object.entries(volumes).flatMap(([path, volume]) => ["--volume", `${volume}:${path}`]),
    image,
    ...command,
  );
  await copyFiles(name, files);
  await docker("start", name);
}

/**
 * Starts a container of what a construct describes: with its files, variables and volumes, its ports on 127.0.0.1.
 *
 * @param container where; its name is before that of each volume
 */
export async function startWorkload(
  container: Pick<TestContainer, "test" | "name" | "network">,
  workload: Workload,
): Promise<void> {
  const { test, name } = container;
  const { image, env = {}, ports = [], volumes = [], command = [] } = workload.props;
  for (const volume of volumes) {
    await docker("volume", "create", "--label", `${testLabel}=${test}`, `${name}-${volume.name}`);
  }
  await docker(
    ...createOptions({ ...container, aliases: workload.aliases }),
    ...Object.entries(env).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
    ...ports.flatMap(({ internal, external }) => ["--publish", `127.0.0.1:${external}:${internal}`]),
    ...volumes.flatMap(({ name: volume, path, readOnly }) => [
      "--volume",
      `${name}-${volume}:${path}${readOnly ? ":ro" : ""}`,
    ]),
    image.reference,
    ...command,
  );
  await copyFiles(name, workload.files());
  await docker("start", name);
}

function createOptions({
  test,
  name,
  network,
  aliases,
}: Pick<TestContainer, "test" | "name" | "network" | "aliases">): string[] {
  return [
    ...["create", "--name", name, "--label", `${testLabel}=${test}`, "--network", network],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"],
    ...aliases.flatMap((alias) => ["--network-alias", alias]),
  ];
}

/** An archive without entries for folders: those that exist keep their owners, the others are made. */
export async function copyFiles(name: string, files: readonly ConfigFile[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kit-gateway-test-"));
  const paths = files.map(({ path }) => path.slice(1));
  try {
    files.forEach(({ content }, index) => {
      const target = join(folder, paths[index] ?? "");
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content, { mode: 0o444 });
    });
    const pipe =
      'name=$1 && cd "$2" && shift 2 && tar --owner=0 --group=0 -cf - "$@" | docker cp - "$name:/"';
    await run("sh", ["-c", pipe, "sh", name, folder, ...paths]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Output of a container, for the message of a failure. */
export function logs(name: string): Promise<string> {
  return new Promise((resolve) => {
    const process = spawn("docker", ["logs", "--tail", "40", name], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("data", (data) => {
        text += data;
      });
    }
    process.on("close", () => resolve(text));
  });
}

/** Polls until `probe` gives true. @throws Error with the container's last log lines */
export async function until(name: string, seconds: number, probe: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await probe().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} did not answer in ${seconds} s:\n${await logs(name)}`);
}
