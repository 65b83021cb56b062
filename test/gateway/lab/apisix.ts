import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ApisixGateway } from "../../../constructs/apisix/apisix-gateway";
import type { ApisixGatewayProps } from "../../../constructs/apisix/apisix-gateway-props";
import type { ConfigFile } from "../../../constructs/workload/config-file";
import { Image } from "../../../constructs/workload/image";
import { registryImages } from "../../../platform/image-set";
import { testStack } from "../../template";
import type { GatewayLab } from "./gateway-lab";

const home = "/usr/local/apisix/";
const certificates = "/run/certificates";

/** Where an APISIX comes from on this machine. */
export type ApisixSource =
  /** `APISIX_RUN`: a command that takes a folder with APISIX's files, and a port on 127.0.0.1. */
  | { readonly command: string; readonly version: string }
  | { readonly image: string; readonly version: string }
  | { readonly missing: string };

/** `APISIX_RUN`, else the pinned image, when the engine has it or can pull it. */
export function findApisix(): ApisixSource {
  const { APISIX_RUN: command, APISIX_RUN_VERSION: version = "3.18.0" } = process.env;
  if (command) return { command, version };
  const { apisix } = registryImages({}, join(__dirname, "../../../images"));
  const image = apisix?.image.reference ?? "";
  for (const args of [
    ["image", "inspect", image],
    ["pull", "--quiet", image],
  ]) {
    try {
      execFileSync("docker", args, { stdio: "ignore", timeout: 300_000 });
      return { image, version: apisix?.version ?? "" };
    } catch {
      // The next way.
    }
  }
  return { missing: `no ${image} here, no image registry to pull it from, and APISIX_RUN names no command` };
}

/** The files of a gateway with these props, secrets in them. */
export function apisixFiles(props: Omit<ApisixGatewayProps, "engine" | "image">): ConfigFile[] {
  const { stack, engine } = testStack();
  const image = Image.registry("apisix", { tag: props.version });
  return new ApisixGateway(stack, "gateway", { ...props, engine, image }).files((secret) => secret.reveal());
}

export interface RunningApisix {
  logs(): Promise<string>;
  /** Ends what its first process has started, which starts others in their place. */
  killWorkers(): Promise<void>;
  /** Replaces certificates, as the kit's store of certificates does. */
  replace(files: readonly ConfigFile[]): Promise<void>;
  stop(): Promise<void>;
}

export interface ApisixStart {
  readonly name: string;
  /** Plain HTTP. */
  readonly port: number;
  /** Further ports. @default none */
  readonly ports?: readonly number[];
  readonly files: readonly ConfigFile[];
}

/** Starts an APISIX among the services of a lab, reachable on 127.0.0.1. */
export async function startApisix(
  source: Exclude<ApisixSource, { missing: string }>,
  lab: GatewayLab,
  { name, port, files, ports = [] }: ApisixStart,
): Promise<RunningApisix> {
  if ("image" in source) {
    await lab.startGateway(name, source.image, port, files, { ports });
    const killWorkers = async () => {
      await lab.execute(name, "sh", "-c", "kill -KILL $(cat /proc/1/task/1/children)");
    };
    const replace = (some: readonly ConfigFile[]) => lab.replace(name, some);
    return { logs: () => lab.logs(name), killWorkers, replace, stop: () => lab.stop(name) };
  }
  return startCommand(source.command, lab, { port, files });
}

async function startCommand(
  command: string,
  lab: GatewayLab,
  { port, files }: Pick<ApisixStart, "port" | "files">,
): Promise<RunningApisix> {
  const folder = mkdtempSync(join(tmpdir(), "kit-apisix-"));
  const write = (path: string, content: string) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  for (const { path, content } of files.filter(({ path }) => path.startsWith(home))) {
    const here = content
      .replaceAll(certificates, join(folder, "certificates"))
      .replaceAll("listen 0.0.0.0:", "listen 127.0.0.1:");
    write(path.replace(`${home}conf/`, "").replace(`${home}kit/`, ""), here);
  }
  // The folder of a pair is a link, which is replaced.
  let version = 0;
  const replace = async (some: readonly ConfigFile[]) => {
    version += 1;
    const pairs = new Set<string>();
    for (const { path, content } of some.filter(({ path }) => path.startsWith(certificates))) {
      const pair = dirname(path.replace(certificates, "certificates"));
      write(join(`${pair}.${version}`, basename(path)), content);
      pairs.add(join(folder, pair));
    }
    for (const pair of pairs) {
      symlinkSync(`${pair}.${version}`, `${pair}.new`);
      renameSync(`${pair}.new`, pair);
    }
  };
  await replace(files);
  const hosts = Object.entries(await lab.addresses()).map(([host, address]) => `${address} ${host}`);
  const hostsFile = write("hosts", `127.0.0.1 localhost\n${hosts.join("\n")}\n`);
  // A file: nginx opens /dev/stdout, which it cannot when that is Node's socket.
  const log = openSync(join(folder, "log"), "w");
  const logs = async () => readFileSync(join(folder, "log"), "utf8");
  // The services' names hold for this process only, in a mount namespace of its own.
  const inNamespace = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
  const apisix = spawn(
    "unshare",
    ["--mount", "sh", "-c", inNamespace, "sh", hostsFile, command, folder, `${port}`],
    // Here clients connect from this address.
    { stdio: ["ignore", log, log], env: { ...process.env, KIT_ENGINE_ADDRESS: "127.0.0.1" } },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => apisix.on("close", () => resolve()));
  const killWorkers = async () => {
    execFileSync("pkill", ["-KILL", "--parent", `${apisix.pid}`]);
  };
  const stop = async () => {
    apisix.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  };
  const end = Date.now() + 20_000;
  while (Date.now() < end && apisix.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) }).catch(
      () => null,
    );
    if (answer) return { logs, killWorkers, replace, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const output = await logs();
  await stop();
  throw new Error(`APISIX did not answer in 20 s:\n${output}`);
}
