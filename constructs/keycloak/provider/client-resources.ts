import type { Construct } from "constructs";
import { literal } from "../../terraform/terraform-literal";
import type { RealmRepresentation } from "../representation/realm-template";
import { clientResources } from "./clients/clients";
import { type RealmResourceOptions, RealmScope } from "./realm/realm-scope";
import type { RealmResources } from "./realm-resources";

/**
 * The clients of a representation in a realm that somebody else has made: it is named, and nothing else of it is managed,
 * changed or taken away.
 *
 * @throws KitError when a confidential client has no secret
 */
export function realmClientResources(
  scope: Construct,
  { realm = "", clients = [] }: Pick<RealmRepresentation, "realm" | "clients">,
  options: RealmResourceOptions,
): Pick<RealmResources, "variables"> {
  const inRealm = new RealmScope(scope, options.id ?? realm, { realm, clients }, options);
  inRealm.realmId = literal(realm) as string;
  inRealm.emptied.push(...(options.dependsOn ?? []));
  clientResources(inRealm);
  return inRealm;
}
