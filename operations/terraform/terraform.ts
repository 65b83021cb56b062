import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Difference } from "../../constructs/keycloak/compare/difference";
import { stateResources } from "../../constructs/terraform/terraform-state";
import { ExitCode, KitError, type Problem } from "../../kit/errors";
import { RunError, run } from "../../kit/run";
import { addressOf, stackResources } from "./stack-resources";

/** A Terraform (or OpenTofu) working directory. */
export interface TerraformOptions {
  readonly binary: string;
  /** Holds cdk.tf.json. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Addresses of resources to make anew. @default none */
  readonly replace?: readonly string[];
  /** Addresses of the only resources to make, with those that they need. @default all */
  readonly targets?: readonly string[];
  /** State file that a plan starts from. @default the stack's own */
  readonly state?: string;
  /** Whether resources are read and made one after the other. @default false */
  readonly oneByOne?: boolean;
}

/** The Terraform JSON of a working directory. */
export function stackFile({ directory }: Pick<TerraformOptions, "directory">): string {
  return join(directory, "cdk.tf.json");
}

/** What happens to one resource. */
export interface ResourceEvent {
  readonly kind: "start" | "progress" | "complete" | "errored";
  /** Resource address. */
  readonly address: string;
  readonly action: "create" | "update" | "delete" | "read";
  readonly seconds: number;
}

type Message = {
  type?: string;
  hook?: { resource?: { addr?: string }; action?: string; elapsed_seconds?: number };
  diagnostic?: { severity?: string; summary?: string; detail?: string; address?: string };
};

/** Prepares the directory, unless the same providers were prepared there by the same program before. */
export async function initialize(options: TerraformOptions): Promise<void> {
  const { directory, binary, env } = options;
  const { terraform } = JSON.parse(readFileSync(stackFile(options), "utf8"));
  // Values of variables, secrets among them, have nothing to do with providers.
  const settings = Object.entries(env).filter(([name]) => !name.startsWith("TF_VAR_"));
  const stamp = createHash("sha256")
    .update(JSON.stringify([binary, settings, terraform]))
    .digest("hex");
  const stampFile = join(directory, ".terraform", "kit-stamp");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  try {
    await adoptState(options, resolve(directory, terraform.backend.local.path));
    await run(binary, ["init", "-input=false", "-upgrade", "-no-color"], { cwd: directory, env });
  } catch (error) {
    throw failed("Terraform cannot prepare its providers", error, []);
  }
  writeFileSync(stampFile, stamp);
}

/**
 * Terraform and OpenTofu name a provider by the host of their own registry. A state that the other one wrote is made
 * this one's: a name without a host is completed with its own.
 */
