import type { ILdapDirectory } from "../ldap/ldap-directory";
import type { Secret } from "../workload/secret";
import type { JamesLimits } from "./james-limits";

/** Everything that the kit says to one James; `renderJames` turns it into James's own files. */
export interface JamesConfig {
  /** Release that the image holds, `+kit` with the kit's extension; decides which settings there are. @default "3.8.1" */
  readonly version?: string;
  /** James's working directory in the image. The image of a registry has "/root". @default "/opt/james" */
  readonly home?: string;
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
   * Mail of logged-in users for other domains: `refuse` bounces it, `direct` sends it to the domain's mail exchanger,
   * `{ host, port }` hands all of it to that relay. @default "refuse"
   */
  readonly remoteDelivery?: "refuse" | "direct" | MailRelay;
  /** Java heap, in MiB, 96 or more; it holds all mail. @default 192 */
  readonly heapMb?: number;
  /** What people may keep and send. Quotas and uploads in total need the kit's extension. @default what fits the heap */
  readonly limits?: Partial<JamesLimits>;
  /** How much James says; failed logins are told at every level. @default "warn" */
  readonly logLevel?: "warn" | "info" | "debug";
}

/** The identity provider, for XOAUTH2 and OAUTHBEARER. Signature first, then introspection at every login. */
export interface JamesOidc {
  /** Told to clients that present a bad token: `…/.well-known/openid-configuration` */
  readonly discoveryUrl: string;
  readonly jwksUrl: string;
  /** RFC 7662. */
  readonly introspectionUrl: string;
  /** Confidential client that introspects; tokens must have it in their audience. */
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Claim that holds the mail address. @default "email" */
  readonly claim?: string;
  /** Told to clients that present a bad token. @default "openid profile email" */
  readonly scope?: string;
  /** Audience that a token must have, where the release compares it itself. @default the client id */
  readonly audience?: string;
}

/**
 * A further identity provider. James knows one for each listener, so that each realm has its own: on the ports of
 * `JamesConfig` and, for the first further realm, 1000 above them, for the second 2000.
 */
export interface JamesRealm {
  /** Mail domain of its people, delivered here too. */
  readonly domain: string;
  /** Where these people are in the directory: for this domain nobody is looked for elsewhere. */
  readonly usersDn: string;
  readonly oidc: JamesOidc;
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
   * Whether passwords are taken over a connection without TLS, which is all that James has here: TLS ends before it.
   * Bearer tokens are taken anyhow on IMAP, and like passwords on SMTP.
   * @default true
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
    protocols.flatMap((protocol) => {
      const listener = config[protocol];
      return listener === "off" ? [] : [[protocol, listener?.port ?? defaultPorts[protocol]]];
    }),
  );
}

/** Protocols in which users log in to James itself. */
export const loginProtocols = ["imap", "smtp", "sieve"] as const;
export type LoginProtocol = (typeof loginProtocols)[number];

/** One listener of a protocol: of `JamesConfig` itself, or of a further realm. */
export interface Listener {
  readonly port: number;
  readonly oidc: JamesOidc | undefined;
  /** James's own name of it, unique. */
  readonly jmxName: string;
}

/** The listeners of a protocol, those of the further realms after the first; none when it is off. */
export function listenersOf(config: JamesConfig, protocol: LoginProtocol): Listener[] {
  const port = listeningPorts(config)[protocol];
  if (port === undefined) return [];
  const name = { imap: "imapserver", smtp: "smtpserver", sieve: "managesieveserver" }[protocol];
  return [config, ...(config.realms ?? [])].map(({ oidc }, index) => ({
    port: port + 1000 * index,
    oidc,
    jmxName: index === 0 ? name : `${name}-${index + 1}`,
  }));
}

export const defaultPorts = { jmap: 80, imap: 143, smtp: 587, sieve: 4190, webadmin: 8000 } as const;
export type Protocol = keyof typeof defaultPorts;
export const protocols = Object.keys(defaultPorts) as Protocol[];

/** Defaults of `JamesConfig`, where more than one place needs them. */
export const jamesDefaults = {
  version: "3.8.1",
  home: "/opt/james",
  host: "james.example.com",
} as const;
