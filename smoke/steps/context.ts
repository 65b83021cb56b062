import type { PasswordProtocol } from "../../constructs/james/james-config";
import { Secret } from "../../constructs/workload/secret";
import type { Http } from "../clients/http";
import { oauthBearer, plain, type SaslMessage, xoauth2 } from "../clients/sasl";
import type { MailServers, SmokeTarget, SmokeUser } from "./target";

/** What the steps share. */
export interface SmokeContext extends Pick<MailServers, "imap" | "smtp" | "sieve"> {
  readonly target: SmokeTarget;
  /** Where nobody is known, somebody whom no directory has: only for what is refused to everybody. */
  readonly user: SmokeUser;
  readonly provider: NonNullable<SmokeTarget["provider"]>;
  /** Why a step that needs a person is left out. */
  readonly nobody: string | undefined;
  readonly http: Http;
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

/** What the tokens of a realm are like. */
export function providerOf({
  provider,
}: Pick<SmokeTarget, "provider">): NonNullable<SmokeTarget["provider"]> {
  return provider ?? { kind: "keycloak", userClaim: "email", hearsLogouts: true };
}

/** What a mail client asks for: other providers tell an address only to who wants it. */
export function scopeOf({ kind }: NonNullable<SmokeTarget["provider"]>): string {
  return kind === "keycloak" ? "openid" : "openid email";
}

export function createContext(target: SmokeTarget, http: Http): SmokeContext {
  const { imap, smtp, sieve, user = unknown } = target;
  return {
    ...{ target, user, nobody: target.user ? undefined : NOBODY },
    ...{ http, provider: providerOf(target) },
    ...{ imap, smtp, sieve },
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
