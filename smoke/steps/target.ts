import type { PasswordProtocol } from "../../constructs/james/james-config";
import type { OpenidProvider } from "../../constructs/keycloak/server/realm";
import type { Secret } from "../../constructs/workload/secret";
import type { Service } from "../../platform/model/addresses";
import type { ReachedHosts, Sso } from "../clients/http";
import type { Address } from "../clients/socket";

/** Somebody who can log in. */
export interface SmokeUser {
  readonly username: string;
  readonly mail: string;
  readonly password: Secret;
}

/** A mail protocol's servers. */
export interface MailServers {
  readonly imap: Address;
  /** Submission. */
  readonly smtp: Address;
  readonly sieve: Address;
  /** IMAP that begins with TLS. @default there is none */
  readonly imaps?: Address;
  /** Submission that begins with TLS. @default there is none */
  readonly submissions?: Address;
}

/** A deployed platform as its clients see it; all that the smoke test knows. */
export interface SmokeTarget extends ReachedHosts, MailServers {
  /** Issuer as clients see it: `http://sso.example.com:8080/auth/realms/oidc`. */
  readonly ssoUrl: string;
  /** `http://apisix.example.com:9080`, with a path where JMAP's paths have it before them. */
  readonly gatewayUrl: string;
  /** Where plain HTTP leads to HTTPS. @default nothing does */
  readonly redirect?: Address;
  /** Whether what is sent stays on this machine: what must be refused in clear is tried with real passwords only here. */
  readonly isLocal: boolean;
  /** Address where this machine finds the published ports, `127.0.0.1`. */
  readonly publishedAt: string;
  readonly ports: {
    /** In their containers; of Keycloak and the gateway that of plain HTTP. */
    readonly inside: Readonly<Partial<Record<Service, number>>>;
    /** Of HTTP without TLS, published on purpose, some at this address alone. */
    readonly cleartext: readonly { readonly port: number; readonly address?: string }[];
    /** Published of James's administration, only where it is on purpose. */
    readonly webadmin?: number;
  };
  /**
   * A person of the directory. The smoke test sends this person a mail, and deletes it. Without one the steps that need
   * somebody are left out.
   */
  readonly user?: SmokeUser;
  /** A client with direct access grants; absent where none has them. */
  readonly passwordClient?: { readonly clientId: string; readonly clientSecret?: Secret };
  /** What its tokens are like. @default Keycloak's, as the kit's realms give them */
  readonly provider?: {
    readonly kind: OpenidProvider;
    /** Claim that is the user's mail address. */
    readonly userClaim: string;
    /** Whether anybody hears of logouts. */
    readonly hearsLogouts: boolean;
  };
  /** A client with the authorization code flow; `redirectUri` is never visited. */
  readonly codeClient: {
    readonly clientId: string;
    readonly redirectUri: string;
    readonly clientSecret?: Secret;
  };
  /** Somebody of another realm, who must stay outside. @default there is one realm */
  readonly stranger?: Pick<SmokeTarget, keyof Sso | "provider" | "codeClient"> & {
    readonly user: SmokeUser;
  };
  /** What the running James can do. */
  readonly capabilities: {
    /** XOAUTH2 and OAUTHBEARER on ManageSieve: James 3.8 alone hangs when asked for them. */
    readonly sieveOidc: boolean;
    /** OAUTHBEARER as RFC 7628 has it; James 3.8 alone reads a form that no client sends. */
    readonly oauthbearerRfc7628: boolean;
    /** Shares a secret with the gateway (`X-User-Secret`), so that `X-User` alone is not believed. */
    readonly xUserSecret: boolean;
  };
  /** Where passwords are taken. @default everywhere */
  readonly passwords?: Readonly<Record<PasswordProtocol, boolean>>;
  /** Container names, to ask for logs and published ports: not of services that are somebody else's. */
  readonly containers: Readonly<Partial<Record<Service, string>> & Record<"james", string>>;
  /** How long a logged-out token may live, in seconds: the gateway's introspection interval. @default 0 */
  readonly revocationDelay?: number;
}
