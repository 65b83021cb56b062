import type { Revocation } from "../../constructs/apisix/revocation";
import type { PasswordProtocol } from "../../constructs/james/james-config";
import type { JamesLimits } from "../../constructs/james/james-limits";
import type { JamesRelease } from "../../constructs/james/james-release";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import type { IRealm } from "../../constructs/keycloak/server/realm";
import type { ILdapDirectory } from "../../constructs/ldap/ldap-directory";
import type { IPostgres } from "../../constructs/postgres/postgres-server";
import type { IRedis } from "../../constructs/redis/redis-server";
import type { Endpoint } from "./endpoint";
import type {
  DatabaseUser,
  GatewayKind,
  KeycloakAdministrator,
  PersonSpec,
  ProxySpec,
  RealmClients,
  ServiceResources,
  StorageKind,
  StoredData,
  TlsListener,
  TlsMode,
  TlsSpec,
} from "./platform-spec";

/** A service of a platform. */
export interface ServiceModel {
  /** Whether the platform deploys it; otherwise it is somebody else's. */
  readonly managed: boolean;
  /** DNS name by which containers reach it. */
  readonly host: string;
  readonly resources: ServiceResources;
}

/** `CapacitySpec` with its defaults. */
export interface CapacityModel {
  readonly people: number;
  readonly sessions: number;
  /** @default nothing is said of mail */
  readonly mailPerPersonMb?: number;
}

/** A port that the platform publishes, and the setting that says which. */
export interface PublishedPort {
  /** In the model, as `["realms", 0, "ports", "imap"]`. */
  readonly path: readonly PropertyKey[];
  readonly port: number;
  /** Address that it is published at. @default that of all others */
  readonly address?: string;
  /** Whether only this machine reaches it. @default false */
  readonly loopback?: boolean;
}

/** What is meant by a `PlatformSpec`: names, ports, URLs and defaults, computed once. Plain data without secrets. */
export interface PlatformModel {
  /** Peers, each with a mail domain, people, clients, gateway host and listeners of its own. */
  readonly realms: readonly [RealmModel, ...RealmModel[]];
  readonly services: {
    readonly keycloak: ServiceModel & {
      /** As browsers, mail clients and the other services see it. */
      readonly endpoint: Endpoint;
      /** Base URL, e.g. `http://sso.example.com:8080/auth`. */
      readonly url: string;
      /** Base URL as the platform's other services see it. */
      readonly internalUrl: string;
      /** Port of plain HTTP in its container. */
      readonly port: number;
      /** Published. @default none: plain HTTP is, or the gateway passes its host on */
      readonly tlsPort?: number;
      /** Whether the gateway passes its host on. */
      readonly behindGateway: boolean;
      /** Plain HTTP on 127.0.0.1, for programs of this machine. @default none: they use what is published */
      readonly adminPort?: number;
      /** Base URL of its administration. @default `url` */
      readonly adminUrl?: string;
      readonly image: "built" | "registry";
      /** Where what people have in it is. */
      readonly database: "embedded" | "postgres";
      /** Who may change its realms. @default nobody: it is somebody else's */
      readonly admin?: KeycloakAdministrator;
      /** Certificates in PEM, of which its own must be. @default those that the machine trusts */
      readonly ca?: string;
    };
    readonly gateway: ServiceModel & {
      readonly kind: GatewayKind;
      /** Plain HTTP: published, or, with `tls`, for the platform's own services. */
      readonly port: number;
      /** Published. @default none */
      readonly tls?: { readonly port: number; readonly redirectPort?: number };
      readonly revocation: Revocation;
      /** How long it trusts an introspection, in seconds. */
      readonly introspectionIntervalSeconds: number;
      /** Whether there is an image of this kind. */
      readonly hasImage: boolean;
    };
    readonly james: ServiceModel & {
      readonly release: JamesRelease;
      readonly passwords: Readonly<Record<PasswordProtocol, boolean>>;
      /** Whether ManageSieve is offered: somebody must be able to log in. */
      readonly sieve: boolean;
      /** Published port of its administration API; null: none. */
      readonly webadmin: number | null;
      /** Those that were written. */
      readonly limits: Partial<JamesLimits>;
    };
    /** Keeps the certificates of the others. */
    readonly certificates: ServiceModel & {
      /** What its image must be able to, where certificates are issued by ACME. @default none is */
      readonly acme?: { readonly dnsProvider?: string };
    };
    readonly ldap: ServiceModel;
    readonly redis: ServiceModel & Omit<IRedis, "password">;
    /** What lasts is in it; not there where nothing does. */
    readonly postgres: ServiceModel &
      IPostgres & {
        /** Of each service that keeps something in it. */
        readonly databases: Readonly<
          Partial<Record<DatabaseUser, { readonly name: string; readonly user: string }>>
        >;
      };
  };
  /** How realms become what they are to be: imported when Keycloak starts, through its API, or by somebody else. */
  readonly identity: "import" | "provider" | "none";
  /** Whether client `kit-smoke` exists, which takes passwords directly. */
  readonly directGrants: boolean;
  /** How many people are expected. @default nobody said */
  readonly capacity?: CapacityModel;
  /** Whether what people have lasts. */
  readonly storage: Readonly<Record<StoredData, StorageKind>>;
  /** Where the certificate of each listener comes from; `off` where it has no TLS, or is not the platform's. */
  readonly tls: Readonly<Record<TlsListener, TlsMode>> &
    Pick<TlsSpec, "files" | "acme" | "internal" | "ca" | "allowCleartext">;
  /** Those that its listeners show. */
  readonly certificates: readonly WantedCertificate[];
  readonly proxy?: Pick<ProxySpec, "trusted" | "protocol"> & {
    readonly mail: NonNullable<ProxySpec["mail"]>;
  };
  readonly publishedPorts: readonly PublishedPort[];
}

