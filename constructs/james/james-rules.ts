import { dnsName } from "../../kit/dns-name";
import type { Rule } from "../terraform/rules";
import { capabilitySince, jamesCapabilities, oldestJames } from "./capabilities";
import {
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
import { isPropertyText } from "./properties";
import { isXmlText } from "./xml";

type Found = ReturnType<Rule<JamesConfig>["check"]>;

/** What must hold for a configuration before it is rendered. */
export const jamesRules: readonly Rule<JamesConfig>[] = [
  {
    prop: "version",
    check: ({ version }) =>
      version === undefined || /^3\.([89]|\d\d+)\.\d+/.test(version)
        ? undefined
        : {
            what: "not a release whose settings the kit knows",
            got: version,
            allowed: `${oldestJames} or later`,
          },
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
      badUrl(ldap.url, ["ldap:", "ldaps:"]) ??
      // James takes no default port.
      (new URL(ldap.url).port === ""
        ? { what: "the LDAP URL has no port", got: ldap.url, fix: "Write ldap://…:389 or ldaps://…:636." }
        : undefined) ??
      first(
        [
          ...[ldap.usersDn, ldap.bindDn, ldap.bindPassword.reveal()],
          ...[ldap.userObjectClass, ldap.mailAttribute, ldap.filter],
        ],
        (text) => notInXml(text ?? ""),
      ),
  },
  {
    prop: "ldap",
    check: ({ ldap, version = jamesDefaults.version }) =>
      ldap.ca !== undefined && !jamesCapabilities(version).kitExtension
        ? {
            what: "James alone trusts no other certificates than its image does",
            got: version,
            fix: "Leave ca out, or run a James of 3.8 with the kit's extension",
          }
        : undefined,
  },
  { prop: "oidc", check: ({ oidc }) => oidc && badOidc(oidc) },
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
    (protocol): Rule<JamesConfig> => ({ prop: protocol, check: (config) => badPort(config, protocol) }),
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
    check: ({ limits, heapMb = jamesMemory.defaultHeap }) => {
      const [found] = limitProblems(heapMb, limits);
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
    check: ({ sieve, oidc, version = jamesDefaults.version }) => {
      if (sieve === "off") return undefined;
      const { sieveOidc } = jamesCapabilities(version);
      if (sieve?.passwords === false && !(oidc && sieveOidc && sieve.oidc !== false)) {
        return {
          what: "nobody could log in: no passwords and no bearer tokens on ManageSieve",
          fix: 'Say sieve: "off", or take passwords.',
        };
      }
      if (sieve?.oidc !== true) return undefined;
      if (!oidc) return { what: "bearer tokens on ManageSieve need oidc", got: sieve.oidc };
      return sieveOidc ? undefined : lacks(version, "sieveOidc", "bearer tokens on ManageSieve");
    },
  },
  {
    prop: "webadmin",
    check: ({ webadmin, version = jamesDefaults.version }) => {
      if (webadmin === "off" || webadmin === undefined) return undefined;
      const { bind = "0.0.0.0", password } = webadmin;
      if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(bind)) {
        return { what: "not an IPv4 address", got: bind, allowed: "as 0.0.0.0 or 127.0.0.1" };
      }
      if (password === undefined) return undefined;
      if (!jamesCapabilities(version).webadminPassword) {
        return lacks(version, "webadminPassword", "a password on webadmin");
      }
      return badHeaderSecret(password.reveal());
    },
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

function badOidc(oidc: JamesOidc): Found {
  return (
    first([oidc.discoveryUrl, oidc.jwksUrl, oidc.introspectionUrl], (url) =>
      badUrl(url, ["http:", "https:"]),
    ) ??
    first([oidc.clientId, oidc.claim, oidc.scope, oidc.audience], (text) =>
      text?.trim() === ""
        ? { what: "an empty text", fix: "Leave it out for its default." }
        : notInXml(text ?? ""),
    )
  );
}

function badXUserSecret({ jmap, version = jamesDefaults.version }: JamesConfig): Found {
  if (jmap === "off") return undefined;
  const secret = jmap?.xUserSecret;
  if (!jamesCapabilities(version).xUserSecret) {
    return secret && lacks(version, "xUserSecret", "a secret for X-User");
  }
  return secret
    ? badHeaderSecret(secret.reveal())
    : {
        what: `James ${version} needs a secret for X-User, else everybody on its network may be anybody`,
        fix: "Set jmap.xUserSecret, and let the gateway send it as X-User-Secret.",
      };
}

function lacks(version: string, capability: Parameters<typeof capabilitySince>[0], what: string): Found {
  return {
    what: `James ${version} has no ${what} (capability ${capability})`,
    got: version,
    allowed: `${capabilitySince(capability)} or later`,
    fix: "Leave the setting out, or run a later James.",
  };
}

function badPort(config: JamesConfig, protocol: Protocol): Found {
  const ports = listeningPorts(config);
  const port = ports[protocol];
  if (port === undefined) return undefined;
  if (!isPort(port)) return notPort(port);
  const other = protocols.find((name) => name !== protocol && ports[name] === port);
  // The later of the two is told.
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

function badDnsName(name: string): Found {
  return dnsName.test(name)
    ? undefined
    : { what: "not a DNS name", got: name, allowed: "labels of a-z, 0-9 and - joined by dots" };
}

function badUrl(url: string, schemes: readonly string[]): Found {
  const allowed = `${schemes.join(" or ")} and a host`;
  if (!URL.canParse(url) || !schemes.includes(new URL(url).protocol) || new URL(url).hostname === "") {
    return { what: "not a URL that James can use", got: url, allowed };
  }
  return notInXml(url);
}

/** The text itself is not told: it may be a secret. */
function notInXml(text: string): Found {
  return isXmlText(text)
    ? undefined
    : { what: "James's files cannot hold the text", allowed: "no control characters, no ${" };
}

/** A secret that James reads from a file and is sent in a header. */
export const headerSecret = {
  holds: (secret: string) => isPropertyText(secret) && !secret.includes(","),
  allowed: 'visible ASCII without comma, backslash, double quote and "${"',
};

function badHeaderSecret(secret: string): Found {
  const { holds, allowed } = headerSecret;
  return holds(secret)
    ? undefined
    : { what: "the secret cannot be read from James's file or sent in a header", allowed };
}

function first<T>(values: readonly T[], check: (value: T) => Found): Found {
  return values.map(check).find((found) => found !== undefined);
}

function twice(values: readonly string[], what: string): Found {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  return repeated === undefined ? undefined : { what, got: repeated };
}
