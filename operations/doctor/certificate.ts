import { X509Certificate } from "node:crypto";
import {
  checkServerIdentity,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type TLSSocket,
} from "node:tls";
import { type Finding, finding } from "./finding";
import type { Listener } from "./listener";

const day = 24 * 3600 * 1000;

/** Days before a certificate's end at which it should long have been replaced: of short-lived ones a fifth of their life. */
const worrying = 14;

/** The first certificate that a server shows. */
export interface ShownCertificate {
  readonly names: string;
  readonly issuer: string;
  /** SHA-256, as `openssl x509 -fingerprint` has it. */
  readonly fingerprint: string;
  readonly notAfter: string;
  /** Whole days until its end. */
  readonly daysLeft: number;
}

/** What a server has shown in a handshake whose outcome nobody has minded. */
export interface Shown {
  /** Its own certificate first, then those that it sent with it. */
  readonly chain: readonly [PeerCertificate, ...PeerCertificate[]];
  /** Why nobody would trust it, by OpenSSL's word; undefined where one would. */
  readonly distrust: string | undefined;
}

export function shownBy(socket: TLSSocket): Shown | undefined {
  const own = socket.getPeerCertificate(true);
  if (own.raw === undefined) return undefined;
  const chain: [DetailedPeerCertificate, ...DetailedPeerCertificate[]] = [own];
  for (let next = own.issuerCertificate; next && !chain.includes(next); next = next.issuerCertificate) {
    chain.push(next);
  }
  // With a good chain and another name it says so here, which is looked at apart.
  const { authorizationError } = socket as { authorizationError?: unknown };
  const distrust = authorizationError === "ERR_TLS_CERT_ALTNAME_INVALID" ? undefined : authorizationError;
  return { chain, distrust: distrust ? `${distrust}` : undefined };
}

export function describe({ chain: [own] }: Shown, now: Date): ShownCertificate {
  const { subjectAltName = "", fingerprint256, validTo } = new X509Certificate(own.raw);
  const end = new Date(validTo);
  return {
    names: subjectAltName.replaceAll(/DNS:|IP Address:/g, ""),
    issuer: nameOf(own.issuer),
    fingerprint: fingerprint256,
    notAfter: end.toISOString(),
    daysLeft: Math.floor((end.getTime() - now.getTime()) / day),
  };
}

/** What is wrong with what a listener shows to whoever asks for `name`. */
export function certificateFindings(
  { where, certificate: mode }: Pick<Listener, "where" | "certificate">,
  name: string,
  { chain, distrust }: Shown,
  now: Date,
): Finding[] {
  const [own] = chain;
  const error = (what: string, more: Partial<Finding>) =>
    finding("error", "certificate", where, { what, ...more });
  const otherName = checkServerIdentity(name, own);
  return [
    ...chain.flatMap((one, index) => endFindings(where, one, index === 0, mode, now)),
    ...(distrust === undefined || isOfTime(distrust)
      ? []
      : [
          error("this machine does not trust the certificate", {
            got: `${distrust}; issued by ${nameOf(own.issuer)}${
              chain.length > 1
                ? `, shown with ${chain
                    .slice(1)
                    .map(({ subject }) => nameOf(subject))
                    .join(", ")}`
                : ", shown alone"
            }`,
            fix: fixOf(distrust, mode),
          }),
        ]),
    ...(otherName
      ? [
          error("the certificate is not for this name", {
            got: new X509Certificate(own.raw).subjectAltName ?? nameOf(own.subject),
            allowed: name,
            fix:
              mode === "other"
                ? "Give whatever has the TLS there a certificate of this name"
                : "`up` brings the certificates that the environment wants; does the port lead to this environment?",
          }),
        ]
      : []),
    ...chain.flatMap((one) => keyFindings(where, one)),
  ];
}

function endFindings(
  where: string,
  { valid_from, valid_to, subject }: PeerCertificate,
  isOwn: boolean,
  mode: Listener["certificate"],
  now: Date,
): Finding[] {
  const [start, end] = [new Date(valid_from), new Date(valid_to)];
  const whose = isOwn ? "the certificate" : `the certificate of ${nameOf(subject)}, which stands behind it,`;
  const left = (end.getTime() - now.getTime()) / day;
  const life = (end.getTime() - start.getTime()) / day;
  const fix = {
    own: "It is replaced by itself: the log of container certificates says why it was not",
    acme: "It is replaced by itself: the log of container certificates says why it was not",
    files: "Put a new one where tls.files says, and run `up`",
    off: "Replace it",
    other: "Replace it where the TLS is",
  }[mode];
  if (start > now) {
    return [
      finding("error", "certificate", where, {
        what: `${whose} is not good yet`,
        got: start.toISOString(),
        allowed: `now, ${now.toISOString()}`,
        fix: "Look at the clocks of this machine and of whoever has issued it",
      }),
    ];
  }
  if (left <= 0) {
    return [
      finding("error", "certificate", where, { what: `${whose} has ended`, got: end.toISOString(), fix }),
    ];
  }
  if (left > Math.min(worrying, life / 5)) return [];
  return [
    finding("warning", "certificate", where, {
      what: `${whose} ends in ${Math.floor(left)} days`,
      got: end.toISOString(),
      fix,
    }),
  ];
}

/** Less than clients and authorities take: https://www.rfc-editor.org/rfc/rfc9325#section-4.5 */
function keyFindings(where: string, { raw, subject }: PeerCertificate): Finding[] {
  const certificate = new X509Certificate(raw);
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details = {} } = certificate.publicKey;
  const weak = (got: string, allowed: string) => [
    finding("error", "key", where, {
      what: `the key of ${nameOf(subject)} is too weak`,
      ...{ got, allowed, fix: "Have a certificate issued for a new key" },
    }),
  ];
  const { modulusLength = 0, namedCurve = "" } = details;
  if (type === "rsa" || type === "rsa-pss") {
    return modulusLength < 2048 ? weak(`RSA of ${modulusLength} bits`, "2048 bits or more") : [];
  }
  if (type === "ec" && !["prime256v1", "secp384r1", "secp521r1"].includes(namedCurve)) {
    return weak(`curve ${namedCurve}`, "P-256, P-384, P-521");
  }
  return ["ec", "ed25519", "ed448"].includes(type) ? [] : weak(type, "RSA or a curve");
}

/** Of what is said about the chain's times, too. */
function isOfTime(distrust: string): boolean {
  return distrust === "CERT_HAS_EXPIRED" || distrust === "CERT_NOT_YET_VALID";
}

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function fixOf(distrust: string, mode: Listener["certificate"]): string {
  if (mode === "own") return "Its authority is another one than the environment's: `up` brings a new one";
  if (distrust === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" || distrust === "UNABLE_TO_GET_ISSUER_CERT_LOCALLY") {
    const place = mode === "files" ? "tls.files.chain" : "what is shown";
    return `Put the certificates between it and a root into ${place}; if its authority is not one that everybody trusts, name its certificate by tls.ca`;
  }
  return "If its authority is not one that everybody trusts, name its certificate by tls.ca, and have clients trust it";
}

function nameOf(subject: PeerCertificate["subject"] | undefined): string {
  const { CN, O } = (subject ?? {}) as { CN?: string | string[]; O?: string | string[] };
  return [CN ?? O ?? "somebody without a name"].flat().join(", ");
}
