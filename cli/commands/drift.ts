import { isDeepStrictEqual } from "node:util";
import type { Difference } from "../../constructs/keycloak/compare/difference";
import { KitError } from "../../kit/errors";
import { type Deployment, withDeployment } from "../../operations/deployment/deployment";
import { KeycloakUnreachable } from "../../operations/keycloak/admin-api";
import { runningDifferences } from "../../operations/keycloak/running-differences";
import { initialize, type TerraformOptions } from "../../operations/terraform/terraform";
import { terraformDrift } from "../../operations/terraform/terraform-drift";
import { checkProviders, ProviderDiffers, ProviderUnreachable } from "../../operations/verify/provider-check";
import { externalServiceLines, toldExternal } from "../../platform/model/external-services";
import { DriftExit } from "../output/drift-exit";
import type { Output } from "../output/output";
import { prepare } from "./up";

type ValueDifference = Omit<Difference, "realm" | "object">;

/** What differs in one object of a realm. Secrets are told apart, but not shown. */
export interface DriftedObject {
  readonly realm: string;
  /** `realm`, `client oidc`, …; with `identity: provider` the address of the resource. */
  readonly object: string;
  readonly differences: readonly ValueDifference[];
}

/**
 * Compares what the environment wants of its realms with what runs.
 *
 * @throws KitError with a code of `DriftExit`, also when there is drift
 */
export async function drift(name: string, output: Output): Promise<void> {
  const { environment, found } = await withDriftCodes(() =>
    withDeployment(name, async (deployment) => {
      const { environment } = deployment;
      // What nobody here makes, at least must be there.
      if (environment.platform.identity === "none") await checkProviders(deployment);
      const compare = environment.platform.identity === "provider" ? compareStack : runningDifferences;
      return { environment, found: await compare(deployment, output) };
    }),
  );
  const left = found.filter((one) => !isAllowed(one, environment.drift.allow));
  const objects = grouped(left);
  const allowed = found.length - left.length;
  output.result(
    {
      command: "drift",
      environment: environment.name,
      identity: environment.platform.identity,
      drift: left.length > 0,
      differences: left.length,
      allowed,
      objects,
      ...toldExternal(environment.platform),
    },
    [
      environment.platform.identity === "none"
        ? "no drift that can be seen: the clients are there, by which people log in; realms and clients are others', and not compared"
        : driftText(objects, left.length, allowed),
      ...externalServiceLines(environment.platform),
    ].join("\n"),
  );
  if (left.length > 0) {
    throw new KitError(
      `environment ${environment.name} has drifted`,
      objects.map(({ realm, object, differences }) => ({
        where: `realm ${realm}, ${object}`,
        what: `${differences.length} difference${differences.length === 1 ? "" : "s"}`,
        lines: differences.map((one) => differenceText(one).trim()),
      })),
      { exitCode: DriftExit.drift, reported: true },
    );
  }
}

/**
 * The realm's stack, planned: what the provider finds against what the stack says and what the state remembers. It
 * neither sees what the stack does not say nor reads secrets: those are compared as with an import.
 */
async function compareStack(deployment: Deployment, output: Output): Promise<Difference[]> {
  const { realm } = deployment.environment;
  // First, since Terraform does not tell a Keycloak that is away from other errors.
  const unseen = (await runningDifferences(deployment)).filter(
    ({ wanted, path }) => wanted === undefined || path === "secret",
  );
  const [, identity] = await prepare(deployment, output);
  const terraform = identity as TerraformOptions;
  await initialize(terraform);
  const seen = await output.progress.step("ask Keycloak about all that the state knows", () =>
    terraformDrift(terraform, realm.name),
  );
  return [...unseen, ...seen];
}

async function withDriftCodes<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    throw new KitError(error.summary, error.problems, { exitCode: exitCodeOf(error), cause: error });
  }
}

function exitCodeOf(error: KitError) {
  if (error instanceof KeycloakUnreachable || error instanceof ProviderUnreachable)
    return DriftExit.unreachable;
  return error instanceof ProviderDiffers ? DriftExit.drift : DriftExit.error;
}

/** `client web.description`; the object alone where it is missing, or should not be there. */
export function nameOf({ object, path }: Pick<Difference, "object" | "path">): string {
  return path === "" ? object : `${object}.${path}`;
}

/** Whether a pattern names the difference, or all of its object. */
export function isAllowed(one: Pick<Difference, "object" | "path">, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const literal = pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    const expression = new RegExp(`^${literal.join(".*")}$`, "s");
    return expression.test(nameOf(one)) || expression.test(one.object);
  });
}

/** By realm and object, in the order of the differences. */
export function grouped(differences: readonly Difference[]): DriftedObject[] {
  const objects = new Map<string, { realm: string; object: string; differences: ValueDifference[] }>();
  for (const { realm, object, ...difference } of differences) {
    const key = JSON.stringify([realm, object]);
    const group = objects.get(key) ?? { realm, object, differences: [] };
    group.differences.push(difference);
    objects.set(key, group);
  }
  return [...objects.values()];
}

function driftText(objects: readonly DriftedObject[], differences: number, allowed: number): string {
  const realms = new Set(objects.map(({ realm }) => realm));
  const lines = [...realms].flatMap((realm) => [
    `realm ${realm}`,
    ...objects
      .filter((object) => object.realm === realm)
      .flatMap(({ object, differences }) => [`  ${object}`, ...differences.map(differenceText)]),
  ]);
  const without = allowed > 0 ? `, ${allowed} allowed` : "";
  return [
    ...lines,
    differences === 0
      ? `no drift${without}`
      : `${differences} difference${differences === 1 ? "" : "s"}${without}`,
  ].join("\n");
}

function differenceText({ path, wanted, found }: ValueDifference): string {
  if (path === "") return found === undefined ? "    is missing" : "    is not of the environment";
  // Secrets are not shown, so two that differ may look the same here.
  if (isDeepStrictEqual(wanted, found)) return `    ${path}: another one than wanted`;
  return `    ${path}: wanted ${show(wanted)}, found ${show(found)}`;
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
}
