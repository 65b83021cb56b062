import { keycloakUrl } from "../keycloak/realm";

/** The services of a platform, as their containers are named. */
export const services = ["redis", "ldap", "keycloak", "james", "gateway"] as const;

/** Names of the containers on the engine, by service. */
export function containerNames(environment: string): Record<(typeof services)[number], string> {
  const names = services.map((service) => [service, `${environment}-${service}`]);
  return Object.fromEntries(names);
}

interface Endpoints<T> {
  readonly keycloak: T;
  readonly gateway: T;
}

/** Where clients find Keycloak and the gateway; computed, so that it is known before anything runs. */
export function publicUrls(hosts: Endpoints<string>, ports: Endpoints<number>): Endpoints<string> {
  return {
    keycloak: keycloakUrl(hosts.keycloak, ports.keycloak),
    gateway: `http://${hosts.gateway}:${ports.gateway}`,
  };
}
