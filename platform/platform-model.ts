import type { Revocation } from "../constructs/apisix/revocation";
import type { PasswordProtocol } from "../constructs/james/james-config";
import type { JamesLimits } from "../constructs/james/james-limits";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { IRealm } from "../constructs/keycloak/server/realm";
import type { ILdapDirectory } from "../constructs/ldap/ldap-directory";
import type { Endpoint } from "./endpoint";
import type { GatewayKind, PersonSpec, RealmClients, ServiceResources } from "./platform-spec";

/** A service of a platform. */
export interface ServiceModel {
  /** Whether the platform deploys it; otherwise it is somebody else's. */
  readonly managed: boolean;
  /** DNS name by which containers reach it. */
  readonly host: string;
  readonly resources: ServiceResources;
}

/** A port that the platform publishes, and the setting that says which. */
export interface PublishedPort {
  /** In the model, as `["realms", 0, "ports", "imap"]`. */
  readonly path: readonly PropertyKey[];
  readonly port: number;
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
      readonly image: "built" | "registry";
      /** Whether it imports the realms when it starts; otherwise they are made through its API. */
      readonly importsRealms: boolean;
    };
    readonly gateway: ServiceModel & {
      readonly kind: GatewayKind;
      readonly port: number;
      readonly revocation: Revocation;
      /** How long it trusts an introspection, in seconds. */
      readonly introspectionIntervalSeconds: number;
      /** Whether there is an image of this kind. */
      readonly hasImage: boolean;
    };
    readonly james: ServiceModel & {
      readonly release: string;
      readonly passwords: Readonly<Record<PasswordProtocol, boolean>>;
      /** Whether ManageSieve is offered: somebody must be able to log in. */
      readonly sieve: boolean;
      /** Published port of its administration API; null: none. */
      readonly webadmin: number | null;
      /** Those that were written. */
      readonly limits: Partial<JamesLimits>;
    };
    readonly ldap: ServiceModel;
    readonly redis: ServiceModel & { readonly port: number };
  };
  /** Whether client `kit-smoke` exists, which takes passwords directly. */
  readonly directGrants: boolean;
  readonly publishedPorts: readonly PublishedPort[];
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
  /** Whether the platform makes it; otherwise it exists already. */
  readonly managed: boolean;
  readonly oidc: IRealm;
  /** Where its people find JMAP. */
  readonly gateway: Endpoint;
  readonly gatewayUrl: string;
  /** Published: James knows one realm for each listener. */
  readonly ports: { readonly imap: number; readonly smtp: number; readonly sieve: number };
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
