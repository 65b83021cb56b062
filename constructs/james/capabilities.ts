import { isAtLeast } from "../../kit/release";
import type { JamesRelease } from "./james-release";

/**
 * What a James release can do. Settings of the kit that a release lacks are refused by name, not written and ignored.
 *
 * The images that the kit builds hold its extension of James (`images/james/extension`).
 *
 * 3.8.1, 3.8.2 and 3.9.0 were run; of what becomes 3.10.0 the sources were read.
 */
export interface JamesCapabilities {
  /** `authentication.strategy.rfc8621.xUser.secret`: X-User counts only with the gateway's X-User-Secret. */
  readonly xUserSecret: boolean;
  /** Large mails by LITERAL+ of IMAP (RFC 7888). Without it, an APPEND of more than is held in memory is never answered. */
  readonly imapLiteralPlus: boolean;
  /** XOAUTH2 and OAUTHBEARER on ManageSieve. Without it, AUTHENTICATE XOAUTH2 leaves the client without an answer. */
  readonly sieveOidc: boolean;
  /**
   * OAUTHBEARER as RFC 7628 and every client have it, `n,a=user,`. Releases without it offer OAUTHBEARER too and read only
   * `n,user=user`: clients that choose it by themselves fail. XOAUTH2 is the same in all.
   */
  readonly oauthbearerRfc7628: boolean;
  /** `imapPackages` stands in each `imapserver`. Before, once for all. */
  readonly imapPackagesOfServer: boolean;
  /** Several servers of the directory: `ldapHost` has them, commas between them. */
  readonly ldapServers: boolean;
  /** `aud` of a token is compared with a setting, which is mandatory then. Introspection checks it in every release. */
  readonly oidcAudience: boolean;
  /** `password` of webadmin. From 3.10 on, without one, a random one is made and logged at each start. */
  readonly webadminPassword: boolean;
  /** `auth.required` of SMTP: MAIL without a login is refused. Before, the kit's handler chain refuses at RCPT. */
  readonly smtpAuthRequired: boolean;
  /** JMAP before RFC 8621, which wants a key pair at start even when nobody uses it. */
  readonly jmapDraft: boolean;
  /**
   * Whether James's files may name the kit's own classes. Beside what is above, they take tokens in two steps on SMTP, and
   * passwords beyond ASCII in IMAP's LOGIN and on ManageSieve, and make INBOX at somebody's first login with a token.
   */
  readonly kitExtension: boolean;
}

/** The first release with it. `jmapDraft` is the other way round: the first release without. */
const since = {
  xUserSecret: "3.9",
  imapLiteralPlus: "3.9",
  imapPackagesOfServer: "3.9",
  ldapServers: "3.9",
  webadminPassword: "3.9",
  sieveOidc: "3.10",
  oauthbearerRfc7628: "3.10",
  oidcAudience: "3.10",
  smtpAuthRequired: "3.10",
} as const;
const noJmapDraftSince = "3.9";

/** What the kit's extension adds to the releases that it is for. */
const byExtension: readonly (keyof typeof since)[] = [
  "xUserSecret",
  "imapLiteralPlus",
  "ldapServers",
  "sieveOidc",
  "oauthbearerRfc7628",
];

/** The oldest release whose settings the kit knows. */
export const oldestJames = "3.8.0";

/** Whether the kit has an extension for a release. */
export function hasExtension({ flavour, version }: JamesRelease): boolean {
  const is = (release: string, next: string) => isAtLeast(version, release) && !isAtLeast(version, next);
  return (flavour === "memory" && is("3.8", "3.9")) || (flavour === "postgres" && is("3.9", "3.10"));
}

export function jamesCapabilities(release: JamesRelease): JamesCapabilities {
  const { version } = release;
  const kitExtension = release.extended && hasExtension(release);
  const has = (name: keyof typeof since) =>
    isAtLeast(version, since[name]) || (kitExtension && byExtension.includes(name));
  return {
    xUserSecret: has("xUserSecret"),
    imapLiteralPlus: has("imapLiteralPlus"),
    imapPackagesOfServer: has("imapPackagesOfServer"),
    ldapServers: has("ldapServers"),
    webadminPassword: has("webadminPassword"),
    sieveOidc: has("sieveOidc"),
    oauthbearerRfc7628: has("oauthbearerRfc7628"),
    oidcAudience: has("oidcAudience"),
    smtpAuthRequired: has("smtpAuthRequired"),
    jmapDraft: !isAtLeast(version, noJmapDraftSince),
    kitExtension,
  };
}

/** Whether anybody can log in to ManageSieve: without passwords only where James takes bearer tokens there. */
export function offersSieve(release: JamesRelease, passwords: boolean): boolean {
  return passwords || jamesCapabilities(release).sieveOidc;
}

/** The first release that has a capability, as `3.9`. */
export function capabilitySince(name: keyof typeof since): string {
  return since[name];
}
