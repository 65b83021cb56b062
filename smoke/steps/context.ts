import type { PasswordProtocol } from "../../constructs/james/james-config";
import { Secret } from "../../constructs/workload/secret";
import type { Http } from "../clients/http";
import type { Address } from "../clients/line-client";
import { oauthBearer, plain, type SaslMessage, xoauth2 } from "../clients/sasl";
import type { SmokeTarget, SmokeUser } from "./target";

/** What the steps share. */
export interface SmokeContext {
  readonly target: SmokeTarget;
  /** Where nobody is known, somebody whom no directory has: only for what is refused to everybody. */
  readonly user: SmokeUser;
  /** Why a step that needs a person is left out. */
  readonly nobody: string | undefined;
  readonly http: Http;
  readonly imap: Address;
  readonly smtp: Address;
  readonly sieve: Address;
  /** Where passwords are taken. */
  readonly passwords: Readonly<Record<PasswordProtocol, boolean>>;
  /** SASL messages of the user, as mail programs send them. */
  xoauth2(token: string): SaslMessage;
  oauthBearer(token: string): SaslMessage;
  plain(password: string): SaslMessage;
  /** Value of the Authorization header with the user's password, or another one. */
  basic(password?: string): string;
}

const NOBODY = "nobody is known who could log in; `smokeUser` names somebody";
const unknown: SmokeUser = {
  username: "nobody@localhost",
  mail: "nobody@localhost",
  password: new Secret("of nobody", "the password of nobody"),
};

export function createContext(target: SmokeTarget, http: Http): SmokeContext {
  const { connectHost: host, ports, user = unknown } = target;
  return {
    ...{ target, user, nobody: target.user ? undefined : NOBODY },
    http,
    imap: { host, port: ports.imap },
    smtp: { host, port: ports.smtp },
    sieve: { host, port: ports.sieve },
    passwords: target.passwords ?? { jmap: true, imap: true, smtp: true, sieve: true },
    xoauth2: (token) => xoauth2(user.mail, token),
    oauthBearer: (token) => oauthBearer(user.mail, token),
    plain: (password) => plain(user.mail, password),
    basic: (password = user.password.reveal()) =>
      `Basic ${Buffer.from(`${user.mail}:${password}`, "utf8").toString("base64")}`,
  };
}

export function bearer(token: string): string {
  return `Bearer ${token}`;
}
