import { KitError, type Problem } from "../../../../kit/errors";
import type { TerraformResource } from "../../../terraform";
import { literal } from "../../../terraform/terraform-literal";
import { AuthenticationBindings } from "../../bindings/authentication-bindings";
import { AuthenticationExecution } from "../../bindings/authentication-execution";
import { AuthenticationExecutionConfigA } from "../../bindings/authentication-execution-config";
import { AuthenticationFlow } from "../../bindings/authentication-flow";
import { AuthenticationSubflow } from "../../bindings/authentication-subflow";
import { DataKeycloakAuthenticationFlow } from "../../bindings/data-keycloak-authentication-flow";
import type { RealmRepresentation } from "../../representation/realm-template";
import { texts } from "../mapping/conversions";
import type { FieldMapping, JsonMap } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";

type Flow = NonNullable<RealmRepresentation["authenticationFlows"]>[number];
/** An export has no ids of steps: a running Keycloak tells them. */
type Execution = NonNullable<Flow["authenticationExecutions"]>[number] & { readonly id?: string };

/** What an import takes in the name of a flow, and Keycloak's API refuses (26.7.3). */
const refused = /[:/?#@!$&()*+,;=[\]\\]/g;

/** keycloak_authentication_flow and keycloak_authentication_subflow. */
export const flowTable: readonly FieldMapping[] = [
  {
    at: "alias",
    is: "inexpressible",
    why: "Keycloak's API refuses some of its characters in the name of a flow: it has - instead",
    when: (alias) => nameOf(String(alias)) !== alias,
  },
  { at: "alias", to: "alias" },
  { at: "description", to: "description" },
  { at: "providerId", to: "providerId" },
  { at: "topLevel", is: "translated", why: "by the kind of the resource" },
  {
    at: "builtIn",
    is: "default",
    why: "Keycloak marks its own flows with it",
    when: (value) => value !== true,
  },
  { at: "authenticationExecutions", is: "translated", why: "by resources of their own, in their order" },
  { at: "id", is: "default", why: "Keycloak chooses it" },
];

/** keycloak_authentication_execution. */
export const executionTable: readonly FieldMapping[] = [
  { at: "authenticator", to: "authenticator" },
  { at: "requirement", to: "requirement" },
  { at: "priority", is: "translated", why: "by the order of the steps" },
  { at: "flowAlias", is: "translated", why: "by a resource of its own" },
  { at: "authenticatorFlow", is: "translated", why: "by the kind of the resource" },
  { at: "autheticatorFlow", is: "translated", why: "by the kind of the resource" },
  { at: "authenticatorConfig", is: "translated", why: "by a resource of its own" },
  {
    at: "userSetupAllowed",
    is: "default",
    why: "Keycloak no longer reads it",
    when: (value) => value !== true,
  },
  { at: "id", is: "default", why: "Keycloak chooses it" },
];

function nameOf(alias: string): string {
  return alias.replace(refused, "-");
}

/** The alias of a flow. One that exists under a name which the API refuses keeps it. */
function aliasArguments(alias: string) {
  const name = nameOf(alias);
  return { alias: literal(name), ...(name !== alias && { lifecycle: { ignoreChanges: ["alias"] } }) };
}

/** Fields of the realm that say which flow does what. */
export const flowBindings = {
  browserFlow: "browserFlow",
  registrationFlow: "registrationFlow",
  directGrantFlow: "directGrantFlow",
  resetCredentialsFlow: "resetCredentialsFlow",
  clientAuthenticationFlow: "clientAuthenticationFlow",
  dockerAuthenticationFlow: "dockerAuthenticationFlow",
  firstBrokerLoginFlow: "firstBrokerLoginFlow",
};

/** Flows that are not Keycloak's own. */
function ownFlows({ authenticationFlows = [] }: RealmRepresentation): Flow[] {
  return authenticationFlows.filter(({ builtIn, topLevel }) => !builtIn && topLevel !== false);
}

/** Names of the flows that are not Keycloak's own, and of the flows in them. */
export function madeFlows(realm: RealmRepresentation): ReadonlySet<unknown> {
  const made = new Set<unknown>();
  const add = ({ alias, authenticationExecutions = [] }: Flow) => {
    if (made.has(alias)) return;
    made.add(alias);
    for (const { flowAlias } of authenticationExecutions) {
      const inner = flowAlias && realm.authenticationFlows?.find((flow) => flow.alias === flowAlias);
      if (inner) add(inner);
    }
  };
  ownFlows(realm).forEach(add);
  return made;
}

/** @throws KitError for flows that are a step twice, or in themselves: the provider would make each several times */
function refuseSharedFlows(realm: RealmRepresentation): void {
  const flows = ownFlows(realm);
  const seen = new Set(flows.map(({ alias }) => alias));
  const visit = ({ alias: outer, authenticationExecutions = [] }: Flow): Problem[] =>
    authenticationExecutions.flatMap(({ flowAlias }: Execution) => {
      const inner = flowAlias && innerFlow(realm, flowAlias);
      if (!inner) return [];
      if (seen.size < seen.add(flowAlias).size) return visit(inner);
      return [
        {
          where: `authenticationFlows[${outer}].authenticationExecutions[${flowAlias}]`,
          what: "this flow is elsewhere too, and Keycloak's API makes it in one place only",
          fix: "Give each place a flow of its own",
        },
      ];
    });
  const problems = flows.flatMap(visit);
  if (problems.length > 0) throw new KitError("flows of the realm cannot be made by Terraform", problems);
}

/** Flows that are not Keycloak's own, with their steps. */
export function flowResources(scope: RealmScope): void {
  refuseSharedFlows(scope.representation);
  for (const flow of ownFlows(scope.representation)) {
    const { alias = "", description, providerId = "basic-flow" } = flow;
    const resource = new AuthenticationFlow(scope, scope.idOf("flow", alias), {
      realmId: scope.realmId,
      ...aliasArguments(alias),
      providerId,
      ...(description && { description: literal(description) }),
    });
    const exists = knowsSteps(scope.representation, flow);
    if (exists) scope.existing(resource, flow.id);
    scope.flowAliases.set(alias, resource.alias);
    if (flow.id) scope.flowIds.set(flow.id, resource.id);
    scope.flowIds.set(alias, resource.id);
    stepResources(scope, flow, { alias: resource.alias, path: [alias], exists });
  }
}

/** A flow by its id in the representation, as exports name it, or by its alias: also one that Keycloak makes by itself. */
export function flowId(scope: RealmScope, name: unknown): string | undefined {
  const known = scope.flowIds.get(String(name));
  if (known !== undefined) return known;
  const flows: Flow[] = scope.representation.authenticationFlows ?? [];
  const { alias } = flows.find((flow) => flow.id === name || flow.alias === name) ?? {};
  if (!name || alias === undefined) return undefined;
  const data = new DataKeycloakAuthenticationFlow(scope, scope.idOf("known-flow", alias), {
    realmId: scope.realmId,
    alias: literal(alias),
  });
  for (const key of [String(name), alias]) scope.flowIds.set(key, data.id);
  return data.id;
}

/** Names of flows that exist and cannot be imported: Terraform would add the steps of no known id once more. */
export function unknownFlows(realm: RealmRepresentation): string[] {
  return ownFlows(realm).flatMap((flow) =>
    flow.id && flow.alias && !knowsSteps(realm, flow) ? [flow.alias] : [],
  );
}

/** Whether the ids of all steps in a flow are known. */
function knowsSteps(realm: RealmRepresentation, flow: Flow): boolean {
  return (flow.authenticationExecutions ?? []).every(({ id, flowAlias }: Execution) => {
    const inner = flowAlias && innerFlow(realm, flowAlias);
    return id !== undefined && (!inner || knowsSteps(realm, inner));
  });
}

function innerFlow({ authenticationFlows }: RealmRepresentation, alias: string): Flow | undefined {
  return authenticationFlows?.find((flow) => flow.alias === alias);
}

/** The flow that steps are in. */
interface Parent {
  /** A reference to its name. */
  readonly alias: string;
  /** Names from the outermost flow to this one. */
  readonly path: readonly string[];
  /** Whether it exists, with all steps. */
  readonly exists: boolean;
}

/** Each step depends on the one before it: Keycloak puts a new one at the end. */
function stepResources(scope: RealmScope, flow: Flow, parent: Parent): void {
  const executions: Execution[] = [...(flow.authenticationExecutions ?? [])].sort(
    (a, b) => (a.priority ?? 0) - (b.priority ?? 0),
  );
  let previous: TerraformResource[] = [];
  executions.forEach((execution, index) => {
    const name = execution.flowAlias ?? execution.authenticator ?? "";
    const id = ["flow", ...parent.path, String(index), name] as const;
    const common = {
      realmId: scope.realmId,
      parentFlowAlias: parent.alias,
      requirement: execution.requirement ?? "DISABLED",
      priority: execution.priority ?? index * 10,
      dependsOn: previous,
    };
    const make = execution.flowAlias ? subflowResource : authenticatorResource;
    previous = [make(scope, id, execution, common, parent)];
  });
}

interface Step {
  readonly realmId: string;
  readonly parentFlowAlias: string;
  readonly requirement: string;
  readonly priority: number;
  readonly dependsOn: TerraformResource[];
}

type StepName = readonly [string, ...string[]];

function authenticatorResource(
  scope: RealmScope,
  name: StepName,
  execution: Execution,
  common: Step,
  { path, exists }: Parent,
): AuthenticationExecution {
  const { authenticator = "", id, authenticatorConfig: alias } = execution;
  const resource = new AuthenticationExecution(scope, scope.idOf(...name), { ...common, authenticator });
  if (exists) scope.existing(resource, path.at(-1), id);
  if (!alias) return resource;
  const found = scope.representation.authenticatorConfig?.find((config) => config.alias === alias);
  const config = new AuthenticationExecutionConfigA(scope, scope.idOf(...name, "config"), {
    realmId: scope.realmId,
    executionId: resource.id,
    alias: literal(freeAlias(scope, alias)),
    config: literal(texts(found?.config) ?? {}),
    // One that exists may have the name of another, and keeps it: the name has no effect.
    lifecycle: { ignoreChanges: ["alias"] },
  });
  if (exists) scope.existing(config, id, found?.id);
  return resource;
}

function subflowResource(
  scope: RealmScope,
  name: StepName,
  execution: Execution,
  common: Step,
  { path, exists }: Parent,
): AuthenticationSubflow {
  const alias = execution.flowAlias ?? "";
  const flow = innerFlow(scope.representation, alias);
  const resource = new AuthenticationSubflow(scope, scope.idOf(...name), {
    ...common,
    ...aliasArguments(alias),
    providerId: flow?.providerId ?? "basic-flow",
    ...(flow?.description && { description: literal(flow.description) }),
    ...(execution.authenticator && { authenticator: execution.authenticator }),
  });
  if (exists) scope.existing(resource, path.at(-1), flow?.id);
  if (flow) stepResources(scope, flow, { alias: resource.alias, path: [...path, alias], exists });
  return resource;
}

/** Exports may have several configurations of one name, Keycloak's API refuses the second. */
function freeAlias(scope: RealmScope, alias: string): string {
  const taken = scope.configAliases;
  let free = alias;
  for (let count = 2; taken.has(free); count += 1) free = `${alias} ${count}`;
  taken.add(free);
  return free;
}

/** Which flow does what, where it is not Keycloak's own. */
export function flowBindingResource(scope: RealmScope): void {
  const bound = Object.entries(flowBindings).flatMap(([field, attribute]) => {
    const known = scope.flowAliases.get(String((scope.representation as JsonMap)[field]));
    return known === undefined ? [] : [[attribute, known] as const];
  });
  if (bound.length === 0) return;
  new AuthenticationBindings(scope, "flow-bindings", {
    realmId: scope.realmId,
    ...Object.fromEntries(bound),
    // A flow is bound when it is complete: nobody can log in by half of one.
    dependsOn: scope.node.children.filter(
      (child) => child instanceof AuthenticationExecution || child instanceof AuthenticationSubflow,
    ),
  });
}
