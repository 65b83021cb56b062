import { dnsName } from "../../kit/dns-name";
import { isXmlText } from "../../kit/xml";
import { directoryUrls } from "../ldap/directory-urls";
import type { Rule } from "../terraform/rules";
import { trustedProxyProblem } from "../workload/trusted-proxy";
import { capabilitySince, jamesCapabilities, oldestJames } from "./capabilities";
import {
  everyCertificate,
  everyOidc,
  type JamesConfig,
  type JamesOidc,
  jamesDefaults,
  listenersOf,
  listeningPorts,
  loginProtocols,
  type Protocol,
  protocols,
} from "./james-config";
import { limitProblems } from "./james-limits";
import { jamesMemory } from "./james-memory";
import type { JamesRelease } from "./james-release";
import { isPropertyText } from "./properties";

type RuleProblem = ReturnType<Rule<JamesConfig>["check"]>;

/** For what James alone cannot do. */
const needsExtensionFor = (
  prop: Rule<JamesConfig>["prop"],
  isUsed: (config: JamesConfig) => boolean,
  problem: { readonly what: string; readonly fix: string },
): Rule<JamesConfig> => ({
  prop,
  check: (config) => {
    const { release = jamesDefaults.release } = config;
    return isUsed(config) && !jamesCapabilities(release).kitExtension
      ? { what: problem.what, got: release, fix: problem.fix }
      : undefined;
  },
});

