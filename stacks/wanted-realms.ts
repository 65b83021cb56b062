import type { Environment } from "../config/environment";
import { type EnvironmentRealm, realmsOf } from "../config/realms";
import type { SecretStore } from "../config/secrets";
import type { RealmRepresentation } from "../constructs/keycloak/realm-template";
import { App } from "../constructs/terraform";
import { PlatformStack } from "./platform-stack";

/** A realm of an environment, and what it is to be. */
export interface WantedRealm extends EnvironmentRealm {
  /** It holds the secrets in clear. */
  readonly representation: RealmRepresentation;
}

/** What the realms of an environment are to be, without anything written or running. */
export function wantedRealms(
  environment: Environment,
  secrets: Pick<SecretStore, "get">,
): [WantedRealm, ...WantedRealm[]] {
  const { platform } = new PlatformStack(new App({ skipValidation: true }), "platform", {
    environment,
    secrets,
    // Written to at synthesis only, which there is none of.
    privateDirectory: "files",
    stateFile: "terraform.tfstate",
  });
  return realmsOf(environment).map((realm, index) => ({
    ...realm,
    representation: platform.realms[index]?.representation as RealmRepresentation,
  })) as [WantedRealm, ...WantedRealm[]];
}
