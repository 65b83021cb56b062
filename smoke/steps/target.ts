import type { PasswordProtocol } from "../../constructs/james/james-config";
import type { Secret } from "../../constructs/workload/secret";
import type { Service } from "../../platform/addresses";

/** Somebody who can log in. */
export interface SmokeUser {
  readonly username: string;
  readonly mail: string;
  readonly password: Secret;
}

/** A deployed platform as its clients see it; all that the smoke test knows. */
export interface SmokeTarget {
  /**
   * Address where the ports are published, `127.0.0.1`. Everything connects here: host names are only spoken, never
   * resolved, so that the test runs on a machine that does not know them.
   */
  readonly connectHost: string;
  /** Issuer as clients see it: `http://sso.example.com:8080/auth/realms/oidc`. */
  readonly ssoUrl: string;
  /** `http://apisix.example.com:9080`, without a path. */
  readonly gatewayUrl: string;
  /** Published ports. `webadmin` only where it is published on purpose. */
  readonly ports: {
    readonly keycloak: number;
    readonly gateway: number;
    readonly imap: number;
    readonly smtp: number;
    readonly sieve: number;
    readonly webadmin?: number;
  };
  /**
   * A person of the directory. The smoke test sends this person a mail, and deletes it. Without one the steps that need
   * somebody are left out.
   */
  readonly user?: SmokeUser;
  /** A client with direct access grants; absent where none has them. */
  readonly passwordClient?: { readonly clientId: string; readonly clientSecret?: Secret };
  /** A client with the authorization code flow; `redirectUri` is never visited. */
  readonly codeClient: {
    readonly clientId: string;
    readonly redirectUri: string;
    readonly clientSecret?: Secret;
  };
  /** Somebody of another realm of the same Keycloak, who must stay outside. @default there is one realm */
  readonly stranger?: Pick<SmokeTarget, "ssoUrl" | "codeClient"> & { readonly user: SmokeUser };
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
