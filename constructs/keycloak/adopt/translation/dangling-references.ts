import { isObject } from "../../../../kit/json";
import type { Editable } from "../export/representation-objects";

/** Keycloak makes both where `account` is missing, even beside an `account-console`, and neither where `account` is there. */
export const accountClients: readonly string[] = ["account", "account-console"];

/**
 * What flows, clients and roles refer to and the representation does not have: configurations of steps, flows in flows, flows
 * of clients, clients of roles. Keycloak refuses a whole import for one of them, though it makes some itself: its own flows
 * come too late, and the roles of its own clients are there already.
 */
export function danglingReferences(realm: Editable): ReadonlySet<string> {
  const flows = objects(realm.authenticationFlows);
  const [aliases, ids] = ["alias", "id"].map((key) => new Set(flows.map((flow) => flow[key])));
  const configs = new Set(objects(realm.authenticatorConfig).map(({ alias }) => alias));
  const steps = flows.flatMap(({ authenticationExecutions }) => objects(authenticationExecutions));
  const bound = objects(realm.clients).flatMap(({ authenticationFlowBindingOverrides: bindings }) =>
    Object.values(isObject(bindings) ? bindings : {}),
  );
  const roles = isObject(realm.roles) && isObject(realm.roles.client) ? realm.roles.client : {};
  const holders = Object.entries(roles).flatMap(([client, list]) => (objects(list).length > 0 ? client : []));
  const clients = new Set(objects(realm.clients).map(({ clientId }) => clientId));
  if (accountClients.some((client) => clients.has(client))) holders.push(...accountClients);
  return new Set([
    ...missing("client", holders, clients),
    ...missing(
      "configuration",
      steps.map((step) => step.authenticatorConfig),
      configs,
    ),
    ...missing(
      "flow",
      steps.map((step) => step.flowAlias),
      aliases,
    ),
    ...missing("flow id", bound, ids),
  ]);
}

function missing(
  kind: string,
  names: readonly unknown[],
  present: ReadonlySet<unknown> = new Set(),
): string[] {
  return names.filter((name) => isNamed(name) && !present.has(name)).map((name) => `${kind} ${name}`);
}

function isNamed(name: unknown): boolean {
  return typeof name === "string" && name !== "";
}

function objects(list: unknown): Editable[] {
  return Array.isArray(list) ? list.filter(isObject).map((item) => item as Editable) : [];
}