/** What must hold for a configuration before it is rendered. */
export const jamesRules: readonly Rule<JamesConfig>[] = [
  {
    prop: "release",
    check: ({ release = jamesDefaults.release }) =>
      /^3\.([89]|\d\d+)\.\d+/.test(release.version)
        ? undefined
        : {
            what: "not a release whose settings the kit knows",
            got: release,
            allowed: `${oldestJames} or later`,
          },
  },
  {
    prop: "database",
    check: ({ database, release = jamesDefaults.release }) => {
      if ((release.flavour === "postgres") === (database !== undefined)) return undefined;
      return database
        ? { what: "this James keeps nothing in PostgreSQL", got: release, allowed: "flavour postgres" }
        : { what: "this James keeps mail in PostgreSQL, and has no database", got: release };
    },
  },
  {
    prop: "database",
    check: ({ database }) =>
      database && !headerSecret.holds(database.password.reveal())
        ? { what: "its password cannot be read from James's file", allowed: headerSecret.allowed }
        : undefined,
  },
  {
    prop: "home",
    check: ({ home }) =>
      home === undefined || /^(\/[\w.-]+)+$/.test(home)
        ? undefined
        : { what: "not an absolute path of plain names", got: home, allowed: "as /opt/james" },
  },
  { prop: "host", check: ({ host }) => (host === undefined ? undefined : badDnsName(host)) },
  {
    prop: "domains",
    check: ({ domains, realms = [] }) =>
      domains.length === 0
        ? { what: "James needs a mail domain", got: domains, allowed: "at least one" }
        : (first(domains, badDnsName) ??
          twice([...domains, ...realms.map(({ domain }) => domain)], "the domain is there twice")),
  },
  {
    prop: "ldap",
    check: ({ ldap }) =>
      first(
        directoryUrls(ldap),
        (url) =>
          badUrl(url, ["ldap:", "ldaps:"]) ??
          // James takes no default port.
          (new URL(url).port === ""
            ? { what: "the LDAP URL has no port", got: url, fix: "Write ldap://…:389 or ldaps://…:636." }
            : undefined),
      ) ??
      first(
        [
          ...[ldap.usersDn, ldap.bindDn, ldap.bindPassword.reveal()],
          ...[ldap.userObjectClass, ldap.mailAttribute, ldap.filter],
        ],
        (text) => notInXml(text ?? ""),
      ),
  },
  needsExtensionFor("ldap", ({ ldap }) => ldap.ca !== undefined, {
    what: "James alone trusts no other certificates than its image does",
    fix: "Leave ca out, or run a James with the kit's extension",
  }),
  needsExtensionFor("ldap", ({ ldap }) => ldap.startTls === true, {
    what: "James alone has no StartTLS",
    fix: "Write ldaps://, or run a James with the kit's extension",
  }),
  {
    prop: "ldap",
    check: ({ ldap: { furtherUrls = [] }, release = jamesDefaults.release }) =>
      furtherUrls.length > 0 && !jamesCapabilities(release).ldapServers
        ? lacks(release, "ldapServers", "fail-over to a further server of the directory")
        : undefined,
  },
  { prop: "oidc", check: ({ oidc }) => oidc && badOidc(oidc) },
  {
    prop: "oidc",
    check: ({ release = jamesDefaults.release, ...config }) => {
      if (jamesCapabilities(release).kitExtension) return undefined;
      const wrong = everyOidc(config)
        .map(needsExtension)
        .find((why) => why !== undefined);
      return wrong === undefined
        ? undefined
        : { what: wrong, got: release, fix: "Run a James with the kit's extension" };
    },
  },
  {
    prop: "realms",
    check: (config) => {
      const settings = new Map<string, string>();
      return first(everyOidc(config), (oidc) => {
        const { issuer, provider, audience, ca } = oidc;
        const text = JSON.stringify([issuer, provider, audience, ca]);
        const other = settings.get(oidc.discoveryUrl) ?? text;
        settings.set(oidc.discoveryUrl, text);
        return other === text
          ? undefined
          : { what: "two realms have one provider, and read its tokens otherwise", got: oidc.discoveryUrl };
      });
    },
  },
  { prop: "realms", check: ({ realms = [] }) => first(realms, ({ oidc }) => badOidc(oidc)) },
  { prop: "realms", check: ({ realms = [] }) => first(realms, ({ usersDn }) => notInXml(usersDn)) },
  {
    prop: "realms",
    check: ({ realms = [] }) =>
      first(
        realms,
        ({ domain }) =>
          badDnsName(domain) ??
          // Labels become names of XML elements.
          (/(^|\.)\d/.test(domain)
            ? {
                what: "James cannot be told where the people of a domain are whose label begins with a digit",
                got: domain,
                fix: "Make it the first domain",
              }
            : undefined),
      ),
  },
  ...protocols.map(
    (protocol): Rule<JamesConfig> => ({
      prop: protocol === "imaps" || protocol === "submissions" ? "tls" : protocol,
      check: (config) => badPort(config, protocol),
    }),
  ),
  {
    prop: "realms",
    check: (config) => {
      const further = loginProtocols.flatMap((protocol) => listenersOf(config, protocol).slice(1));
      const ports = [...Object.values(listeningPorts(config)), ...further.map(({ port }) => port)];
      const wrong = ports.find((port) => !isPort(port));
      return wrong !== undefined && further.some(({ port }) => port === wrong)
        ? notPort(wrong)
        : further.length > 0 && new Set(ports).size < ports.length
          ? {
              what: "a realm's listener has the port of another",
              got: ports,
              fix: "Choose ports that differ",
            }
          : undefined;
    },
  },
  { prop: "jmap", check: badXUserSecret },
  {
    prop: "limits",
    check: ({ limits, database, heapMb = jamesMemory.defaultHeap }) => {
      const [found] = limitProblems(heapMb, limits, database === undefined);
      return found && { ...found, what: `${found.limit}: ${found.what}` };
    },
  },
  ...(["imap", "smtp"] as const).map(
    (protocol): Rule<JamesConfig> => ({
      prop: protocol,
      check: ({ [protocol]: listener, oidc }) =>
        listener !== "off" && listener?.passwords === false && !oidc
          ? { what: "nobody could log in: no passwords and no oidc", fix: "Set oidc, or take passwords." }
          : undefined,
    }),
  ),
  {
    prop: "sieve",
    check: ({ sieve, oidc, release = jamesDefaults.release }) => {
      if (sieve === "off") return undefined;
      const { sieveOidc } = jamesCapabilities(release);
      if (sieve?.passwords === false && !(oidc && sieveOidc && sieve.oidc !== false)) {
        return {
          what: "nobody could log in: no passwords and no bearer tokens on ManageSieve",
          fix: 'Say sieve: "off", or take passwords.',
        };
      }
      if (sieve?.oidc !== true) return undefined;
      if (!oidc) return { what: "bearer tokens on ManageSieve need oidc", got: sieve.oidc };
      return sieveOidc ? undefined : lacks(release, "sieveOidc", "bearer tokens on ManageSieve");
    },
  },
  {
    prop: "webadmin",
    check: ({ webadmin, release = jamesDefaults.release }) => {
      if (webadmin === "off" || webadmin === undefined) return undefined;
      const { bind = "0.0.0.0", password } = webadmin;
      if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(bind)) {
        return { what: "not an IPv4 address", got: bind, allowed: "as 0.0.0.0 or 127.0.0.1" };
      }
      if (password === undefined) return undefined;
      if (!jamesCapabilities(release).webadminPassword) {
        return lacks(release, "webadminPassword", "a password on webadmin");
      }
      return badHeaderSecret(password.reveal());
    },
  },
  needsExtensionFor("tls", ({ tls }) => tls !== undefined, {
    what: "James alone takes passwords and tokens before STARTTLS, on SMTP and ManageSieve",
    fix: "Run a James with the kit's extension, or let a proxy end TLS and publish no port of James",
  }),
  {
    prop: "tls",
    check: (config) =>
      first(
        everyCertificate(config).flatMap(({ chainFile, keyFile }) => [chainFile, keyFile]),
        (path) =>
          /^(\/[\w.-]+)+$/.test(path)
            ? undefined
            : {
                what: "not an absolute path of plain names",
                got: path,
                allowed: "as /run/certificates/chain.pem",
              },
      ),
  },
  {
    prop: "realms",
    check: ({ tls, realms = [] }) => {
      const wrong = realms.find((realm) => realm.tls !== undefined && tls === undefined);
      return (
        wrong && {
          what: "a realm has TLS, and the first one none",
          got: wrong.domain,
          fix: "Set tls, which is on for all realms or for none.",
        }
      );
    },
  },
  ...(["imap", "smtp"] as const).map(
    (protocol): Rule<JamesConfig> => ({
      prop: protocol,
      check: ({ [protocol]: listener, tls }) =>
        tls && listener !== "off" && listener?.cleartextLogins === true
          ? {
              what: "with tls nobody logs in over a connection without TLS",
              got: listener.cleartextLogins,
              fix: "Leave cleartextLogins or tls out.",
            }
          : undefined,
    }),
  ),
  needsExtensionFor("proxy", ({ proxy }) => proxy !== undefined, {
    what: "James alone believes everybody who says by the PROXY protocol where he comes from",
    fix: "Leave proxy out, or run a James with the kit's extension",
  }),
  {
    prop: "proxy",
    check: ({ proxy }) =>
      proxy === undefined || proxy.protocol === "proxy-v2"
        ? undefined
        : {
            what: "IMAP, SMTP and ManageSieve have no X-Forwarded-For",
            got: proxy.protocol,
            allowed: "proxy-v2",
            fix: "Leave proxy out: they are then reached directly.",
          },
  },
  {
    prop: "proxy",
    check: ({ proxy }) => proxy && trustedProxyProblem(proxy),
  },
  {
    prop: "remoteDelivery",
    check: ({ remoteDelivery }) =>
      typeof remoteDelivery === "object"
        ? (badDnsName(remoteDelivery.host) ??
          (isPort(remoteDelivery.port) ? undefined : notPort(remoteDelivery.port)))
        : undefined,
  },
];

