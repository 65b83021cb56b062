/** The services, as their containers are named; and their DNS names, those of the reference example. */
export const defaultHosts = {
  keycloak: "sso.example.com",
  gateway: "apisix.example.com",
  james: "james.example.com",
  ldap: "ldap.example.com",
  redis: "redis.example.com",
  postgres: "postgres.example.com",
  certificates: "certificates.example.com",
};

export type Service = keyof typeof defaultHosts;

/** Names of the containers on the engine, by service. */
export function containerNames(environment: string): Record<Service, string> {
  const names = Object.keys(defaultHosts).map((service) => [service, `${environment}-${service}`]);
  return Object.fromEntries(names);
}

/** Published ports of the reference example, by setting. */
export const defaultPorts = {
  keycloak: 8080,
  gateway: 9080,
  imap: 143,
  smtp: 587,
  sieve: 4190,
  webadmin: null,
};

/** Published ports that there are with TLS only. */
export const defaultTlsPorts = { http: 80, imaps: 993, submissions: 465, keycloakAdmin: 8081 };

/** Name of Keycloak on its network, where the name that people know leads elsewhere: to a gateway or a proxy before it. */
export const internalKeycloakHost = "keycloak";
