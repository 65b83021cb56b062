import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerEngine } from "../../../constructs/engine/docker/docker-engine";
import { packageRoot } from "../../../kit/package-root";
import { defaultReferences } from "../../../platform/image-references";
import { docker, removeRuns, runName } from "../../engine";

/** Whether an image is on the engine. */
export const hasImage = (reference: string): boolean =>
  docker("image", "inspect", "--format", "{{.Id}}", reference).length > 0;

/** Whether the suite runs on images as registries have them, which the engine must hold: `KIT_E2E_ENVIRONMENT=local`. */
export const ofRegistry = process.env.KIT_E2E_ENVIRONMENT === "local";

/** Images as registries have them, with the gateway whose image the engine has. */
export const registrySettings = {
  images: "registry",
  gateway: hasImage(defaultReferences.apisix) ? "apisix" : "httpd",
};

/** Where images come from in every test that does not care. */
export const imageSettings = ofRegistry ? registrySettings : { images: "built" };

/** One run of a command: everything that it printed, and its `--json` events. */
export interface KitRun {
  readonly exitCode: number;
  readonly output: string;
  readonly events: readonly Record<string, unknown>[];
  /** The event `result` of the command. */
  readonly result: Record<string, unknown>;
}

/** A project that uses the kit: a folder with an environment of its own names and ports, run as users run it. */
export class KitProject {
  readonly directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-e2e-"));
  /** Of the environment. */
  readonly name: string;

  /** @param purpose begins the environment's name, and is its own among those that are tested */
  constructor(
    readonly purpose: string,
    settings: object,
  ) {
    this.name = runName(purpose);
    mkdirSync(join(this.directory, "environments"));
    this.configure(settings);
  }

  /** Writes its environment file. */
  configure(settings: object): void {
    // JSON is YAML.
    writeFileSync(this.environmentFile, JSON.stringify(settings));
  }

  get environmentFile(): string {
    return join(this.directory, `environments/${this.name}.yaml`);
  }

  get kitDirectory(): string {
    return join(this.directory, ".kit", this.name);
  }

  /** Runs a command of the kit. `killAfter` sends a signal to the whole process group after so many milliseconds. */
  async run(
    args: readonly string[],
    options: {
      env?: NodeJS.ProcessEnv;
      /** Lines of /etc/hosts, for this run alone. */
      hosts?: readonly string[];
      kill?: { signal: NodeJS.Signals; whenPrinted: RegExp; afterMs: number };
      /** Called with all that it has printed so far. */
      onOutput?: (output: string, kit: ChildProcess) => void;
    } = {},
  ): Promise<KitRun> {
    return this.#spawn(join(packageRoot, "scripts/kit"), ["--json", ...args], options);
  }

  /** Runs CDK for Terraform itself, as `eval "$(kit env)"` prepares it. */
  async cdktf(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<KitRun> {
    const { result } = await this.run(["env"]);
    const app = `${join(packageRoot, "node_modules/.bin/tsx")} ${join(packageRoot, "main.ts")}`;
    writeFileSync(
      join(this.directory, "cdktf.json"),
      JSON.stringify({ language: "typescript", app, sendCrashReports: "false" }),
    );
    return this.#spawn(join(packageRoot, "node_modules/.bin/cdktf"), args, {
      env: { ...(result.variables as NodeJS.ProcessEnv), CI: "1", ...env },
    });
  }

  #spawn(
    command: string,
    args: readonly string[],
    { env = {}, hosts, kill, onOutput }: Parameters<KitProject["run"]>[1] & object,
  ): Promise<KitRun> {
    const [program = "", ...rest] = [...(hosts ? this.#knowing(hosts) : []), command, ...args];
    return new Promise((resolve, reject) => {
      const child = spawn(program, rest, {
        cwd: this.directory,
        env: { ...process.env, KIT_ENV: this.name, ...env },
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      let armed = kill;
      const read = (chunk: Buffer) => {
        output += chunk;
        onOutput?.(output, child);
        if (armed?.whenPrinted.test(output)) {
          const { signal, afterMs } = armed;
          armed = undefined;
          setTimeout(() => {
            // SIGKILL: the kit and all that it started, as when a machine dies. Else the kit, as Ctrl-C in CI does.
            if (signal === "SIGKILL") killTree(child.pid as number);
            else child.kill(signal);
          }, afterMs);
        }
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", reject);
      child.on("close", (code) => {
        const events = output.split("\n").flatMap((line) => {
          try {
            return [JSON.parse(line)];
          } catch {
            return [];
          }
        });
        const result = events.findLast(({ event, command }) => event === "result" && command) ?? {};
        resolve({ exitCode: code ?? -1, output, events, result });
      });
    });
  }

  /** Before a command: it sees another /etc/hosts. */
  #knowing(hosts: readonly string[]): string[] {
    const file = join(this.directory, "hosts");
    writeFileSync(file, ["127.0.0.1 localhost", ...hosts, ""].join("\n"));
    return [
      "unshare",
      "--mount",
      "sh",
      "-c",
      'mount --bind "$1" /etc/hosts && shift && exec "$@"',
      "sh",
      file,
    ];
  }

  /** Ids of the containers, by service. */
  containerIds(): Record<string, string> {
    const rows = docker(
      "ps",
      "--all",
      "--no-trunc",
      "--format",
      "{{.Names}} {{.ID}}",
      "--filter",
      this.#label,
    );
    return Object.fromEntries(
      rows
        .map((row) => row.split(" ") as [string, string])
        .map(([name, id]) => [name.slice(this.name.length + 1), id]),
    );
  }

  /** Everything on the engine that carries the environment's label. */
  leftovers(): string[] {
    return [
      ...docker("ps", "--all", "--quiet", "--filter", this.#label),
      ...docker("network", "ls", "--quiet", "--filter", this.#label),
      ...docker("volume", "ls", "--quiet", "--filter", this.#label),
    ];
  }

  /** Removes what this run left, or an earlier one that has ended, by the kit's label. */
  cleanUp(): void {
    removeRuns(DockerEngine.label, this.purpose);
  }

  remove(): void {
    this.cleanUp();
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #label(): string {
    return `label=${DockerEngine.label}=${this.name}`;
  }
}

/** Kills a process and all its descendants, whatever groups they are in. */
function killTree(pid: number): void {
  const all = descendants(pid);
  kill(pid);
  all.forEach(kill);
}

/** Kills what a process has started, and what that has started. */
export function killDescendants(pid: number): void {
  descendants(pid).forEach(kill);
}

function descendants(pid: number): number[] {
  const processes = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (ancestor: number): number[] =>
    processes.filter(([, parent]) => parent === ancestor).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