/** What James alone cannot do with a provider. */
function needsExtension({ provider, introspectionUrl, ca }: JamesOidc): string | undefined {
  if (provider === "other")
    return "James alone takes a token that another provider than Keycloak gave for whatever application";
  if (introspectionUrl === undefined)
    return "James alone takes every token of a realm that it does not introspect";
  return ca === undefined ? undefined : "James alone trusts no other certificates than its image does";
}

function badOidc(oidc: JamesOidc): RuleProblem {
  return (
    first([oidc.discoveryUrl, oidc.jwksUrl, oidc.introspectionUrl], (url) =>
      url === undefined ? undefined : badUrl(url, ["http:", "https:"]),
    ) ??
    first([oidc.clientId, oidc.claim, oidc.scope, oidc.audience, oidc.issuer], (text) =>
      text?.trim() === ""
        ? { what: "an empty text", fix: "Leave it out for its default." }
        : notInXml(text ?? ""),
    )
  );
}

function badXUserSecret({ jmap, release = jamesDefaults.release }: JamesConfig): RuleProblem {
  if (jmap === "off") return undefined;
  const secret = jmap?.xUserSecret;
  if (!jamesCapabilities(release).xUserSecret) {
    return secret && lacks(release, "xUserSecret", "a secret for X-User");
  }
  return secret
    ? badHeaderSecret(secret.reveal())
    : {
        what: `James ${release.version} needs a secret for X-User, else everybody on its network may be anybody`,
        fix: "Set jmap.xUserSecret, and let the gateway send it as X-User-Secret.",
      };
}

