import type { OpenidProvider } from "../keycloak/server/realm";
import type { ILdapDirectory } from "../ldap/ldap-directory";
import type { IPostgresDatabase } from "../postgres/postgres-server";
import type { Secret } from "../workload/secret";
import type { ServerCertificate } from "../workload/server-certificate";
import type { TrustedProxy } from "../workload/trusted-proxy";
import type { JamesLimits } from "./james-limits";
import { JamesRelease } from "./james-release";

/** Everything that the kit says to one James; `renderJames` turns it into James's own files. */
export interface JamesConfig {
  /** What the image holds; decides which settings there are. @default memory 3.8.1, without the kit's extension */
  readonly release?: JamesRelease;
  /** James's working directory in the image. The image of a registry has "/root". @default "/opt/james" */
  readonly home?: string;
  /**
   * Where mail, folders, flags and Sieve scripts are; of flavour "postgres", which needs it. What is accepted and not yet
   * delivered is on a volume of James's own.
   *
   * @default in memory, until James ends
   */
  readonly database?: IPostgresDatabase;
  /** DNS name, in greetings and mail headers. @default "james.example.com" */
  readonly host?: string;
  /** Mail domains that are delivered here; the first is the default one. At least one. */
  readonly domains: readonly string[];
  /** Where users are; their mail address is their name in James. */
  readonly ldap: ILdapDirectory;
  /** Logins with a bearer token. @default none: passwords only */
  readonly oidc?: JamesOidc;
  /** Further realms, each with a mail domain and listeners of its own. @default none */
  readonly realms?: readonly JamesRealm[];
  readonly jmap?: JmapListener | "off";
  readonly imap?: ImapListener | "off";
  readonly smtp?: SmtpListener | "off";
  readonly sieve?: SieveListener | "off";
  readonly webadmin?: WebadminListener | "off";
  /**
   * TLS on IMAP, SMTP and ManageSieve: STARTTLS on their ports, before which no password, no token and no mail is taken,
   * and TLS from the beginning on 993 (IMAP) and 465 (submission), RFC 8314. Needs the kit's extension.
   *
   * @default none: passwords, tokens and mail in clear
   */
  readonly tls?: JamesTls;
  /**
   * A proxy before IMAP, SMTP and ManageSieve, on all their ports, which tells the addresses of clients by the PROXY
   * protocol, version 2: `protocol` must be "proxy-v2". Needs the kit's extension.
   *
   * @default none: a client is where its connection comes from
   */
  readonly proxy?: TrustedProxy;
  /**
   * Mail of logged-in users for other domains: `refuse` bounces it, `direct` sends it to the domain's mail exchanger,
   * `{ host, port }` hands all of it to that relay. @default "refuse"
   */
  readonly remoteDelivery?: "refuse" | "direct" | MailRelay;
  /** Java heap, in MiB, 96 or more; without `database` it holds all mail. @default 192 */
  readonly heapMb?: number;
  /** What people may keep and send. Quotas and uploads in total need the kit's extension. @default what fits the heap */
  readonly limits?: Partial<JamesLimits>;
  /** How much James says; failed logins are told at every level. @default "warn" */
  readonly logLevel?: "warn" | "info" | "debug";
}

/** The identity provider, for XOAUTH2 and OAUTHBEARER. Signature first, then introspection at every login. */
export interface JamesOidc {
  /**
   * What `iss` must be, where James has the kit's extension.
   *
   * @default what the discovery URL is below
   */
  readonly issuer?: string;
  /** @default "keycloak" */
  readonly provider?: OpenidProvider;
  /** Told to clients that present a bad token: `…/.well-known/openid-configuration` */
  readonly discoveryUrl: string;
  readonly jwksUrl: string;
  /** RFC 7662. @default none: only signature and expiry count, and no logout is heard; needs the kit's extension */
  readonly introspectionUrl?: string;
  /** Certificates in PEM of which the provider's must be; needs the kit's extension. @default those that the image trusts */
  readonly ca?: string;
  /** Confidential client that introspects; tokens must have it in their audience. */
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Claim that holds the mail address. @default "email" */
  readonly claim?: string;
  /** Told to clients that present a bad token. @default "openid profile email" */
  readonly scope?: string;
  /** Audience that a token must have, where the release or the kit's extension compares it. @default the client id */
  readonly audience?: string;
}

/** TLS 1.2 and 1.3. */
export interface JamesTls {
  /** James waits for it when it starts, and takes a replaced one within half a minute, without ending a connection. */
  readonly certificate: ServerCertificate;
}

/**
 * A further realm. A listener of James knows one identity provider, so each realm has listeners of its own: the first
 * further realm on the ports of `JamesConfig` plus 1000, the second plus 2000.
 */
export interface JamesRealm {
  /** Mail domain of its people, delivered here too. */
  readonly domain: string;
  /** Where these people are in the directory: for this domain nobody is looked for elsewhere. */
  readonly usersDn: string;
  readonly oidc: JamesOidc;
  /** What its listeners show, where James has TLS. @default that of the first realm */
  readonly tls?: JamesTls;
}

export interface JmapListener {
  /** Plain HTTP, for the gateway only: whoever reaches it may say who he is. @default 80 */
  readonly port?: number;
  /** What the gateway proves itself with when it names the user by X-User. Mandatory where the release has it. */
  readonly xUserSecret?: Secret;
  /** Whether HTTP Basic is taken; the gateway's X-User is anyhow. @default true */
  readonly passwords?: boolean;
}

