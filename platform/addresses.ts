import { keycloakUrl } from "../constructs/keycloak/realm";

/** The services, as their containers are named; and their DNS names, those of the reference example. */
export const defaultHosts = {
  keycloak: "sso.example.com",
  gateway: "apisix.example.com",
  james: "james.example.com",
  ldap: "ldap.example.com",
  redis: "redis.example.com",
};

export type Service = keyof typeof defaultHosts;

/** Names of the containers on the engine, by service. */
export function containerNames(environment: string): Record<Service, string> {
  const names = Object.keys(defaultHosts).map((service) => [service, `${environment}-${service}`]);
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
