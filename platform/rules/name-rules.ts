import { dnsName } from "../../kit/dns-name";
import { at, type PlatformRule } from "./rule";

/** Props may hold what the settings of an environment file cannot. */
export const nameRules: readonly PlatformRule[] = [
  ({ realms, services }) =>
    [
      ...(["keycloak", "james", "ldap", "redis", "postgres"] as const).map((service) => ({
        name: services[service].managed ? services[service].host : undefined,
        path: ["hosts", service],
      })),
      ...realms.flatMap(({ domain, gateway }, index) => [
        { name: domain, path: ["realms", index, "domain"] },
        { name: gateway.host, path: ["realms", index, "hosts", "gateway"] },
      ]),
    ].flatMap(({ name, path }) =>
      at(
        path,
        name !== undefined &&
          !dnsName.test(name) && {
            what: "not a DNS name",
            got: name,
            allowed: "labels of a-z, 0-9 and - joined by dots",
          },
      ),
    ),
  ({ realms }) =>
    realms.flatMap(({ name, provision }, index) =>
      at(
        ["realms", index, "name"],
        provision !== "nothing" &&
          (name === "master" || !/^[A-Za-z0-9._-]+$/.test(name)) && {
            what:
              name === "master" ? "the realm is Keycloak's own" : "not a name that fits into an issuer's URL",
            got: name,
            allowed: "letters, digits, dot, underscore and -",
          },
      ),
    ),
];