/** Protocols in which people may show a password: HTTP Basic on JMAP, PLAIN and LOGIN on the others. */
export type PasswordProtocol = "jmap" | "imap" | "smtp" | "sieve";

interface LoginListener {
  /**
   * Whether passwords are taken over a connection without TLS; with `tls` they never are. Without `tls`, bearer tokens are
   * taken anyhow on IMAP, and like passwords on SMTP.
   * @default true without `tls`
   */
  readonly cleartextLogins?: boolean;
  /** Whether passwords are taken at all; bearer tokens are with `oidc`. @default true */
  readonly passwords?: boolean;
}

export interface ImapListener extends LoginListener {
  /** @default 143 */
  readonly port?: number;
}

/** Mail submission, RFC 6409. */
export interface SmtpListener extends LoginListener {
  /** @default 587 */
  readonly port?: number;
  /** Whether a user may send with his own addresses only. @default true */
  readonly ownSenderOnly?: boolean;
  /**
   * Mail of strangers: `refuse`, as RFC 6409 wants it of a submission port, or `local`: taken for the local domains,
   * as a mail exchanger does. For other domains it is always refused. @default "refuse"
   */
  readonly strangers?: "refuse" | "local";
}

export interface SieveListener {
  /** @default 4190 */
  readonly port?: number;
  /** Bearer tokens on ManageSieve. @default where `oidc` is set and the release has it */
  readonly oidc?: boolean;
  /** Whether passwords are taken at all. @default true */
  readonly passwords?: boolean;
}

/** Administration over HTTP: whoever reaches it, with the password if there is one, may do everything. */
export interface WebadminListener {
  /** @default 8000 */
  readonly port?: number;
  /** Address in the container to listen on; "127.0.0.1" leaves it to the container itself. @default "0.0.0.0" */
  readonly bind?: string;
  /** @default none */
  readonly password?: Secret;
}

export interface MailRelay {
  readonly host: string;
  readonly port: number;
}

/** Ports that James opens, by protocol, without those that are off. */
export function listeningPorts(config: JamesConfig): Partial<Record<Protocol, number>> {
  return Object.fromEntries(
    protocols.flatMap((protocol): [Protocol, number][] => {
      if (isImplicitTls(protocol)) {
        const isOn = config.tls !== undefined && config[implicitTls[protocol]] !== "off";
        return isOn ? [[protocol, defaultPorts[protocol]]] : [];
      }
      const listener = config[protocol];
      return listener === "off" ? [] : [[protocol, listener?.port ?? defaultPorts[protocol]]];
    }),
  );
}

/** Protocols with TLS from the beginning, and what they are beneath. */
const implicitTls = { imaps: "imap", submissions: "smtp" } as const;

const isImplicitTls = (protocol: Protocol): protocol is keyof typeof implicitTls => protocol in implicitTls;

/** Protocols in which users log in to James itself. */
export const loginProtocols = ["imap", "smtp", "sieve", "imaps", "submissions"] as const;
export type LoginProtocol = (typeof loginProtocols)[number];

/** The providers of all realms, the first one first. */
export function everyOidc({ oidc, realms = [] }: Pick<JamesConfig, "oidc" | "realms">): JamesOidc[] {
  return [...(oidc ? [oidc] : []), ...realms.map((realm) => realm.oidc)];
}

/** What the listeners of all realms show, each once. */
export function everyCertificate({
  tls,
  realms = [],
}: Pick<JamesConfig, "tls" | "realms">): ServerCertificate[] {
  const all = [tls, ...realms.map((realm) => realm.tls)].flatMap((each) => (each ? [each.certificate] : []));
  return all.filter(
    ({ chainFile }, index) => all.findIndex((other) => other.chainFile === chainFile) === index,
  );
}

/** One listener of a protocol: that of the first realm, or of a further one. */
export interface Listener {
  readonly port: number;
  readonly oidc: JamesOidc | undefined;
  /** How TLS begins, and what is shown. */
  readonly tls:
    | { readonly begins: "at once" | "by STARTTLS"; readonly certificate: ServerCertificate }
    | undefined;
  /** James's own name of it, unique. */
  readonly jmxName: string;
}

const jmxNames: Readonly<Record<LoginProtocol, string>> = {
  imap: "imapserver",
  smtp: "smtpserver",
  sieve: "managesieveserver",
  imaps: "imapserver-tls",
  submissions: "smtpserver-tls",
};

/** The listeners of a protocol, those of the further realms after the first; none when it is off. */
export function listenersOf(config: JamesConfig, protocol: LoginProtocol): Listener[] {
  const port = listeningPorts(config)[protocol];
  if (port === undefined) return [];
  const name = jmxNames[protocol];
  const begins = isImplicitTls(protocol) ? "at once" : "by STARTTLS";
  return [config, ...(config.realms ?? [])].map(({ oidc, tls = config.tls }, index) => ({
    port: port + 1000 * index,
    oidc,
    tls: tls && config.tls && { begins, certificate: tls.certificate },
    jmxName: index === 0 ? name : `${name}-${index + 1}`,
  }));
}

export const defaultPorts = {
  ...{ jmap: 80, imap: 143, smtp: 587, sieve: 4190, webadmin: 8000 },
  // With TLS only.
  ...{ imaps: 993, submissions: 465 },
} as const;
export type Protocol = keyof typeof defaultPorts;
export const protocols = Object.keys(defaultPorts) as Protocol[];

/** Defaults of `JamesConfig`, where more than one place needs them. */
export const jamesDefaults = {
  release: new JamesRelease("memory", "3.8.1"),
  home: "/opt/james",
  host: "james.example.com",
} as const;
