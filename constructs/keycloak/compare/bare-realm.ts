import type { RealmRepresentation } from "../representation/realm-template";
import recorded from "./bare-realm.json";

/** The release of Keycloak whose defaults are recorded. */
export const recordedKeycloak = "26.7.3";

const template = JSON.stringify(recorded);

/**
 * What Keycloak makes of `{"realm": …, "enabled": true}`: its own clients, scopes, roles, flows, and the value of every
 * setting that nobody gave. Recorded from the export of a running one, without ids, times and keys.
 */
export function bareRealm(name: string): RealmRepresentation {
  const quoted = JSON.stringify(name).slice(1, -1);
  return JSON.parse(template.replaceAll("{realm}", () => quoted)) as RealmRepresentation;
}
