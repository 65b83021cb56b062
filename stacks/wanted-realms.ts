import type { Environment } from "../config/environment";
import { type EnvironmentRealm, realmsOf } from "../config/realms";
import type { SecretStore } from "../config/secrets";
import type { RealmRepresentation } from "../constructs/keycloak/realm-template";
import { PlatformStack } from "./platform-stack";
import { inUnwrittenApp } from "./unwritten-app";

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
  return inUnwrittenApp((app, folder) => {
    const files = { privateDirectory: folder, stateFile: "terraform.tfstate" };
    const { platform } = new PlatformStack(app, "platform", { environment, secrets, ...files });
    return realmsOf(environment).map((realm, index) => ({
      ...realm,
      representation: platform.realms[index]?.representation as RealmRepresentation,
    })) as [WantedRealm, ...WantedRealm[]];
  });
}
