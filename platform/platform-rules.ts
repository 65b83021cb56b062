import { jamesCapabilities } from "../constructs/james/capabilities";
import { limitProblems } from "../constructs/james/james-limits";
import { jamesMemory } from "../constructs/james/james-memory";
import { builtInClients } from "../constructs/keycloak/representation/built-in-clients";
import { keycloakMemory } from "../constructs/keycloak/server/keycloak-memory";
import type { Problem } from "../kit/errors";
import { normalizeMailAddress } from "../kit/mail-address";
import { kitClients, type PlatformModel } from "./platform-model";

/** A place in a `PlatformSpec`, as `["realms", 0, "ports", "imap"]`. */
export type Path = readonly PropertyKey[];

/** Something wrong with a platform. */
export interface PlatformProblem extends Omit<Problem, "where"> {
  readonly path: Path;
}

/** What must hold for a platform. `say` tells a place in the words of whoever wrote it. */
type PlatformRule = (model: PlatformModel, say: (path: Path) => string) => PlatformProblem[];

/**
 * Everything wrong with a platform, at once.
 *
 * @param say what whoever wrote the platform calls a place. Default: `realms.0.ports.imap`
 */
export function platformProblems(
  model: PlatformModel,
  say: (path: Path) => string = (path) => path.join("."),
): PlatformProblem[] {
  return platformRules.flatMap((rule) => rule(model, say));
}

/** The rule, as of one place that is or is not right. */
const at = (path: Path, problem: Omit<PlatformProblem, "path"> | false): PlatformProblem[] =>
  problem ? [{ path, ...problem }] : [];

const gatewayRules: readonly PlatformRule[] = [
  ({ services: { gateway } }) =>
    at(
      ["gateway"],
      !gateway.hasImage && {
        what: "the image set has no APISIX: none can be built from package registries",
        got: gateway.kind,
        allowed: ["httpd"],
        fix: "Take httpd, or images of a registry",
      },
    ),
  ({ services: { gateway } }) =>
    at(
      ["revocation"],
      gateway.kind === "httpd" &&
        gateway.revocation !== "introspection" && {
          what: "httpd asks Keycloak about tokens and knows no other way",
          got: gateway.revocation,
          allowed: ["introspection"],
        },
    ),
  ({ services: { gateway } }) =>
    at(
      ["introspection", "intervalSeconds"],
      gateway.revocation !== "introspection" &&
        gateway.introspectionIntervalSeconds > 0 && {
          what: `nothing is introspected with revocation ${gateway.revocation}`,
          got: gateway.introspectionIntervalSeconds,
          fix: "Leave it out, or say revocation: introspection",
        },
    ),
];

const memoryRules: readonly PlatformRule[] = [
  ({ services: { keycloak } }) => {
    const { heapMb = keycloakMemory.defaultHeap } = keycloak.resources;
    const least = keycloakMemory.leastHeap[keycloak.image];
    return at(
      ["resources", "keycloak", "heapMb"],
      keycloak.managed &&
        heapMb < least && {
          what:
            keycloak.image === "registry"
              ? "too little: Keycloak of a registry prepares itself at its first start"
              : "too little for Keycloak",
          got: heapMb,
          allowed: `${least} or more`,
        },
    );
  },
  ({ services: { james, keycloak } }) =>
    [
      { service: "james", ...james, beside: jamesMemory.besideHeap, standard: jamesMemory.defaultHeap },
      {
        service: "keycloak",
        ...keycloak,
        beside: keycloakMemory.besideHeap[keycloak.image],
        standard: keycloakMemory.defaultHeap,
      },
    ].flatMap(({ service, managed, resources, beside, standard }) => {
      const { heapMb = standard, memoryMb = Number.POSITIVE_INFINITY } = resources;
      return at(
        ["resources", service, "memoryMb"],
        managed &&
          memoryMb < heapMb + beside && {
            what: `too little: its JVM needs ${beside} MiB beside its heap`,
            got: memoryMb,
            allowed: `${heapMb + beside} or more`,
          },
      );
    }),
  ({ services: { james } }) =>
    limitProblems(james.resources.heapMb ?? jamesMemory.defaultHeap, james.limits).map(
      ({ limit, ...problem }) => ({ path: ["limits", limit], ...problem }),
    ),
];

