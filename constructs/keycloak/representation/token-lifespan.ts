import type { RealmRepresentation } from "./realm-template";

/** Keycloak's defaults, in seconds. */
const defaults = {
  accessTokenLifespan: 300,
  accessTokenLifespanForImplicitFlow: 900,
  ssoSessionMaxLifespan: 36_000,
};

/** How long an access token of the realm can live, in seconds. */
export function longestAccessToken(realm: RealmRepresentation): number {
  const { accessTokenLifespan, accessTokenLifespanForImplicitFlow, ssoSessionMaxLifespan } = {
    ...defaults,
    ...realm,
  };
  const clients = realm.clients ?? [];
  const own = clients
    .map((client) => Number(client.attributes?.["access.token.lifespan"] || accessTokenLifespan))
    // As long as the session.
    .map((seconds) => (seconds < 0 ? ssoSessionMaxLifespan : seconds));
  const implicit = clients.some((client) => client.implicitFlowEnabled === true);
  return Math.max(accessTokenLifespan, ...own, ...(implicit ? [accessTokenLifespanForImplicitFlow] : []));
}
