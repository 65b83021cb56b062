import { directoryUrls } from "../../constructs/ldap/directory-urls";
import type { Service } from "./addresses";
import type { PlatformModel } from "./platform-model";

/** A service that a platform uses and does not deploy. */
export interface ExternalService {
  /** `openid`: another OpenID provider than the platform's Keycloak. */
  readonly service: Service | "openid";
  readonly address: string;
  /** What the platform makes there all the same. @default nothing */
  readonly made?: string;
  /** What it cannot do. @default nothing */
  readonly lacks?: string;
}

function redisUrl({ tls, host, port }: PlatformModel["services"]["redis"]): string {
  return `${tls ? "rediss" : "redis"}://${host}:${port}`;
}

/** The services of a platform that are somebody else's. */
export function externalServices({ services, realms }: PlatformModel): ExternalService[] {
  const { ldap, redis, postgres } = services;
  return [
    ...realms.flatMap(({ provision, existing, oidc }): ExternalService[] =>
      provision === "realm"
        ? []
        : [
            {
              service: existing ? "openid" : "keycloak",
              address: oidc.issuer,
              ...(provision === "clients" && { made: "the kit's clients of the realm" }),
              ...(oidc.introspectionUrl === undefined &&
                services.gateway.revocation === "introspection" && {
                  lacks:
                    "nobody can be asked about tokens: they are good until they expire, whoever has logged out",
                }),
            },
          ],
    ),
    ...(ldap.managed
      ? []
      : [{ service: "ldap" as const, address: directoryUrls(realms[0].directory).join(" ") }]),
    ...(redis.managed ? [] : [{ service: "redis" as const, address: redisUrl(redis) }]),
    ...(postgres.managed || Object.keys(postgres.databases).length === 0
      ? []
      : [
          {
            service: "postgres" as const,
            address: `postgres://${postgres.host}:${postgres.port}`,
            made: "the tables of those who keep something there",
          },
        ]),
  ];
}

/** That, for programs; nothing where there are none. */
export function toldExternal(model: PlatformModel): { external?: readonly ExternalService[] } {
  const external = externalServices(model);
  return external.length > 0 ? { external } : {};
}

/** That, a line each. */
export function externalServiceLines(model: PlatformModel): string[] {
  return externalServices(model).map(({ service, address, made, lacks }) =>
    [
      `${service.padEnd(12)} ${address}, not the kit's: ${made === undefined ? "nothing of it is deployed" : `${made} are made there, nothing else`}`,
      ...(lacks === undefined ? [] : [lacks]),
    ].join("; "),
  );
}
