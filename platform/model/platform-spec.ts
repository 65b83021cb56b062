import type { Revocation } from "../../constructs/apisix/revocation";
import type { PasswordProtocol } from "../../constructs/james/james-config";
import type { JamesLimits } from "../../constructs/james/james-limits";
import type { JamesRelease } from "../../constructs/james/james-release";
import type { MailClient, MailClientOptions } from "../../constructs/keycloak/model/realm/mail-realm";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import type { IRealm } from "../../constructs/keycloak/server/realm";
import type { ILdapDirectory } from "../../constructs/ldap/ldap-directory";
import type { Person } from "../../constructs/ldap/person";
import type { IPostgres } from "../../constructs/postgres/postgres-server";
import type { IRedis } from "../../constructs/redis/redis-server";
import type { ContainerLimits } from "../../constructs/workload/limits";
import type { Service } from "./addresses";

export type GatewayKind = "apisix" | "httpd";

/** Somebody with a mailbox, without the password. */
export type PersonSpec = Undefinable<Omit<Person, "password">>;

/** What is left out may be written as undefined, too. */
type Undefinable<T> = { readonly [Key in keyof T]: undefined extends T[Key] ? T[Key] | undefined : T[Key] };

/** The mail clients of a realm, without their secrets. */
export interface RealmClients {
  readonly oidc: Required<Pick<MailClientOptions, "redirectUris" | "webOrigins">> &
    Undefinable<Pick<MailClientOptions, "requirePkce" | "directAccessGrants">>;
  readonly thunderbird: Required<Pick<MailClientOptions, "redirectUris">> &
    Undefinable<Pick<MailClientOptions, "directAccessGrants">>;
  readonly others: readonly Undefinable<Omit<MailClient, "secret" | "backchannelLogoutUrl">>[];
}

/** Whether what somebody has in a service lasts: `memory` is for trying out and for tests, `durable` for people's mail. */
export const storageKinds = ["memory", "durable"] as const;
export type StorageKind = (typeof storageKinds)[number];

/** What people have: accounts and sessions in Keycloak, mail in James. */
export const storedData = ["identity", "mail"] as const;
export type StoredData = (typeof storedData)[number];

/** How many people are expected. What services may take follows from it, where nothing else is said. */
export interface CapacitySpec {
  /** With a mailbox. */
  readonly people: number;
  /** Of people who are logged in at a time. @default one of each */
  readonly sessions?: number | undefined;
  /** Mail that each of them keeps, in MiB. @default `limits.quotaMb` where it is given; else nothing is said of mail */
  readonly mailPerPersonMb?: number | undefined;
}

/** Of all, or of each. */
export type StorageSpec = StorageKind | Readonly<Record<StoredData, StorageKind>>;

/** Where the certificates of listeners come from; `off`: they have no TLS. */
export type TlsMode = "off" | "own" | "files" | "acme";

/** What shows a certificate to people's programs: JMAP, the login pages, and IMAP, SMTP and ManageSieve. */
export const tlsListeners = ["gateway", "keycloak", "mail"] as const;
export type TlsListener = (typeof tlsListeners)[number];

/** TLS of what a platform publishes, without the keys. */
export interface TlsSpec extends Undefinable<Partial<Readonly<Record<TlsListener, TlsMode>>>> {
  /** Of listeners that have no mode of their own. @default "off" */
  readonly mode?: TlsMode | undefined;
  /** For `files`: the names that each certificate is good for. @default none */
  readonly files?: readonly { readonly hosts: readonly string[] }[] | undefined;
  /** For `acme`. @default none */
  readonly acme?: AcmeSpec | undefined;
  /** Certificates in PEM, of which those of `files` and `acme` must be. @default those that clients trust anyway */
  readonly ca?: string | undefined;
  /** Whether the platform's services reach its own directory, Redis and PostgreSQL by TLS, too. @default false */
  readonly internal?: boolean | undefined;
  /** Whether listeners without TLS may be published at addresses that others reach. @default false */
  readonly allowCleartext?: boolean | undefined;
}

