import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../config/environment";
import { docker } from "../../kit/docker";
import { formatBytes } from "../../kit/format-bytes";
import { kitRelease } from "../../kit/package-root";
import { settingsOf } from "../deployment/deployed-settings";
import { environmentDirectory } from "../deployment/deployment";
import { type ContainerState, containers, engineState, volumeSizes } from "../engine/engine";
import { containerLog } from "../logs/container-log";
import type { Piece } from "./archive";

/** Of a log, the last ones: 100,000 lines, and bytes. */
const logLines = 100_000;
const logBytes = 8_000_000;

/**
 * What files and the engine tell of an environment.
 *
 * @param environment throws what is wrong with its file
 */
export async function enginePieces(name: string, environment: () => Environment): Promise<Piece[]> {
  const known = await containers(name).catch(() => []);
  const services = known.map(({ name: container, id }) => ({
    id,
    service: container.slice(name.length + 1),
  }));
  return [
    { file: "settings.json", read: () => settings(environment()) },
    { file: "versions.json", read: () => versions(name) },
    {
      file: "engine.json",
      read: async () => JSON.parse((await docker(["version", "--format", "{{json .}}"])).stdout),
    },
    { file: "containers.json", read: () => containers(name) },
    { file: "images.json", read: async () => images(await containers(name)) },
    { file: "volumes-networks.json", read: () => kept(name) },
    ...services.flatMap(({ service, id }): Piece[] => [
      { file: `inspect/${service}.json`, read: () => inspected(id) },
      { file: `logs/${service}.log`, read: () => lastLines({ service, id }) },
    ]),
  ];
}

/** Of the environment, and names of variables that may change them. */
function settings(environment: Environment): object {
  return {
    settings: settingsOf({ environment }),
    variables: Object.keys(process.env).filter((variable) => variable.startsWith("KIT_")),
  };
}

/** Those that wrote what is deployed, as far as its folder tells. */
function versions(name: string): object {
  const folder = environmentDirectory(name);
  const textOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
  const stateVersion = (file: string) =>
    /"terraform_version": *"([^"]*)"/.exec(textOf(join(folder, file)))?.[1] ?? null;
  const lock = ["platform", "identity"].map((stack) =>
    textOf(join(folder, "cdktf.out/stacks", stack, ".terraform.lock.hcl")),
  );
  return {
    kit: kitRelease,
    node: process.version,
    machine: `${process.platform} ${process.arch}`,
    terraform: stateVersion("terraform.tfstate"),
    providers: Object.fromEntries(
      [...lock.join("\n").matchAll(/^provider "([^"]*)" \{\s*version *= *"([^"]*)"/gm)].map(
        ([, provider = "", version]) => [provider, version],
      ),
    ),
  };
}

async function images(all: readonly ContainerState[]): Promise<object> {
  const ids = [...new Set(all.map(({ image }) => image))];
  if (ids.length === 0) return [];
  const { stdout } = await docker(["image", "inspect", ...ids]);
  type Image = Readonly<Record<"Id" | "RepoTags" | "RepoDigests" | "Created" | "Architecture", unknown>>;
  return (JSON.parse(stdout) as Image[]).map(({ Id, RepoTags, RepoDigests, Created, Architecture }) => ({
    ...{ Id, RepoTags, RepoDigests, Created, Architecture },
  }));
}

/** Volumes and networks of the environment. */
async function kept(name: string): Promise<object> {
  const { ownVolumes: volumes, ownNetworks: networks } = await engineState(name);
  const sizes = await volumeSizes(volumes.map((volume) => volume.name));
  return {
    volumes: volumes.map((volume) => ({ ...volume, size: sizes.get(volume.name) ?? null })),
    networks,
  };
}

/** A container as the engine has it, without the values of variables that may be secret by their name, whatever they are. */
async function inspected(id: string): Promise<object> {
  const [container] = JSON.parse((await docker(["inspect", "--type", "container", id])).stdout);
  const { Env = [] } = container.Config as { Env?: string[] };
  container.Config.Env = Env.map((variable) => {
    const [name = ""] = variable.split("=");
    return /pass|secret|token|key|credential|auth/i.test(name) ? `${name}=***` : variable;
  });
  return container;
}

/** The end of a log. */
async function lastLines(container: { readonly service: string; readonly id: string }): Promise<string> {
  let lines: string[] = [];
  let older: string[] = [];
  let [size, left] = [0, 0];
  for await (const { time, level, text } of containerLog(container, { tail: logLines })) {
    const line = `${time} ${(level ?? "").padEnd(5)} ${text}\n`;
    lines.push(line);
    size += line.length;
    // Two halves, of which the older one goes.
    if (size < logBytes / 2) continue;
    left += older.length;
    [older, lines, size] = [lines, [], 0];
  }
  const bound = `${logLines} lines and ${formatBytes(logBytes)} at most`;
  return [`(the last lines, ${bound}; ${left} of these lines are left out)\n`, ...older, ...lines].join("");
}
