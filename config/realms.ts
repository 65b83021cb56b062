import type { RealmRepresentation } from "../constructs/keycloak/realm-template";
import type { Environment } from "./environment";
import type { Settings } from "./settings";

/** A realm of an environment, with what is its alone. */
export interface EnvironmentRealm {
  /** In the issuer's URL. */
  readonly name: string;
  readonly template: RealmRepresentation;
  /** Mail domain of its people. */
  readonly domain: string;
  readonly hosts: { readonly gateway: string };
  readonly ports: Pick<Settings["ports"], "imap" | "smtp" | "sieve">;
  readonly clients: Settings["clients"];
  readonly people: Environment["people"];
  /** Before the names of its secrets: none for the first realm. */
  readonly secretPrefix: string;
}

/** Before the names of a further realm's secrets. */
export const secretPrefixOf = (realm: string) => `${realm}/`;

/** All realms of an environment: its own, then the further ones. */
export function realmsOf(environment: Environment): [EnvironmentRealm, ...EnvironmentRealm[]] {
  const { realm, realmTemplate, domain, hosts, ports, clients, people } = environment;
  return [
    { name: realm.name, template: realmTemplate, domain, hosts, ports, clients, people, secretPrefix: "" },
    ...environment.realms.map(({ realmTemplate: template, ...further }) => ({
      ...further,
      template,
      secretPrefix: secretPrefixOf(further.name),
    })),
  ];
}

/**
 * Ports that an environment publishes, by setting: `ports.imap`, `realms.0.ports.imap`.
 */
export function publishedPorts({ ports, realms }: Pick<Environment, "ports" | "realms">): [string, number][] {
  const sections = [ports, ...realms.map((realm) => realm.ports)].map(Object.entries<number | null>);
  return sections.flatMap((section, index) =>
    section.flatMap(([key, port]): [string, number][] =>
      port === null ? [] : [[`${index === 0 ? "" : `realms.${index - 1}.`}ports.${key}`, port]],
    ),
  );
}
