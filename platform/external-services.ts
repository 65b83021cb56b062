import type { Service } from "./addresses";
import type { PlatformModel } from "./platform-model";

/** A service that a platform uses and does not deploy. */
export interface ExternalService {
  readonly service: Service;
  readonly address: string;
}

/** The services of a platform that are somebody else's. */
export function externalServices({ services, realms }: PlatformModel): ExternalService[] {
  const { keycloak, ldap, redis } = services;
  return [
    ...(keycloak.managed ? [] : [{ service: "keycloak" as const, address: realms[0].oidc.issuer }]),
    ...(ldap.managed ? [] : [{ service: "ldap" as const, address: realms[0].directory.url }]),
    ...(redis.managed ? [] : [{ service: "redis" as const, address: `${redis.host}:${redis.port}` }]),
  ];
}

/** That, for programs; nothing where there are none. */
export function toldExternal(model: PlatformModel): { external?: readonly ExternalService[] } {
  const external = externalServices(model);
  return external.length > 0 ? { external } : {};
}

/** That, a line each. */
export function externalServiceLines(model: PlatformModel): string[] {
  return externalServices(model).map(
    ({ service, address }) => `${service.padEnd(12)} ${address}, not the kit's: nothing of it is deployed`,
  );
}