function lacks(
  release: JamesRelease,
  capability: Parameters<typeof capabilitySince>[0],
  what: string,
): RuleProblem {
  return {
    what: `James ${release.version} has no ${what} (capability ${capability})`,
    got: release,
    allowed: `${capabilitySince(capability)} or later`,
    fix: "Leave the setting out, or run a later James.",
  };
}

function badPort(config: JamesConfig, protocol: Protocol): RuleProblem {
  const ports = listeningPorts(config);
  const port = ports[protocol];
  if (port === undefined) return undefined;
  if (!isPort(port)) return notPort(port);
  const other = protocols.find((name) => name !== protocol && ports[name] === port);
  // Reported once, at the later of the two protocols.
  return other !== undefined && protocols.indexOf(other) < protocols.indexOf(protocol)
    ? { what: `${protocol} and ${other} listen on the same port`, got: port }
    : undefined;
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

export function notPort(port: number) {
  return { what: "not a port", got: port, allowed: "1 to 65535" };
}

function badDnsName(name: string): RuleProblem {
  return dnsName.test(name)
    ? undefined
    : { what: "not a DNS name", got: name, allowed: "labels of a-z, 0-9 and - joined by dots" };
}

function badUrl(url: string, schemes: readonly string[]): RuleProblem {
  const allowed = `${schemes.join(" or ")} and a host`;
  if (!URL.canParse(url) || !schemes.includes(new URL(url).protocol) || new URL(url).hostname === "") {
    return { what: "not a URL that James can use", got: url, allowed };
  }
  return notInXml(url);
}

/** The message leaves the text out: it may be a secret. */
function notInXml(text: string): RuleProblem {
  return isXmlText(text)
    ? undefined
    : { what: "James's files cannot hold the text", allowed: "no control characters, no ${" };
}

/** A secret that James reads from a file and is sent in a header. */
export const headerSecret = {
  holds: (secret: string) => isPropertyText(secret) && !secret.includes(","),
  allowed: 'visible ASCII without comma, backslash, double quote and "${"',
};

function badHeaderSecret(secret: string): RuleProblem {
  const { holds, allowed } = headerSecret;
  return holds(secret)
    ? undefined
    : { what: "the secret cannot be read from James's file or sent in a header", allowed };
}

function first<T>(values: readonly T[], check: (value: T) => RuleProblem): RuleProblem {
  return values.map(check).find((found) => found !== undefined);
}

function twice(values: readonly string[], what: string): RuleProblem {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  return repeated === undefined ? undefined : { what, got: repeated };
}
