import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ExitCode, KitError, type Problem } from "../config/errors";
import { stateResources } from "../constructs/terraform-state";
import { RunError, run } from "../setup/run";

/** A Terraform (or OpenTofu) working directory. */
export interface TerraformOptions {
  readonly binary: string;
  /** Holds cdk.tf.json. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Addresses of resources to make anew. @default none */
  readonly replace?: readonly string[];
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

export interface PlannedChange {
  readonly address: string;
  /** `create`, `update`, `delete` or `replace`. */
  readonly action: string;
}

type Message = {
  type?: string;
  hook?: { resource?: { addr?: string }; action?: string; elapsed_seconds?: number };
  change?: { resource?: { addr?: string }; action?: string };
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

/** What an apply would do; empty when everything is as it should be. */
export async function plan(options: TerraformOptions): Promise<PlannedChange[]> {
  const changes: PlannedChange[] = [];
  await runJson(options, ["plan", "-input=false", ...replacements(options)], (message) => {
    const { type, change } = message;
    if (type === "planned_change" && change?.resource?.addr && change.action) {
      changes.push({ address: change.resource.addr, action: change.action });
    }
  });
  return changes;
}

/** Makes it so. @throws KitError with Terraform's own diagnostics */
export async function apply(
  options: TerraformOptions,
  onEvent: (event: ResourceEvent) => void,
): Promise<void> {
  const args = ["apply", "-input=false", "-auto-approve", ...replacements(options)];
  await runJson(options, args, ({ type, hook }) => {
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
  });
}

const replacements = ({ replace = [] }: TerraformOptions) => replace.map((address) => `-replace=${address}`);

/** Runs it with `-json`, message by message. @throws KitError with Terraform's own diagnostics */
export async function runJson(
  { binary, directory, env }: TerraformOptions,
  args: string[],
  onMessage: (message: Message) => void,
): Promise<void> {
  const problems: Problem[] = [];
  try {
    await run(binary, [...args, "-json"], {
      cwd: directory,
      env,
      // Terraform then writes its state, and its providers, which ignore this signal, end their work.
      interruptSignal: "SIGINT",
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
