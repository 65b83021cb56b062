import { type Endpoint, urlOf } from "./endpoint";
import type { PlatformModel } from "./platform-model";

/**
 * What people are told and nothing of the platform listens at, where no proxy of it is known: a router may lead from one port to
 * the other, and a slip looks the same. A sentence each.
 */
export function namesElsewhere({ realms, services: { gateway, keycloak }, proxy }: PlatformModel): string[] {
  if (proxy) return [];
  const gatewayPort = gateway.tls?.port ?? gateway.port;
  const sentence = (service: string, endpoint: Endpoint, published: number, setting: string) =>
    endpoint.port === published
      ? []
      : [
          `people are told ${urlOf(endpoint)}, port ${endpoint.port}, and ${service} is published at ${published}: something must lead there, or ${setting} be ${endpoint.port}`,
        ];
  return [
    ...realms.flatMap((realm) => sentence("the gateway", realm.gateway, gatewayPort, "ports.gateway")),
    // Behind the gateway another port than the gateway's is refused.
    ...(keycloak.managed && !keycloak.behindGateway
      ? sentence("Keycloak", keycloak.endpoint, keycloak.tlsPort ?? keycloak.port, "ports.keycloak")
      : []),
  ];
}