/** Who issues certificates by ACME, and how names are proved; without secrets. https://www.rfc-editor.org/rfc/rfc8555 */
export interface AcmeSpec {
  /** URL of its directory. @default Let's Encrypt's */
  readonly directory?: string | undefined;
  /** Where it writes to about certificates. @default nowhere */
  readonly email?: string | undefined;
  /** Id of the account's key there, for authorities that know their customers otherwise. @default none */
  readonly externalAccount?: string | undefined;
  /** How names are proved by DNS records. @default they are proved by HTTP, through the gateway */
  readonly dns?: AcmeDns | undefined;
  /** Certificates in PEM, of which the directory's own must be. @default those that the image trusts */
  readonly ca?: string | undefined;
}

/** A provider of DNS as lego knows it: https://go-acme.github.io/lego/dns/ */
export interface AcmeDns {
  readonly provider: string;
  /** Its variables that are no secrets. @default none */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Names of those that are. @default none */
  readonly secrets?: readonly string[] | undefined;
}

/** A proxy before the published ports. */
export interface ProxySpec {
  /** Addresses and networks from which it connects; see `TrustedProxy`. */
  readonly trusted: readonly string[];
  /** How it tells a client's address over HTTP. */
  readonly protocol: "forwarded" | "proxy-v2";
  /** How it does on the mail ports. @default "proxy-v2" with `protocol: proxy-v2`; else clients connect to them directly */
  readonly mail?: "proxy-v2" | "direct" | undefined;
}

/** What is wanted of one realm. */
export interface RealmSpec {
  /** @default the template's; needed without one */
  readonly name?: string | undefined;
  /** Mail domain of its people. */
  readonly domain: string;
  /** @default none: it exists already, or is rendered at synthesis */
  readonly template?: RealmRepresentation | undefined;
  /** Of whoever made it already: nothing of it is made. @default of the kit's Keycloak, or of `keycloak` */
  readonly existing?: IRealm | undefined;
  readonly clients: RealmClients;
  /** People of the kit's own directory. */
  readonly people: readonly PersonSpec[];
  /** Mail address of somebody as whom it is tried out. @default the first of `people`, in a realm that the kit makes */
  readonly smokeUser?: string | undefined;
  /** Where its people are in an existing directory. @default where the directory says */
  readonly usersDn?: string | undefined;
  readonly hosts: { readonly gateway: string };
  /** As people's programs see it. @default by `hosts` and the published ports */
  readonly public?:
    | {
        /** URL of JMAP, e.g. `https://mail.example.org`, or with a path before those of JMAP. */
        readonly gateway?: string | undefined;
        /** Host of IMAP, SMTP and ManageSieve. @default that of `gateway` */
        readonly mail?: string | undefined;
      }
    | undefined;
  readonly ports: {
    readonly imap: number;
    readonly smtp: number;
    readonly sieve: number;
    /** IMAP that begins with TLS. @default of the first realm 993, where mail has TLS; else none */
    readonly imaps?: number | null | undefined;
    /** Submission that begins with TLS. @default of the first realm 465, where mail has TLS; else none */
    readonly submissions?: number | null | undefined;
  };
}

/** A Keycloak that somebody else runs. */
export interface ExistingKeycloak {
  /** Base URL, e.g. `https://sso.example.com/auth`. */
  readonly url: string;
  /** Certificates in PEM, of which its own must be. @default those that the images trust */
  readonly ca?: string | undefined;
  /** Who may make the realm's clients. @default nobody: they are there already */
  readonly admin?: KeycloakAdministrator | undefined;
}

/** By whom Keycloak is administered, without the password. */
export interface KeycloakAdministrator {
  readonly user: string;
  /** Realm that the user is in. */
  readonly realm: string;
}

/** Services that keep what they have in PostgreSQL. */
export type DatabaseUser = "keycloak" | "james";

