import { capabilitySince, jamesCapabilities } from "../../constructs/james/capabilities";
import { directoryUrls } from "../../constructs/ldap/directory-urls";
import { isFilter } from "../../constructs/ldap/filter";
import { databaseNameProblem } from "../../constructs/postgres/database-name";
import { redisProblems } from "../../constructs/redis/redis-rules";
import { certificateProblems } from "../../constructs/workload/certificate-problems";
import { hostsOf } from "../../kit/web-url";
import { endpointOf } from "../model/endpoint";
import type { PlatformModel } from "../model/platform-model";
import { at, type Path, type PlatformRule } from "./rule";

const usesPostgres = ({ postgres }: PlatformModel["services"]) => Object.keys(postgres.databases).length > 0;

export const externalRules: readonly PlatformRule[] = [
  ({ realms, services }) =>
    realms.flatMap(({ smokeUser, people, domain, provision }, index) => [
      ...at(
        ["realms", index, "smokeUser"],
        smokeUser !== undefined &&
          !smokeUser.endsWith(`@${domain}`) &&
          !people.some(({ mail }) => mail === smokeUser) && {
            what: "not in the mail domain",
            got: smokeUser,
            allowed: `an address that ends with @${domain}`,
          },
      ),
      ...at(
        ["realms", index, "smokeUser"],
        smokeUser?.endsWith(`@${domain}`) === true &&
          services.ldap.managed &&
          provision === "realm" &&
          !people.some(({ mail }) => mail === smokeUser) && {
            what: "not one of the people, so nobody knows a password",
            got: smokeUser,
            allowed: people.map(({ mail }) => mail),
          },
      ),
    ]),
  ({ realms, services: { james } }) =>
    jamesCapabilities(james.release).kitExtension
      ? []
      : realms.flatMap(({ existing, oidc: { provider, introspectionUrl, ca } }, index) =>
          at(
            existing ? ["realms", index, "existing"] : ["keycloak", "ca"],
            (provider === "other" || introspectionUrl === undefined || ca !== undefined) && {
              what:
                ca === undefined || provider === "other"
                  ? "James alone takes a token that was given to whatever application"
                  : "James alone trusts no other certificates than its image does",
              got: james.release,
              fix: "Run a James of 3.8, which has the kit's extension",
            },
          ),
        ),
  ({ realms, services: { gateway } }) =>
    at(
      ["introspection", "intervalSeconds"],
      gateway.kind === "httpd" &&
        gateway.introspectionIntervalSeconds > 0 &&
        realms.some(({ oidc: { provider } }) => provider === "other") && {
          what: "httpd keeps no answers of another provider than Keycloak",
          got: gateway.introspectionIntervalSeconds,
          allowed: "0: it is asked at every request",
        },
    ),
  ({ realms: [{ directory }], services: { ldap, james } }) =>
    ldap.managed
      ? []
      : [
          ...at(
            ["directory", "furtherUrls"],
            new Set(directoryUrls(directory).map((url) => url.split(":")[0])).size > 1 && {
              what: "some servers have TLS and some have none: what one protects another would tell",
              got: directoryUrls(directory),
              allowed: "ldaps:// everywhere, or ldap:// everywhere",
            },
          ),
          ...at(
            ["directory", "furtherUrls"],
            (directory.furtherUrls ?? []).length > 0 &&
              !jamesCapabilities(james.release).ldapServers && {
                what: `James ${james.release.version} knows one server of a directory`,
                got: directory.furtherUrls,
                allowed: `${capabilitySince("ldapServers")} or later, or 3.8 with the kit's extension`,
                fix: "Leave furtherUrls out, or run such a James",
              },
          ),
          ...at(
            ["directory", "startTls"],
            directory.startTls === true &&
              directory.url.startsWith("ldaps:") && {
                what: "a connection to ldaps:// has TLS from its beginning",
                got: directory.url,
                fix: "Write ldap://, or leave startTls out",
              },
          ),
          ...at(
            ["directory", "startTls"],
            directory.startTls === true &&
              !jamesCapabilities(james.release).kitExtension && {
                what: "James alone has no StartTLS",
                got: james.release,
                fix: "Write ldaps://, or run a James of 3.8, which has the kit's extension",
              },
          ),
          ...at(
            ["directory", "ca"],
            directory.ca !== undefined &&
              directory.url.startsWith("ldap:") &&
              !directory.startTls && {
                what: "the connection has no TLS, so that no certificate is seen",
                got: directory.url,
                fix: "Write ldaps://, say startTls: true, or leave ca out",
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
              !isFilter(directory.filter) && {
                what: "not one LDAP filter in parentheses",
                got: directory.filter,
                allowed: "as (memberOf=cn=mail,ou=groups,dc=example,dc=org)",
              },
          ),
        ],
  ({ services: { redis } }) =>
    redis.managed
      ? []
      : redisProblems(redis).map(({ prop, ...problem }) => ({ path: ["redis", prop], ...problem })),
  ({ services }) =>
    usesPostgres(services) && !services.postgres.managed
      ? [
          ...certificateProblems(services.postgres).map(({ prop, ...problem }) => ({
            path: ["postgres", prop],
            ...problem,
          })),
          ...Object.entries(services.postgres.databases).flatMap(([user, names]) =>
            Object.values(names).flatMap((name) =>
              at(["postgres", user], databaseNameProblem(name) ?? false),
            ),
          ),
        ]
      : [],
  ({ services: { redis, gateway } }) => {
    const unable = (user: string, fix: string) => [
      ...at(
        redis.managed ? ["tls", "internal"] : ["redis", "tls"],
        redis.tls === true && { what: `${user} knows no TLS to Redis`, fix },
      ),
      ...at(
        ["redis", "user"],
        redis.user !== undefined && { what: `${user} logs in to Redis as no user`, got: redis.user, fix },
      ),
    ];
    if (gateway.kind === "httpd" && gateway.introspectionIntervalSeconds > 0) {
      return unable(
        "httpd's OAuth 2.0 module",
        "Say introspection.intervalSeconds: 0: httpd then keeps nothing there",
      );
    }
    return gateway.revocation === "linagora-java-plugin"
      ? unable("the Java plugin", "Say revocation: redis, with an APISIX of its own project")
      : [];
  },
  ({ realms, services: { keycloak } }) =>
    realms.flatMap(({ existing, oidc: { ca, discoveryUrl, jwksUrl, introspectionUrl = "" } }, index) =>
      at(
        existing ? ["realms", index, "existing", "ca"] : ["keycloak", "ca"],
        ca !== undefined &&
          (existing || (!keycloak.managed && index === 0)) &&
          ![discoveryUrl, jwksUrl, introspectionUrl].some((url) => url.startsWith("https:")) && {
            what: "the connection has no TLS, so that no certificate is seen",
            got: discoveryUrl,
            fix: "Write https://, or leave ca out",
          },
      ),
    ),
  ({ realms, services: { gateway } }) =>
    realms.flatMap(({ oidc: { provider } }, index) =>
      at(
        ["realms", index, "existing"],
        provider === "other" &&
          gateway.revocation === "linagora-java-plugin" && {
            what: "the Java plugin knows logouts of Keycloak alone",
            got: gateway.revocation,
            fix: "Say revocation: introspection",
          },
      ),
    ),
  ({ realms }) =>
    realms.flatMap(({ existing, oidc }, index) =>
      (["jwksUrl", "introspectionUrl"] as const).flatMap((key) =>
        at(
          ["realms", index, "existing", key],
          existing &&
            oidc.issuer.startsWith("https:") &&
            oidc[key]?.startsWith("http:") === true && {
              what: "without TLS anybody on the way could answer for the provider",
              got: oidc[key],
              allowed: "https, as the issuer",
            },
        ),
      ),
    ),
  // Containers would find the kit's own by that name, or themselves.
  ({ services, realms }, say) =>
    [
      ...(services.keycloak.managed || realms.every(({ existing }) => existing)
        ? []
        : [{ host: services.keycloak.host, path: ["keycloak", "url"] }]),
      ...(services.ldap.managed
        ? []
        : directoryUrls(realms[0].directory).flatMap((url, index) =>
            hostsOf(url).map((host) => ({
              host,
              path: ["directory", ...(index === 0 ? ["url"] : ["furtherUrls", index - 1])],
            })),
          )),
      ...(services.redis.managed ? [] : [{ host: services.redis.host, path: ["redis", "host"] }]),
      ...(usesPostgres(services) && !services.postgres.managed
        ? [{ host: services.postgres.host, path: ["postgres", "host"] }]
        : []),
      ...realms.flatMap(({ existing, oidc }, index) =>
        existing ? [{ host: endpointOf(oidc.issuer).host, path: ["realms", index, "existing"] }] : [],
      ),
    ].flatMap(({ host, path }) => {
      const own = [
        ...(["keycloak", "james", "ldap", "redis", "postgres"] as const)
          .filter((other) => services[other].managed && services[other].host === host)
          .map((other): Path => ["hosts", other]),
        ...realms.flatMap(({ gateway }, index): Path[] =>
          gateway.host === host ? [["realms", index, "hosts", "gateway"]] : [],
        ),
      ];
      if (/^(localhost|127\.[\d.]+|\[::1\])$/.test(host)) {
        return at(path, {
          what: "containers would look for it in themselves",
          got: host,
          fix: "Write a name or an address by which containers, too, reach this machine",
        });
      }
      return at(
        path,
        own[0] !== undefined && {
          what: `${say(own[0])} has the name already: containers would find the kit's own service`,
          got: host,
          fix: "Choose another name there",
        },
      );
    }),
];
