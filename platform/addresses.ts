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

/** Published ports of the reference example, by setting. */
export const defaultPorts = {
  keycloak: 8080,
  gateway: 9080,
  imap: 143,
  smtp: 587,
  sieve: 4190,
  webadmin: null,
};
