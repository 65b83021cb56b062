import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { packageRoot } from "../../kit/package-root";

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A composite action of the kit. */
export interface Action {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>;
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

export const readAction = (name: string): Action =>
  parse(readFileSync(join(packageRoot, "actions", name, "action.yml"), "utf8"));

/** A job of GitHub Actions, as far as the kit's actions notice that it is none: they run in it as its runner runs them. */
export class GithubJob {
  readonly #files = mkdtempSync(join(tmpdir(), "github-job-"));
  /** What `$GITHUB_ENV` was told, by all steps so far. */
  env: Readonly<Record<string, string>> = {};

  /**
   * @param variables further ones that the runner sets
   * @param kit the folder that has the kit
   */
  constructor(
    readonly folder: string,
    readonly variables: Readonly<Record<string, string>>,
    readonly kit = packageRoot,
  ) {}

  /** What `$GITHUB_STEP_SUMMARY` was told. */
  get summary(): string {
    return readFileSync(this.#file("GITHUB_STEP_SUMMARY"), "utf8");
  }

  /** Runs an action of the kit. @throws Error when a step fails, or it is called as the runner would refuse */
  async run(
    name: string,
    given: Readonly<Record<string, string>> = {},
  ): Promise<{ outputs: Record<string, string>; log: string }> {
    const { inputs: declared = {}, outputs = {}, runs } = readAction(name);
    for (const input of Object.keys(given))
      if (!declared[input]) throw new Error(`${name}: no input ${input}`);
    const context: Record<string, string> = {};
    for (const [input, { required, default: otherwise = "" }] of Object.entries(declared)) {
      if (required && given[input] === undefined) throw new Error(`${name}: input ${input} is missing`);
      context[`inputs.${input}`] = given[input] ?? otherwise;
    }
    let log = "";
    for (const step of runs.steps) {
      if (step.if !== undefined && !holds(step.if, context)) continue;
      if (step.run === undefined) throw new Error(`${name}: ${step.uses} is not to be had here`);
      const env = Object.fromEntries(
        Object.entries(step.env ?? {}).map(([variable, value]) => [variable, filled(value, context)]),
      );
      log += await this.#shell(step.run, { GITHUB_ACTION_PATH: join(this.kit, "actions", name), ...env });
      this.env = { ...this.env, ...this.#told("GITHUB_ENV") };
      for (const [output, value] of Object.entries(this.#told("GITHUB_OUTPUT"))) {
        context[`steps.${step.id}.outputs.${output}`] = value;
      }
    }
    const values = Object.entries(outputs).map(([output, { value }]) => [output, filled(value, context)]);
    return { outputs: Object.fromEntries(values), log };
  }

  #file(variable: string): string {
    return join(this.#files, variable);
  }

  #told(variable: string): Record<string, string> {
    const lines = readFileSync(this.#file(variable), "utf8").split("\n").filter(Boolean);
    return Object.fromEntries(lines.map((line) => [line.replace(/=.*/, ""), line.replace(/^[^=]*=/, "")]));
  }

  /** As `shell: bash` does. @returns what it printed */
  #shell(script: string, env: Readonly<Record<string, string>>): Promise<string> {
    const file = this.#file("step.sh");
    writeFileSync(file, script);
    for (const variable of ["GITHUB_ENV", "GITHUB_OUTPUT"]) writeFileSync(this.#file(variable), "");
    const files = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"].map((name) => [
      name,
      this.#file(name),
    ]);
    return new Promise((resolve, reject) => {
      const child = spawn("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", file], {
        cwd: this.folder,
        env: {
          ...process.env,
          ...{ KIT_ENV: undefined, KIT_NAME: undefined },
          ...{ CI: "true", GITHUB_ACTIONS: "true" },
          ...this.variables,
          ...Object.fromEntries(files),
          ...this.env,
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let printed = "";
      const read = (chunk: Buffer) => {
        printed += chunk;
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", reject);
      child.on("close", (code) =>
        code === 0 ? resolve(printed) : reject(new Error(`${script}: exit code ${code}\n${printed}`)),
      );
    });
  }
}

type Context = Readonly<Record<string, string>>;

/** A text with its expressions; what nothing is known of is empty. */
const filled = (text: string, context: Context) =>
  text.replace(/\$\{\{ *([\w.-]+) *\}\}/g, (_, name: string) => context[name] ?? "");

/** Of conditions those that the kit's actions have: `a == 'b' && c != 'd'`. */
function holds(condition: string, context: Context): boolean {
  return condition.split("&&").every((part) => {
    const [, name = "", operator, value] = /^ *([\w.-]+) (==|!=) '(.*)' *$/.exec(part) ?? [];
    if (operator === undefined) throw new Error(`condition ${part}`);
    return ((context[name] ?? "") === value) === (operator === "==");
  });
}
