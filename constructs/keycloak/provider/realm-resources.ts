import type { Construct } from "constructs";
import type { Secret } from "../../workload/secret";
import { withNamedRoles } from "../compare/named-roles";
import type { RealmRepresentation } from "../representation/realm-template";
import { clientResources, clientScopeResources } from "./clients";
import {
  keyResources,
  registrationPolicyResources,
  requiredActionResources,
  userProfileResource,
} from "./components";
import { federationResources } from "./federations";
import { flowBindingResource, flowResources } from "./flows";
import { defaultGroupResource, groupResources } from "./groups";
import { identityProviderResources } from "./identity-providers";
import { type ImportBlock, refuseShared } from "./import-block";
import { clientPolicyResources, realmResource, realmSettings } from "./realm";
import { type RealmResourceOptions, RealmScope } from "./realm-scope";
import { roleResources } from "./roles";
import { userResources } from "./users";

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
