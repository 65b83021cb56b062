import type { Construct } from "constructs";
import type { Environment } from "../config/environment";
import { clientSecretName, type SecretStore, secretOfClient } from "../config/secrets";
import { realmClientResources } from "../constructs/keycloak/provider/client-resources";
import { connectKeycloak } from "../constructs/keycloak/provider/connection";
import { adminProgram, type RealmResourceOptions } from "../constructs/keycloak/provider/realm/realm-scope";
import { realmResources } from "../constructs/keycloak/provider/realm-resources";
import { LocalBackend, TerraformStack } from "../constructs/terraform";
import type { Secret } from "../constructs/workload/secret";
import { localAddress } from "../kit/local-address";
import type { PlatformStack } from "./platform-stack";

export interface IdentityStackProps {
  readonly environment: Environment;
  readonly secrets: Pick<SecretStore, "get">;
  /** The platform whose Keycloak gets the realms. */
  readonly platform: PlatformStack;
  /** Where Terraform keeps its state. */
  readonly stateFile: string;
  /** What the installed provider has not, as `KeycloakProvider.lacks` tells it. @default nothing */
  readonly lacks?: readonly string[];
  /** Realms that may be removed or replaced though the environment protects them. @default none */
  readonly allowLoss?: readonly string[];
}

/** Keycloak's base URL from this machine: of the kit's own by plain HTTP, where its name need not resolve. */
export function keycloakAddress({ bind, platform }: Pick<Environment, "bind" | "platform">): string {
  const { managed, adminPort, port, url } = platform.services.keycloak;
  if (!managed) return url;
  return `http://${adminPort === undefined ? `${localAddress(bind)}:${port}` : `127.0.0.1:${adminPort}`}/auth`;
}

/** Construct id of the resource that waits for Keycloak. Its trigger tells the state which one it is. */
export const readyId = "keycloak-ready";

/**
 * The realms of an environment, or its clients in existing realms, as a Terraform stack over Keycloak's API, applied after
 * the platform.
 */
export class IdentityStack extends TerraformStack {
  /** Values of the stack's sensitive variables, by name. */
  readonly variables: ReadonlyMap<string, Secret>;

  constructor(scope: Construct, id: string, props: IdentityStackProps) {
    super(scope, id);
    const { environment, secrets, allowLoss = [] } = props;
    const { platform } = props.platform;
    this.addDependency(props.platform);
    new LocalBackend(this, { path: props.stateFile });
    const { ca, admin: administrator } = environment.platform.services.keycloak;
    if (!administrator) throw new Error("nobody may change the realms");
    const admin = connectKeycloak(this, {
      ...{ url: keycloakAddress(environment), username: administrator.user, realm: administrator.realm },
      ...(ca !== undefined && { ca }),
    });
    const ready = adminProgram(this, readyId, admin, {
      command: "wait",
      triggers: { url: admin.url },
      environment: { KIT_TIMEOUT_SECONDS: String(environment.startTimeoutSeconds) },
    });
    const variables = environment.platform.realms.flatMap((realm, index) => {
      const { representation, directory } = platform.realms[index] ?? {};
      if (!representation) return [];
      const { deletionProtection } = environment;
      const options: RealmResourceOptions = {
        admin,
        dependsOn: [ready],
        deletionProtection:
          deletionProtection && ![realm.name, `realm:${realm.name}`].some((word) => allowLoss.includes(word)),
        ...(props.lacks && { lacks: props.lacks }),
        secretOf: (object, held) => {
          const [kind, name = ""] = object.split(/ (.*)/);
          if (kind === "federation") return directory?.bindPassword;
          if (kind !== "client" || held) return undefined;
          return secrets.get(secretOfClient(realm, name) ?? clientSecretName(name, realm.secretPrefix));
        },
      };
      const resources = realm.provision === "realm" ? realmResources : realmClientResources;
      return [...resources(this, representation(), options).variables];
    });
    this.variables = new Map([["keycloak_admin", secrets.get("keycloakAdmin")], ...variables]);
  }
}
