import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Environment } from "../../config/environment";
import { portSetting } from "../../config/platform-settings";
import { someOf } from "../../kit/some-of";
import { addressOf, type Resource, stackResources } from "./stack-resources";
import type { PlanJson, PlanResource, PlanValues } from "./terraform";
import { planDifferences } from "./terraform-drift";

/** What of an environment a planned change is told by. */
interface PlannedEnvironment extends Pick<Environment, "name"> {
  readonly platform: Pick<Environment["platform"], "publishedPorts">;
}

/** A change that Terraform would make, in words. */
export interface PlannedChange {
  /** `keep`: nobody uses it any more, and it stays, with what people have in it. */
  readonly action: "create" | "replace" | "update" | "delete" | "keep";
  /** `james`, `volume keycloak-data`, `client webmail`. */
  readonly name: string;
  /** What it is for. Empty where a thing is made or removed. */
  readonly reasons: readonly string[];
  /** Files of a container that are changed. @default none */
  readonly files?: readonly string[];
  /** What it ends for people. @default not known */
  readonly ends?: readonly string[];
  /** How Terraform calls it. */
  readonly address: string;
}

const actions: Readonly<Record<string, PlannedChange["action"]>> = {
  create: "create",
  update: "update",
  delete: "delete",
  forget: "keep",
  "delete,create": "replace",
  "create,delete": "replace",
};

/**
 * @param stackFile of the stack that was planned
 * @param requested why the plan was asked to replace things, by address; what is not in it is gone. @default none
 */
export function plannedChanges(
  plan: PlanJson,
  stackFile: string,
  environment: PlannedEnvironment,
  requested: ReadonlyMap<string, string> = new Map(),
): PlannedChange[] {
  const { resource_changes = [] } = plan;
  const names = resourceNames(stackFile);
  return resource_changes.flatMap((resource): PlannedChange[] => {
    const action = actions[resource.change.actions.join()];
    if (!action || resource.mode === "data") return [];
    const { address } = resource;
    const name = engineName(resource, environment.name) ?? names.get(address) ?? address;
    const reasons =
      resource.action_reason === "replace_by_request"
        ? [requested.get(address) ?? "it is gone"]
        : ["replace", "update"].includes(action)
          ? reasonsOf(resource, plan, environment)
          : [];
    const files = resource.type === "docker_container" ? changedFiles(resource.change) : [];
    return [{ action, name, reasons, ...(files.length > 0 && { files }), address }];
  });
}

/** What a person calls a resource, by its address: the construct's path, without what every path shares. */
export function resourceNames(stackFile: string): Map<string, string> {
  return new Map(
    stackResources(stackFile).map((resource) => [addressOf(resource), constructName(resource)] as const),
  );
}

function constructName({ name, values }: Resource): string {
  const comment = values["//"] as { metadata?: { path?: string } } | undefined;
  return (comment?.metadata?.path ?? name)
    .split("/")
    .filter((part) => !["platform", "identity", "mail", "service", "container"].includes(part))
    .join("/");
}

/** What is on the engine is called as it is there, without the environment's name. */
function engineName({ type, change }: PlanResource, environment: string): string | undefined {
  const { name } = (change.after ?? change.before ?? {}) as { name?: string | null };
  if (typeof name !== "string") return undefined;
  const own = name.replace(`${environment}-`, "");
  if (type === "docker_container") return own;
  if (type === "docker_volume") return `volume ${own}`;
  return type === "docker_image" ? `image ${name}` : undefined;
}

function reasonsOf(resource: PlanResource, plan: PlanJson, environment: PlannedEnvironment): string[] {
  const { change, action_reason, type } = resource;
  if (action_reason === "replace_because_tainted") return ["an earlier run did not finish it"];
  const { before, after, replace_paths = [] } = change;
  if (!before || !after) return [];
  const forcing = replace_paths.map(([attribute]) => String(attribute));
  const paths = planDifferences({ resource_changes: [resource] }, "").map(({ path }) => path);
  const changed = [...new Set(forcing.length > 0 ? forcing : paths)];
  // The label only sums up the rest.
  const shown = changed.length > 1 ? changed.filter((attribute) => attribute !== "labels") : changed;
  return shown.flatMap((attribute) => {
    const describe = type === "docker_container" ? containerAttributes[attribute] : undefined;
    return describe ? describe({ before, after, plan, environment }) : [attribute.replaceAll("_", " ")];
  });
}

interface Sides {
  readonly before: PlanValues;
  readonly after: PlanValues;
  readonly plan: PlanJson;
  readonly environment: PlannedEnvironment;
}

const containerAttributes: Readonly<Record<string, (sides: Sides) => string[]>> = {
  ports: ({ before, after, environment }) => {
    const [old, next] = [portsOf(before), portsOf(after)];
    const settings = new Map(environment.platform.publishedPorts.map((one) => [one.port, portSetting(one)]));
    return [...new Set([...old.keys(), ...next.keys()])].flatMap((internal) => {
      const [was, is] = [old.get(internal), next.get(internal)];
      if (was?.ip === is?.ip && was?.external === is?.external) return [];
      const setting = settings.get(is?.external as number) ?? `port ${internal}`;
      if (!is) return [`port ${internal} is no longer published`];
      if (!was) return [`${setting}: ${is.ip}:${is.external} is published`];
      return was.ip === is.ip
        ? [`${setting} is ${is.external} instead of ${was.external}`]
        : [`${setting}: ${is.ip}:${is.external} instead of ${was.ip}:${was.external}`];
    });
  },
  upload: (sides) => {
    const names = changedFiles(sides)
      .map((file) => basename(file))
      .sort();
    return names.length === 0 ? [] : [`file${names.length > 1 ? "s" : ""} ${someOf(names, 4)}`];
  },
  env: ({ before, after }) => {
    const [old, next] = [variablesOf(before), variablesOf(after)];
    const names = [...new Set([...old.keys(), ...next.keys()])].filter(
      (name) => old.get(name) !== next.get(name),
    );
    return names.length === 0 ? [] : [`environment ${names.join(", ")}`];
  },
  image: ({ before, plan }) => {
    const images = (plan.resource_changes ?? []).filter(({ type }) => type === "docker_image");
    const image = images.find(({ change }) => change.before?.image_id === before.image);
    const [was, is] = [image?.change.before?.name, image?.change.after?.name];
    return [was && is && was !== is ? `image ${is} instead of ${was}` : "another image"];
  },
  memory: ({ before, after }) => [`memoryMb is ${after.memory} instead of ${before.memory}`],
  networks_advanced: () => ["its networks"],
  labels: () => ["what it was given"],
};

function portsOf({ ports }: PlanValues) {
  const list = (ports ?? []) as { internal: number; external: number; ip: string }[];
  return new Map(list.map((port) => [port.internal, port]));
}

/** Paths of files that a container has already and would be given otherwise, or no longer. */
function changedFiles({ before, after }: { before: PlanValues | null; after: PlanValues | null }): string[] {
  if (!before || !after) return [];
  const [old, next] = [filesOf(before), filesOf(after)];
  return [...new Set([...old.keys(), ...next.keys()])].filter(
    (file) => !isDeepStrictEqual(old.get(file), next.get(file)),
  );
}

/** What is secret is there as a hash. */
function filesOf({ upload }: PlanValues) {
  const list = (upload ?? []) as { file: string }[];
  return new Map(list.map((one) => [one.file, one]));
}

function variablesOf({ env }: PlanValues) {
  return new Map(
    ((env ?? []) as string[]).map((text) => {
      const [name = "", ...value] = text.split("=");
      return [name, value.join("=")] as const;
    }),
  );
}
