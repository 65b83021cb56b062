import type { TerraformResource } from "../../terraform";
import { literal } from "../../terraform-literal";
import { AuthenticationBindings } from "../bindings/authentication-bindings";
import { AuthenticationExecution } from "../bindings/authentication-execution";
import { AuthenticationExecutionConfigA } from "../bindings/authentication-execution-config";
import { AuthenticationFlow } from "../bindings/authentication-flow";
import { AuthenticationSubflow } from "../bindings/authentication-subflow";
import type { RealmRepresentation } from "../realm-template";
import { texts } from "./conversions";
import type { Field, JsonMap } from "./field";
import type { RealmScope } from "./realm-scope";

type Flow = NonNullable<RealmRepresentation["authenticationFlows"]>[number];
type Execution = NonNullable<Flow["authenticationExecutions"]>[number];

/** What an import takes in the name of a flow, and Keycloak's API refuses (26.7.3). */
const refused = /[:/?#@!$&()*+,;=[\]\\]/g;

/** keycloak_authentication_flow and keycloak_authentication_subflow. */
export const flowTable: readonly Field[] = [
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
export const executionTable: readonly Field[] = [
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

/** A flow that exists keeps the name that it has. */
function naming(alias: string) {
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

/** Names of those flows, and of the flows in them. */
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

/** Those flows, with their steps. */
export function flowResources(scope: RealmScope): void {
  for (const flow of ownFlows(scope.representation)) {
    const { alias = "", description, providerId = "basic-flow" } = flow;
    const resource = new AuthenticationFlow(scope, scope.idOf("flow", alias), {
      realmId: scope.realmId,
      ...naming(alias),
      providerId,
      ...(description && { description: literal(description) }),
    });
    scope.flowAliases.set(alias, resource.alias);
    if (flow.id) scope.flowIds.set(flow.id, resource.id);
    scope.flowIds.set(alias, resource.id);
    steps(scope, flow, resource.alias, [alias]);
  }
}

/** Each step depends on the one before it: Keycloak puts a new one at the end. */
function steps(scope: RealmScope, flow: Flow, parentFlowAlias: string, path: readonly string[]): void {
  const executions = [...(flow.authenticationExecutions ?? [])].sort(
    (a, b) => (a.priority ?? 0) - (b.priority ?? 0),
  );
  let previous: TerraformResource[] = [];
  executions.forEach((execution, index) => {
    const name = execution.flowAlias ?? execution.authenticator ?? "";
    const id = scope.idOf("flow", ...path, String(index), name);
    const common = {
      realmId: scope.realmId,
      parentFlowAlias,
      requirement: execution.requirement ?? "DISABLED",
      priority: execution.priority ?? index * 10,
      dependsOn: previous,
    };
    const resource = execution.flowAlias
      ? subflow(scope, id, execution, common, [...path, execution.flowAlias])
      : new AuthenticationExecution(scope, id, { ...common, authenticator: execution.authenticator ?? "" });
    if (!execution.flowAlias) configuration(scope, `${id}-config`, execution, resource.id);
    previous = [resource];
  });
}

interface Step {
  readonly realmId: string;
  readonly parentFlowAlias: string;
  readonly requirement: string;
  readonly priority: number;
  readonly dependsOn: TerraformResource[];
}

function subflow(
  scope: RealmScope,
  id: string,
  execution: Execution,
  common: Step,
  path: readonly string[],
): AuthenticationSubflow {
  const alias = execution.flowAlias ?? "";
  const flow = scope.representation.authenticationFlows?.find((one) => one.alias === alias);
  const resource = new AuthenticationSubflow(scope, id, {
    ...common,
    ...naming(alias),
    providerId: flow?.providerId ?? "basic-flow",
    ...(flow?.description && { description: literal(flow.description) }),
    ...(execution.authenticator && { authenticator: execution.authenticator }),
  });
  if (flow) steps(scope, flow, resource.alias, path);
  return resource;
}

function configuration(scope: RealmScope, id: string, execution: Execution, executionId: string): void {
  const alias = execution.authenticatorConfig;
  if (!alias) return;
  const found = scope.representation.authenticatorConfig?.find((config) => config.alias === alias);
  new AuthenticationExecutionConfigA(scope, id, {
    realmId: scope.realmId,
    executionId,
    alias: literal(freeAlias(scope, alias)),
    config: literal(texts(found?.config) ?? {}),
    // One that exists may be called as another: nobody reads its name.
    lifecycle: { ignoreChanges: ["alias"] },
  });
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
