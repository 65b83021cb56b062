import { createHash } from "node:crypto";
import { Construct } from "constructs";
import { hasControlCharacter } from "../../kit/control-character";
import { isMailAddress, mailAddressForm, normalizeMailAddress } from "../../kit/mail-address";
import { checkProps, type Rule } from "../terraform/rules";
import { HealthCheck } from "../workload/health-check";
import type { Image } from "../workload/image";
import { type ContainerLimits, limitsOf } from "../workload/limits";
import type { Secret } from "../workload/secret";
import type { InternalTls } from "../workload/server-certificate";
import { type Engine, Workload } from "../workload/workload";
import type { DirectoryPeople } from "./directory-people";
import { type LdifEntry, normalizeDn, renderLdif } from "./ldif";
import { directoryAt, domainSuffix, furtherPeopleDn, peopleDn } from "./naming";
import { type Person, personEntry } from "./person";
import { renderSlapd } from "./slapd-configuration";

/** How to reach an LDAP directory of people: the kit's own or an existing one. */
export interface ILdapDirectory extends DirectoryPeople {
  /** `ldap://host:port` or `ldaps://…` */
  readonly url: string;
  /** Further servers of the same directory, asked in this order when those before do not answer. @default none */
  readonly furtherUrls?: readonly string[];
  /** Where people are, e.g. `ou=people,dc=localhost`. */
  readonly usersDn: string;
  /** Who searches, and with which password. */
  readonly bindDn: string;
  readonly bindPassword: Secret;
  /** Whether a connection to `ldap:` goes on with TLS before anything is said on it (StartTLS). @default false */
  readonly startTls?: boolean;
  /** Certificates in PEM of which the server's must be, where there is TLS. @default those that the images trust */
  readonly ca?: string;
}

/** The people of one mail domain of a directory. */
export interface LdapDomainProps {
  readonly domain: string;
  readonly people: readonly Person[];
}

export interface LdapDirectoryProps extends ContainerLimits {
  readonly engine: Engine;
  readonly image: Image;
  /** The organization's domain; `example.com` gives the suffix `dc=example,dc=com`. */
  readonly domain: string;
  readonly adminPassword: Secret;
  readonly people: readonly Person[];
  /** Further entries, parents first, as of `parseLdif`. @default none */
  readonly entries?: readonly LdifEntry[];
  /** DNS name on the environment's network. @default "ldap.example.com" */
  readonly host?: string;
  /** LDAPS, port 636, and nothing else for others. @default none: they come in clear, by port 389 */
  readonly tls?: InternalTls;
}

/**
 * An OpenLDAP whose content is what the code says: the database is built from it at each start and is read-only, so
 * it has no volume and a changed entry is a new container.
 */
export class LdapDirectory extends Construct implements ILdapDirectory {
  /** Where its container has its content. */
  static readonly ldifPath = "/etc/ldap/kit/directory.ldif";

  readonly url: string;
  readonly usersDn: string;
  readonly bindDn: string;
  readonly bindPassword: Secret;
  readonly ca?: string;
  readonly service: Workload;
  readonly #props: LdapDirectoryProps;
  readonly #domains: LdapDomainProps[] = [];

  constructor(scope: Construct, id: string, props: LdapDirectoryProps) {
    super(scope, id);
    checkProps(this, props, rules);
    this.#props = props;
    const host = props.host ?? "ldap.example.com";
    const suffix = domainSuffix(props.domain);
    const { tls } = props;
    const { url, usersDn, bindDn } = directoryAt(host, props.domain, { tls: tls !== undefined });
    if (tls) this.ca = tls.ca;
    this.url = url;
    this.usersDn = usersDn;
    this.bindDn = bindDn;
    this.bindPassword = props.adminPassword;
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "ldap",
      image: props.image,
      aliases: [host],
      files: () => [
        { path: "/etc/ldap/kit/slapd.conf", content: renderSlapd(suffix, this, tls), secret: true },
        {
          path: LdapDirectory.ldifPath,
          content: renderLdif(directoryEntries(props, this.#domains)),
          secret: true,
        },
        { path: "/etc/ldap/kit/password", content: props.adminPassword.reveal(), secret: true },
      ],
      ...(tls && { volumes: [tls.certificate.volume] }),
      healthCheck: HealthCheck.script(
        `ldapwhoami -x -H ldap://127.0.0.1 -D '${this.bindDn}' -y /etc/ldap/kit/password | grep -q dn:`,
      ),
      ...limitsOf(props),
    });
  }

