import type { Construct } from "constructs";
import type { Secret } from "../../workload/secret";
import { withNamedRoles } from "../compare/named-roles";
import type { RealmRepresentation } from "../representation/realm-template";
import { flowBindingResource, flowResources } from "./authentication/flows";
import { identityProviderResources } from "./authentication/identity-providers";
import { clientResources, clientScopeResources } from "./clients/clients";
import {
  keyResources,
  registrationPolicyResources,
  requiredActionResources,
  userProfileResource,
} from "./components/components";
import { federationResources } from "./components/federations";
import { type ImportBlock, refuseShared } from "./realm/import-block";
import { clientPolicyResources, realmResource, realmSettings } from "./realm/realm";
import { type RealmResourceOptions, RealmScope } from "./realm/realm-scope";
import { defaultGroupResource, groupResources } from "./users/groups";
import { roleResources } from "./users/roles";
import { userResources } from "./users/users";

export interface RealmResources {
  /** Values of the Terraform variables that hold the realm's secrets, by name. */
  readonly variables: ReadonlyMap<string, Secret>;
  /** For resources whose objects have ids in the representation. */
  readonly imports: readonly ImportBlock[];
}

/**
 * A realm as resources of Keycloak's Terraform provider. What Keycloak makes by itself and the representation does not
 * name stays as it is.
 *
 * @throws KitError when a confidential client has no secret, or when two resources would be one object
 */
export function realmResources(
  scope: Construct,
  representation: RealmRepresentation,
  options: RealmResourceOptions,
): RealmResources {
  const complete = { ...representation, roles: withNamedRoles(representation) };
  const realm = new RealmScope(scope, options.id ?? representation.realm ?? "", complete, options);
  realmResource(realm);
  userProfileResource(realm);
  flowResources(realm);
  clientScopeResources(realm);
  realmSettings(realm);
  clientResources(realm);
  roleResources(realm);
  groupResources(realm);
  userResources(realm);
  defaultGroupResource(realm);
  identityProviderResources(realm);
  federationResources(realm);
  flowBindingResource(realm);
  keyResources(realm);
  registrationPolicyResources(realm);
  requiredActionResources(realm);
  clientPolicyResources(realm);
  refuseShared(realm.imports);
  return realm;
}
