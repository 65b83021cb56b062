import { stateResources } from "../../constructs/terraform/terraform-state";
import { readyId } from "../../stacks/identity-stack";
import type { Deployment } from "../deployment/deployment";

/** A client that an environment has made in a realm that is not its own. */
export interface DeployedClient {
  readonly realm: string;
  readonly clientId: string;
  /** Keycloak's. */
  readonly id: string;
}

/** What an environment has made in a Keycloak that is not its own. */
export interface DeployedClients {
  /** Base URL of the Keycloak. */
  readonly url: string;
  readonly clients: readonly DeployedClient[];
}

/** As the state of Keycloak's provider remembers it: nothing need run. Undefined when there is nothing. */
export function deployedClients({
  identityStateFile,
}: Pick<Deployment, "identityStateFile">): DeployedClients | undefined {
  const instances = stateResources(identityStateFile)
    .filter(({ mode }) => mode === "managed")
    .flatMap(({ type, name, instances }) =>
      instances.map(({ attributes }) => ({ kind: type, name, attributes })),
    );
  const own = instances.flatMap(({ kind, attributes }) =>
    kind === "keycloak_realm" ? attributes.realm : [],
  );
  const clients = instances
    .filter(({ kind, attributes }) => kind === "keycloak_openid_client" && !own.includes(attributes.realm_id))
    .map(({ attributes }) => ({
      realm: String(attributes.realm_id),
      clientId: String(attributes.client_id),
      id: String(attributes.id),
    }));
  const ready = instances.find(({ kind, name }) => kind === "terraform_data" && name === readyId);
  const { value } = (ready?.attributes.triggers_replace ?? {}) as { value?: { url?: unknown } };
  return clients.length === 0 ? undefined : { url: String(value?.url ?? ""), clients };
}