  /**
   * A further mail domain in the same database; may come until synthesis. Its people are below an entry of their own,
   * beside those of the first domain: who looks below `usersDn` of the one does not see the other.
   *
   * @throws KitError when a domain or a person is there already
   */
  addDomain(domain: string, people: readonly Person[]): LdapDomain {
    checkProps(this, { ...this.#props, domains: [...this.#domains, { domain, people }] }, domainRules);
    this.#domains.push({ domain, people });
    return new LdapDomain(this, furtherPeopleDn(domain, this.#props.domain));
  }
}

/** The people of a further domain of a directory. */
export class LdapDomain implements ILdapDirectory {
  readonly url: string;
  readonly bindDn: string;
  readonly bindPassword: Secret;
  readonly ca?: string;

  constructor(
    directory: ILdapDirectory,
    readonly usersDn: string,
  ) {
    this.url = directory.url;
    this.bindDn = directory.bindDn;
    this.bindPassword = directory.bindPassword;
    if (directory.ca !== undefined) this.ca = directory.ca;
  }
}

const rules: Rule<LdapDirectoryProps>[] = [
  {
    prop: "adminPassword",
    check: ({ adminPassword }) =>
      hasControlCharacter(adminPassword.reveal())
        ? { what: "a password cannot hold a line break or another control character" }
        : undefined,
  },
  {
    prop: "domain",
    check: ({ domain }) => notDomain(domain),
  },
  { prop: "people", check: ({ people }) => badAddress(people) },
  {
    prop: "entries",
    check: (props) => {
      const dns = directoryEntries(props).map(({ dn }) => normalizeDn(dn));
      const twice = dns.filter((dn, index) => dns.indexOf(dn) !== index);
      if (twice.length > 0) return { what: "an entry is there twice", got: twice };
      const orphans = dns.filter((dn, index) => index > 0 && !dns.slice(0, index).includes(parentDn(dn)));
      return orphans.length > 0
        ? {
            what: "entries have no parent before them",
            got: orphans,
            allowed: `entries below ${domainSuffix(props.domain)}, parents first`,
          }
        : undefined;
    },
  },
];

const domainRules: Rule<LdapDirectoryProps & { readonly domains: readonly LdapDomainProps[] }>[] = [
  { prop: "domains", check: ({ domains }) => domains.map(({ domain }) => notDomain(domain)).find(Boolean) },
  {
    prop: "domains",
    check: ({ domain, domains }) => {
      const names = [domain, ...domains.map((one) => one.domain)];
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      return twice === undefined ? undefined : { what: "the domain is there twice", got: twice };
    },
  },
  {
    prop: "people",
    check: ({ people, domains }) => badAddress([...people, ...domains.flatMap((one) => one.people)]),
  },
  {
    prop: "entries",
    check: ({ domains, ...props }) => {
      const dns = directoryEntries(props, domains).map(({ dn }) => normalizeDn(dn));
      const twice = dns.filter((dn, index) => dns.indexOf(dn) !== index);
      return twice.length > 0 ? { what: "an entry is there twice", got: twice } : undefined;
    },
  },
];

function notDomain(domain: string) {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)
    ? undefined
    : { what: "not a domain name", got: domain, allowed: "labels of a-z, 0-9 and - joined by dots" };
}

function badAddress(people: readonly Person[]) {
  const wrong = people.find(({ mail }) => !isMailAddress(mail));
  if (wrong)
    return { what: "not a mail address that works everywhere", got: wrong.mail, allowed: mailAddressForm };
  const addresses = people.map(({ mail }) => normalizeMailAddress(mail));
  const twice = addresses.filter((mail, index) => addresses.indexOf(mail) !== index);
  return twice.length > 0 ? { what: "two people have one mail address", got: twice } : undefined;
}

/**
 * The suffix, `ou=people`, the caller's entries, then the people, those of further domains below `ou=<domain>`; what the
 * caller wrote is not added again.
 */
function directoryEntries(
  { domain, entries = [], people }: LdapDirectoryProps,
  domains: readonly LdapDomainProps[] = [],
): LdifEntry[] {
  const suffix = domainSuffix(domain);
  const usersDn = peopleDn(domain);
  const given = new Set(entries.map(({ dn }) => normalizeDn(dn)));
  const structure: LdifEntry[] = [
    {
      dn: suffix,
      attributes: [
        ["objectClass", "dcObject"],
        ["objectClass", "organization"],
        ["dc", domain.replace(/\..*/, "")],
        ["o", domain],
      ],
    },
    {
      dn: usersDn,
      attributes: [
        ["objectClass", "organizationalUnit"],
        ["ou", "people"],
      ],
    },
  ];
  return [
    ...structure.filter(({ dn }) => !given.has(normalizeDn(dn))),
    ...entries,
    ...people.map((person) => personEntry(person, usersDn)),
    ...domains.flatMap((further): LdifEntry[] => {
      const dn = furtherPeopleDn(further.domain, domain);
      const unit = [
        ["objectClass", "organizationalUnit"],
        ["ou", further.domain],
      ] as const;
      return [{ dn, attributes: unit }, ...further.people.map((person) => personEntry(person, dn))];
    }),
  ].map(withIdentity);
}

/**
 * The entry with an entryUUID of its own DN: by it Keycloak knows a user again, and the database is made anew at each
 * start. A name-based UUID (version 5) as of RFC 9562, section 5.5, but over the DN alone.
 */
function withIdentity(entry: LdifEntry): LdifEntry {
  if (entry.attributes.some(([name]) => name.toLowerCase() === "entryuuid")) return entry;
  const hash = createHash("sha1").update(normalizeDn(entry.dn)).digest("hex");
  const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  return { ...entry, attributes: [...entry.attributes, ["entryUUID", uuid]] };
}

function parentDn(dn: string): string {
  return dn.replace(/^.*?(?<!\\),/, "");
}