async function adoptState(
  { binary, env }: Pick<TerraformOptions, "binary" | "env">,
  stateFile: string,
): Promise<void> {
  // provider["<host>/kreuzwerker/docker"]; what is built in has one name in both.
  const names = stateResources(stateFile)
    .map(({ provider = "" }) => provider.replace(/^provider\["|"\]$/g, ""))
    .filter((name) => name !== "" && !name.includes("/builtin/"));
  for (const name of new Set(names)) {
    const short = name.replace(/^[^/]+\//, "");
    const args = ["state", "replace-provider", "-auto-approve", `-state=${stateFile}`, name, short];
    // Not where the stack is: its backend, which this does without, would have to be initialized before.
    await run(binary, args, { cwd: dirname(stateFile), env });
  }
}

/** The part of `terraform show -json PLAN` that tells of changes. */
export interface PlanJson {
  /** What an apply would do. */
  readonly resource_changes?: readonly PlanResource[];
  /** What was changed behind Terraform's back: `before` is what it remembers, `after` what is there. */
  readonly resource_drift?: readonly PlanResource[];
}

export type PlanValue = NonNullable<Difference["wanted"]> | null;
export type PlanValues = { readonly [attribute: string]: PlanValue };

export interface PlanResource {
  readonly address: string;
  readonly mode?: string;
  readonly type?: string;
  readonly name?: string;
  /** Why it is replaced or removed. */
  readonly action_reason?: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: PlanValues | null;
    readonly after: PlanValues | null;
    readonly after_unknown?: unknown;
    readonly before_sensitive?: unknown;
    readonly after_sensitive?: unknown;
    /** Attributes that cannot be changed in place. */
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

/** What an apply would do. @throws KitError with Terraform's own diagnostics */
export async function plan(options: TerraformOptions): Promise<PlanJson> {
  const { binary, directory, env } = options;
  let differs = false;
  try {
    const state = options.state === undefined ? [] : [`-state=${options.state}`];
    const args = [
      "plan",
      "-input=false",
      ...state,
      ...replacements(options),
      ...pace(options),
      `-out=${planFile}`,
    ];
    await runJson(options, args, ({ type }) => {
      differs ||= type === "planned_change" || type === "resource_drift";
    });
    // To read a plan takes Terraform half a second.
    if (!differs) return {};
    const { stdout } = await run(binary, ["show", "-json", planFile], { cwd: directory, env });
    return JSON.parse(stdout);
  } catch (error) {
    forgetPlan(options);
    throw error;
  }
}

/** Makes it so. @throws KitError with Terraform's own diagnostics */
export async function apply(
  options: TerraformOptions,
  onEvent: (event: ResourceEvent) => void,
  { planned = false, signal }: ApplyOptions = {},
): Promise<void> {
  const args = planned ? [planFile] : ["-auto-approve", ...replacements(options), ...targets(options)];
  args.unshift(...pace(options));
  await runJson(
    options,
    ["apply", "-input=false", ...args],
    ({ type, hook }) => {
      const kind = /^apply_(start|progress|complete|errored)$/.exec(type ?? "")?.[1] as
        | ResourceEvent["kind"]
        | undefined;
      if (!kind || !hook?.resource?.addr) return;
      onEvent({
        kind,
        address: hook.resource.addr,
        action: hook.action as ResourceEvent["action"],
        seconds: hook.elapsed_seconds ?? 0,
      });
    },
    signal,
  );
}

export interface ApplyOptions {
  /** Whether it is what `plan` found. @default false: whatever is found now */
  readonly planned?: boolean;
  /** Ends it early, in an orderly way. */
  readonly signal?: AbortSignal;
}

/** In the working directory. */
const planFile = "kit.plan";

export function forgetPlan({ directory }: Pick<TerraformOptions, "directory">): void {
  rmSync(join(directory, planFile), { force: true });
}

/** Takes a resource for finished that Terraform gave up waiting for, and runs what it would have run afterwards. */
export async function finish(options: TerraformOptions, address: string): Promise<void> {
  const { binary, directory, env } = options;
  await runPrograms(options, address);
  await run(binary, ["untaint", address], { cwd: directory, env });
}

/** Runs what Terraform runs when it has made a resource. @throws RunError */
export async function runPrograms(options: TerraformOptions, address: string): Promise<void> {
  const { directory, env } = options;
  const resource = stackResources(stackFile(options)).find((one) => addressOf(one) === address);
  type Provisioner = {
    "local-exec"?: { command: string; when?: string; environment?: Record<string, string> };
  };
  for (const { "local-exec": program } of (resource?.values.provisioner ?? []) as Provisioner[]) {
    if (!program || program.when === "destroy") continue;
    await run("sh", ["-c", program.command], { cwd: directory, env: { ...env, ...program.environment } });
  }
}

const pace = ({ oneByOne = false }: TerraformOptions) => (oneByOne ? ["-parallelism=1"] : []);

const replacements = ({ replace = [] }: TerraformOptions) => replace.map((address) => `-replace=${address}`);

const targets = ({ targets = [] }: TerraformOptions) => targets.map((address) => `-target=${address}`);

/** Runs it with `-json`, message by message. @throws KitError with Terraform's own diagnostics */
async function runJson(
  { binary, directory, env }: TerraformOptions,
  args: string[],
  onMessage: (message: Message) => void,
  signal?: AbortSignal,
): Promise<void> {
  const problems: Problem[] = [];
  try {
    // Terraform reads no options after the name of a plan file, so -json comes first.
    const [command = "", ...rest] = args;
    await run(binary, [command, "-json", ...rest], {
      cwd: directory,
      env,
      // Terraform then writes its state, and its providers, which ignore this signal, end their work.
      interruptSignal: "SIGINT",
      ...(signal && { signal }),
      onLine: (line) => {
        const message = parseMessage(line);
        if (message?.diagnostic?.severity === "error") problems.push(diagnosticProblem(message.diagnostic));
        if (message) onMessage(message);
      },
    });
  } catch (error) {
    throw failed("the deployment failed", error, problems);
  }
}

function parseMessage(line: string): Message | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function diagnosticProblem({ summary = "", detail, address }: NonNullable<Message["diagnostic"]>): Problem {
  return { what: [summary, detail].filter(Boolean).join(": "), ...(address && { where: address }) };
}

function failed(summary: string, error: unknown, problems: Problem[]): unknown {
  if (!(error instanceof RunError)) return error;
  return new KitError(summary, problems.length > 0 ? problems : [{ what: error.reason, lines: error.tail }], {
    exitCode: ExitCode.deployment,
    cause: error,
  });
}
