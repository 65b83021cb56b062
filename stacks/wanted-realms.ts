import type { Environment } from "../config/environment";
import { bindSecretName, realmSecrets, type SecretStore } from "../config/secrets";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import { Secret } from "../constructs/workload/secret";
import type { RealmModel } from "../platform/model/platform-model";
import { realmRepresentation } from "../platform/realm-representation";

/** A realm of an environment, and what it is to be. */
export interface WantedRealm extends RealmModel {
  /** It holds the secrets in clear. */
  readonly representation: RealmRepresentation;
}

/** Of clients that others make nobody here knows the secrets, and none is made. */
const othersSecrets = { get: (name: string) => new Secret(name, `stands for secret ${name}`) };

/** What the realms of an environment are to be. */
export function wantedRealms(
  { platform }: Pick<Environment, "platform">,
  secrets: Pick<SecretStore, "get">,
): readonly [WantedRealm, ...WantedRealm[]] {
  const bindPassword = secrets.get(bindSecretName(platform));
  return platform.realms.map((realm) => ({
    ...realm,
    representation: realmRepresentation(realm, realm.template as RealmRepresentation, {
      ...realmSecrets(realm, realm.provision === "nothing" ? othersSecrets : secrets),
      bindPassword,
    }),
  })) as [WantedRealm, ...WantedRealm[]];
}