/** A PostgreSQL that somebody else runs, without passwords. */
export interface ExistingPostgres extends Undefinable<IPostgres> {
  /** Of Keycloak. Its role must own it: Keycloak makes tables. */
  readonly keycloak?:
    | { readonly database?: string | undefined; readonly user?: string | undefined }
    | undefined;
  /** Of James, likewise. */
  readonly james?: { readonly database?: string | undefined; readonly user?: string | undefined } | undefined;
}

export interface ServiceResources extends ContainerLimits {
  /** Largest Java heap, in MiB, of a service on Java. */
  readonly heapMb?: number;
}

/**
 * What is wanted of a platform: what an environment file says, or the props of a `MailPlatform`. Plain data without
 * secrets. Defaults are those of `MailPlatformProps`.
 */
export interface PlatformSpec {
  /** The first one's domain is the suffix of the kit's own directory. */
  readonly realms: readonly [RealmSpec, ...RealmSpec[]];
  readonly images: {
    /** Release of James in its image, `+kit` with the kit's extension. */
    readonly james: JamesRelease;
    /** Whether there is an image of APISIX, by kind of revocation. */
    readonly hasApisix: (revocation: Revocation) => boolean;
    /** Where Keycloak's comes from: one that was built here is prepared for its start. */
    readonly keycloak: "built" | "registry";
  };
  /** @default "import"; "provider" with an existing Keycloak that has an administrator, "none" with any other */
  readonly identity?: "import" | "provider" | undefined;
  readonly directGrants?: boolean | undefined;
  readonly gateway?: GatewayKind | undefined;
  readonly revocation?: Revocation | undefined;
  readonly introspection?: { readonly intervalSeconds?: number | undefined } | undefined;
  readonly passwords?: Partial<Readonly<Record<PasswordProtocol, boolean>>> | undefined;
  readonly limits?: Partial<JamesLimits> | undefined;
  /** DNS names of what all realms share. */
  readonly hosts?: Partial<Readonly<Record<Exclude<Service, "gateway">, string>>> | undefined;
  readonly ports?:
    | {
        /** null: the gateway passes Keycloak's host on. */
        readonly keycloak?: number | null;
        readonly gateway?: number;
        readonly webadmin?: number | null;
        /** Plain HTTP that leads to HTTPS. @default 80, where the gateway has TLS */
        readonly http?: number | null | undefined;
        /** Plain HTTP of Keycloak on 127.0.0.1, where `keycloak` is another. @default 8081 */
        readonly keycloakAdmin?: number | undefined;
      }
    | undefined;
  /** As people's programs see what all realms share. @default by `hosts` and the published ports */
  readonly public?:
    | {
        /** Base URL of Keycloak, e.g. `https://login.example.org/auth`. */
        readonly keycloak?: string | undefined;
        /** Base URL of its administration. @default that of Keycloak */
        readonly keycloakAdmin?: string | undefined;
      }
    | undefined;
  /** Whether what people have lasts. @default "memory" */
  readonly storage?: StorageSpec | undefined;
  /** @default off */
  readonly tls?: TlsSpec | undefined;
  /** @default none: who connects is the client */
  readonly proxy?: ProxySpec | undefined;
  /** @default follow from `capacity`; without one none */
  readonly resources?: Partial<Readonly<Record<Service, Undefinable<ServiceResources>>>> | undefined;
  /** @default nothing is said of how many people there are */
  readonly capacity?: CapacitySpec | undefined;
  /** An existing Keycloak, which has the realms. @default the kit's own */
  readonly keycloak?: ExistingKeycloak | undefined;
  /** An existing directory. @default the kit's own */
  readonly directory?: Undefinable<Omit<ILdapDirectory, "bindPassword">> | undefined;
  /** An existing Redis. @default the kit's own */
  readonly redis?: Omit<IRedis, "password"> | undefined;
  /** An existing PostgreSQL, for what is durable. @default the kit's own */
  readonly postgres?: ExistingPostgres | undefined;
}