/** A certificate of a service. */
export interface WantedCertificate {
  /** `internal`: of a service that the platform's own reach alone. */
  readonly listener: TlsListener | "internal";
  readonly service: "gateway" | "keycloak" | "james" | "ldap" | "postgres" | "redis";
  readonly hosts: readonly [string, ...string[]];
  readonly from: Exclude<TlsMode, "off">;
  /** In `tls.files`. @default none of them is good for the hosts, or they come from elsewhere */
  readonly file?: number;
}

/** Clients of every realm that people log in with, whose settings the platform decides. */
export const kitClients: readonly string[] = ["oidc", "james-thunderbird", "kit-smoke"];

/** A realm of a platform: people with a mail domain of their own. */
export interface RealmModel {
  /** In the issuer's URL. */
  readonly name: string;
  readonly domain: string;
  /** @default none: it exists already, or is rendered at synthesis */
  readonly template?: RealmRepresentation;
  /** What of it the platform makes: all, its clients in an existing realm, or nothing. */
  readonly provision: "realm" | "clients" | "nothing";
  /** Whether its provider was named for it alone, and is not the Keycloak of the platform. */
  readonly existing: boolean;
  readonly oidc: IRealm;
  /** Where its people find JMAP. */
  readonly gateway: Endpoint;
  readonly gatewayUrl: string;
  /** Where they find IMAP, SMTP and ManageSieve, where these have TLS or a name was given. @default nobody said */
  readonly mailHost?: string;
  /** Published: James knows one realm for each listener. */
  readonly ports: {
    readonly imap: number;
    readonly smtp: number;
    readonly sieve: number;
    readonly imaps?: number;
    readonly submissions?: number;
  };
  readonly clients: RealmClients;
  /** Ids of the clients whose tokens James and the gateway take: those named here, and the template's own. */
  readonly loginClients: readonly string[];
  /** Origins of the pages of these clients. */
  readonly webOrigins: readonly string[];
  readonly people: readonly PersonSpec[];
  /** Mail address of somebody as whom it is tried out. @default nobody is known */
  readonly smokeUser?: string;
  /** Where its people are; undefined when nobody said so. */
  readonly directory: Omit<ILdapDirectory, "bindPassword" | "usersDn"> & { readonly usersDn?: string };
  /** Mail domains that James and the gateway believe it about. @default any: it is the only realm */
  readonly userDomains?: readonly string[];
  /** Where Keycloak tells of logouts. @default nowhere: the gateway asks */
  readonly backchannelLogoutUrl?: string;
  /** How long a token can live, and so an ended session is remembered, in seconds. @default unknown */
  readonly rememberLogoutSeconds?: number;
  /** Before the names of its secrets: none for the first realm. */
  readonly secretPrefix: string;
}
