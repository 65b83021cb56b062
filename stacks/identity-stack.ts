import type { Construct } from "constructs";
import type { Environment } from "../config/environment";
import { clientSecretName, type SecretStore, secretOfClient } from "../config/secrets";
import { connectKeycloak } from "../constructs/keycloak/provider/connection";
import { realmResources } from "../constructs/keycloak/provider/realm-resources";
import { adminProgram } from "../constructs/keycloak/provider/realm-scope";
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

/** Keycloak's base URL without its path, from this machine: the name in the issuer need not resolve here. */
export function keycloakAddress({ bind, platform }: Pick<Environment, "bind" | "platform">): string {
  return `http://${localAddress(bind)}:${platform.services.keycloak.endpoint.port}`;
}

/** The realms of an environment as a Terraform stack over Keycloak's API, applied after the platform. */
export class IdentityStack extends TerraformStack {
  /** Values of the stack's sensitive variables, by name. */
  readonly variables: ReadonlyMap<string, Secret>;

  constructor(scope: Construct, id: string, props: IdentityStackProps) {
    super(scope, id);
    const { environment, secrets, allowLoss = [] } = props;
    const { platform } = props.platform;
    this.addDependency(props.platform);
    new LocalBackend(this, { path: props.stateFile });
    const admin = connectKeycloak(this, `${keycloakAddress(environment)}/auth`, "admin");
    const ready = adminProgram(this, "keycloak-ready", admin, {
      command: "wait",
      triggers: { url: admin.url },
      environment: { KIT_TIMEOUT_SECONDS: String(environment.startTimeoutSeconds) },
    });
    const variables = environment.platform.realms.flatMap((realm, index) => {
      const { representation, directory } = platform.realms[index] ?? {};
      if (!representation) throw new Error("the platform has no realm of its own");
      const { deletionProtection } = environment;
      const made = realmResources(this, representation(), {
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
      });
      return [...made.variables];
    });
    this.variables = new Map([["keycloak_admin", secrets.get("keycloakAdmin")], ...variables]);
  }
}
