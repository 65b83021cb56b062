import { normalizeMailAddress } from "../../kit/mail-address";
import { at, clashes, type Path, type PlatformRule } from "./rule";

export const realmRules: readonly PlatformRule[] = [
  ({ realms }, say) =>
    clashes(
      realms.flatMap(({ name, provision }, index) =>
        provision === "nothing" ? [] : [{ value: name, path: ["realms", index, "name"] }],
      ),
      say,
    ),
  ({ realms }, say) =>
    clashes(
      realms.map(({ domain }, index) => ({ value: domain, path: ["realms", index, "domain"] })),
      say,
    ),
  ({ realms }, say) =>
    clashes(
      realms.flatMap(({ people }, index) =>
        people.map(({ mail }, person) => ({
          value: normalizeMailAddress(mail),
          path: ["realms", index, "people", person, "mail"],
        })),
      ),
      say,
    ),
  ({ publishedPorts }, say) =>
    clashes(
      publishedPorts.map(({ port, path }) => ({ value: port, path })),
      say,
    ),
  ({ services, realms }, say) =>
    clashes(
      [
        // The gateway has a name in each realm.
        ...Object.entries(services)
          .filter(([service, { managed }]) => service !== "gateway" && managed)
          .map(([service, { host }]) => ({ value: host, path: ["hosts", service] as Path })),
        ...realms.map(({ gateway }, index) => ({
          value: gateway.host,
          path: ["realms", index, "hosts", "gateway"] as Path,
        })),
      ],
      say,
    ),
  ({ realms }) =>
    realms.slice(1).flatMap(({ domain }, index) =>
      at(
        ["realms", index + 1, "domain"],
        /(^|\.)\d/.test(domain) && {
          what: "James cannot keep apart the people of a domain whose label begins with a digit",
          got: domain,
          fix: "Make it the first realm's",
        },
      ),
    ),
  ({ realms }) =>
    realms.flatMap(({ domain, people }, index) =>
      people.flatMap(({ mail }, person) =>
        at(
          ["realms", index, "people", person, "mail"],
          !mail.endsWith(`@${domain}`) && {
            what: "not in the mail domain",
            got: mail,
            allowed: `an address that ends with @${domain}`,
          },
        ),
      ),
    ),
  ({ realms }) =>
    realms.flatMap(({ directory, domain }, index) =>
      at(
        ["realms", index, "usersDn"],
        directory.usersDn === undefined && {
          what: `nobody knows where the people of ${domain} are in the directory`,
          fix: "Give the realm its usersDn",
        },
      ),
    ),
  ({ realms, services: { ldap } }) =>
    realms.flatMap(({ people }, index) =>
      at(
        ["realms", index, "people"],
        !ldap.managed &&
          people.length > 0 && {
            what: "the directory is not the platform's: nobody is added to it",
            got: people.map(({ mail }) => mail),
            fix: "Leave the people, or the directory, out",
          },
      ),
    ),
];