const realmRules: readonly PlatformRule[] = [
  ({ realms }, say) =>
    clashes(
      realms.flatMap(({ name, managed }, index) =>
        managed ? [{ value: name, path: ["realms", index, "name"] }] : [],
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

const externalRules: readonly PlatformRule[] = [
  ({ realms, services }) =>
    realms.flatMap(({ smokeUser, people, domain }, index) =>
      at(
        ["realms", index, "smokeUser"],
        !services.ldap.managed &&
          people.length === 0 &&
          smokeUser !== undefined &&
          !smokeUser.endsWith(`@${domain}`) && {
            what: "not in the mail domain",
            got: smokeUser,
            allowed: `an address that ends with @${domain}`,
          },
      ),
    ),
  ({ realms: [{ directory }], services: { ldap, james } }) =>
    ldap.managed
      ? []
      : [
          ...at(
            ["directory", "ca"],
            directory.ca !== undefined &&
              directory.url.startsWith("ldap:") && {
                what: "the connection has no TLS, so that no certificate is seen",
                got: directory.url,
                fix: "Write ldaps://, or leave ca out",
              },
          ),
          ...at(
            ["directory", "ca"],
            directory.ca !== undefined &&
              !jamesCapabilities(james.release).kitExtension && {
                what: "James alone trusts no other certificates than its image does",
                got: james.release,
                fix: "Run a James of 3.8, which has the kit's extension, or leave ca out",
              },
          ),
          ...at(
            ["directory", "filter"],
            directory.filter !== undefined &&
              !/^\(.*\)$/s.test(directory.filter) && {
                what: "not an LDAP filter in parentheses",
                got: directory.filter,
                allowed: "as (memberOf=cn=mail,ou=groups,dc=example,dc=org)",
              },
          ),
        ],
  // Containers would find the kit's own by that name.
  ({ services, realms }, say) =>
    (
      [
        ["ldap", ["directory", "url"]],
        ["redis", ["redis", "host"]],
      ] as const
    ).flatMap(([service, path]) => {
      const { managed, host } = services[service];
      const own = [
        ...(["keycloak", "james", "ldap", "redis"] as const)
          .filter((other) => services[other].managed && services[other].host === host)
          .map((other): Path => ["hosts", other]),
        ...realms.flatMap(({ gateway }, index): Path[] =>
          gateway.host === host ? [["realms", index, "hosts", "gateway"]] : [],
        ),
      ];
      return at(
        path,
        !managed &&
          own[0] !== undefined && {
            what: `${say(own[0])} has the name already: containers would find the kit's own service`,
            got: host,
            fix: "Choose another name there",
          },
      );
    }),
];

/** Names of a realm's `clients.others` that are others' already. */
const clientNames: PlatformRule = ({ realms }, say) =>
  realms.flatMap(({ clients, template }, realm) => {
    const taken = (owner: string) => `the name is taken: ${owner}`;
    const owners = new Map<string, string>([
      ...[...builtInClients].map((name) => [name, taken("Keycloak's own")] as const),
      ...(template?.clients ?? []).map(
        ({ clientId = "" }) => [clientId, taken("a client of the realm template")] as const,
      ),
      ...["oidc", "james-thunderbird", "james", "kit-smoke"].map(
        (name) => [name, taken("the kit's own")] as const,
      ),
    ]);
    return clients.others.flatMap(({ name }, index) => {
      const path = ["realms", realm, "clients", "others", index];
      const what = owners.get(name);
      owners.set(name, `${say(path)} has this name`);
      return at([...path, "name"], what !== undefined && { what, got: name, fix: "Choose another name" });
    });
  });

/** Clients of a template whose logouts the gateway would not hear of, though it takes their tokens. */
const unheardLogouts: PlatformRule = ({ realms }) =>
  realms.flatMap(({ template = {}, backchannelLogoutUrl, loginClients }, index) =>
    (template.clients ?? []).flatMap(({ clientId = "", attributes }) => {
      if (kitClients.includes(clientId) || !loginClients.includes(clientId)) return [];
      const told = attributes?.["backchannel.logout.url"];
      return at(
        ["realms", index, "template"],
        backchannelLogoutUrl !== undefined &&
          told &&
          told !== backchannelLogoutUrl && {
            what: `James and the gateway take tokens of client ${clientId}, which tells its logouts elsewhere: they would be good after a logout`,
            got: told,
            allowed: backchannelLogoutUrl,
            fix: "Say revocation: introspection, or take james out of the audience of its tokens",
          },
      );
    }),
  );

const platformRules: readonly PlatformRule[] = [
  unheardLogouts,
  ...gatewayRules,
  ...realmRules,
  ...externalRules,
  clientNames,
  ...memoryRules,
];

/** Values that must differ; the later ones are told. */
function clashes(
  settings: readonly { readonly value: unknown; readonly path: Path }[],
  say: (path: Path) => string,
): PlatformProblem[] {
  const owners = new Map<unknown, Path>();
  return settings.flatMap(({ value, path }) => {
    const owner = owners.get(value);
    owners.set(value, path);
    return at(path, owner !== undefined && { what: `${say(owner)} has it already`, got: value });
  });
}
