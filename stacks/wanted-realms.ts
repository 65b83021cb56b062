import type { Environment } from "../config/environment";
import { bindSecretName, realmSecrets, type SecretStore } from "../config/secrets";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { RealmModel } from "../platform/platform-model";
import { realmRepresentation } from "../platform/realm-representation";

/** A realm of an environment, and what it is to be. */
export interface WantedRealm extends RealmModel {
  /** It holds the secrets in clear. */
  readonly representation: RealmRepresentation;
}

/** What the realms of an environment are to be. */
export function wantedRealms(
  { platform }: Pick<Environment, "platform">,
  secrets: Pick<SecretStore, "get">,
): readonly [WantedRealm, ...WantedRealm[]] {
  const bindPassword = secrets.get(bindSecretName(platform));
  return platform.realms.map((realm) => ({
    ...realm,
    representation: realmRepresentation(realm, realm.template as RealmRepresentation, {
      ...realmSecrets(realm, secrets),
      bindPassword,
    }),
  })) as [WantedRealm, ...WantedRealm[]];
}
