import type { Revocation } from "../constructs/apisix/revocation";
import type { PasswordProtocol } from "../constructs/james/james-config";
import type { JamesLimits } from "../constructs/james/james-limits";
import type { MailClient, MailClientOptions } from "../constructs/keycloak/model/mail-realm";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { IRealm } from "../constructs/keycloak/server/realm";
import type { ILdapDirectory } from "../constructs/ldap/ldap-directory";
import type { Person } from "../constructs/ldap/person";
import type { IRedis } from "../constructs/redis/redis-server";
import type { ContainerLimits } from "../constructs/workload/limits";
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

/** What is wanted of one realm. */
export interface RealmSpec {
  /** @default the template's; needed without one */
  readonly name?: string | undefined;
  /** Mail domain of its people. */
  readonly domain: string;
  /** @default none: it exists already, or is rendered at synthesis */
  readonly template?: RealmRepresentation | undefined;
  /** A realm that exists already: nothing of it is made. @default none */
  readonly existing?: IRealm | undefined;
  readonly clients: RealmClients;
  /** People of the kit's own directory. */
  readonly people: readonly PersonSpec[];
  /** Mail address of somebody as whom it is tried out. @default the first of `people` */
  readonly smokeUser?: string | undefined;
  /** Where its people are in an existing directory. @default where the directory says */
  readonly usersDn?: string | undefined;
  readonly hosts: { readonly gateway: string };
  readonly ports: { readonly imap: number; readonly smtp: number; readonly sieve: number };
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
    readonly james: string;
    /** Whether there is an image of APISIX, by kind of revocation. */
    readonly hasApisix: (revocation: Revocation) => boolean;
    /** Where Keycloak's comes from: one that was built here is prepared for its start. */
    readonly keycloak: "built" | "registry";
  };
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
    | { readonly keycloak?: number; readonly gateway?: number; readonly webadmin?: number | null }
    | undefined;
  readonly resources?: Partial<Readonly<Record<Service, ServiceResources>>> | undefined;
  /** An existing directory. @default the kit's own */
  readonly directory?: Undefinable<Omit<ILdapDirectory, "bindPassword">> | undefined;
  /** An existing Redis. @default the kit's own */
  readonly redis?: Omit<IRedis, "password"> | undefined;
}
