import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate } from "@peculiar/asn1-x509";
import type { Problem } from "../../kit/errors";

/** A certificate that somebody has been given, as it can be shown. */
export interface ReadCertificate {
  /** In PEM, and nothing else: its own certificate first, then those up to a root. */
  readonly chain: string;
  /** In PEM, PKCS #8. */
  readonly key: string;
  /** What it is good for: DNS names, in lower case, `*.example.org` among them, and IP addresses. */
  readonly hosts: readonly string[];
  readonly notAfter: Date;
}

/** What is wrong with one of the two texts. */
export interface CertificateProblem extends Omit<Problem, "where"> {
  readonly part: "chain" | "key";
}

/** @see readServerCertificate */
export type CertificateReading =
  | { readonly certificate: ReadCertificate; readonly problems: readonly [] }
  | { readonly certificate?: undefined; readonly problems: readonly CertificateProblem[] };

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[\s\S]*?-----END ([A-Z]+ )?PRIVATE KEY-----/;

/**
 * Reads a certificate and its key, as certificate authorities and their programs hand them out: PEM with comments, lines that end
 * as on Windows, keys in forms of old (PKCS #1, SEC 1).
 *
 * @param chain its own certificate, then those between it and a root
 * @returns what is wrong, everything at once; nothing of the key is told
 */
export function readServerCertificate(chain: string, key: string, now: Date): CertificateReading {
  const problems: CertificateProblem[] = [];
  const certificates = readChain(chain, problems);
  const privateKey = readKey(key, problems);
  const [own] = certificates;
  if (own) {
    problems.push(...chainProblems(certificates, now), ...serverProblems(own));
    if (privateKey && !own.checkPrivateKey(privateKey)) problems.push(wrongKey(certificates, privateKey));
  }
  if (problems.length > 0 || !own || !privateKey) return { problems };
  return {
    certificate: {
      chain: certificates.map((certificate) => certificate.toString()).join(""),
      key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      hosts: hostsOf(own),
      notAfter: new Date(own.validTo),
    },
    problems: [],
  };
}

function readChain(text: string, problems: CertificateProblem[]): X509Certificate[] {
  const allowed = "-----BEGIN CERTIFICATE----- …, its own certificate first, then each one's issuer";
  const tell = (what: string) => void problems.push({ part: "chain", what, allowed });
  if (keyBlock.test(text)) {
    tell("a private key is in it, which belongs into the key's file alone");
    return [];
  }
  const blocks = text.match(certificateBlock) ?? [];
  const begun = text.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
  if (begun.length === 0) tell("no certificate in PEM");
  else if (begun.length > blocks.length) tell("a certificate in it has no end");
  const read = blocks.map(readBlock);
  const broken = read.indexOf(undefined);
  if (broken >= 0) tell(`${ordinal(broken)} cannot be read`);
  return problems.length > 0 ? [] : read.filter((certificate) => certificate !== undefined);
}

function readBlock(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const ordinal = (index: number) => (index === 0 ? "its own certificate" : `certificate ${index + 1} of it`);

function readKey(text: string, problems: CertificateProblem[]): KeyObject | undefined {
  const allowed = "a private key in PEM, without a passphrase";
  // Of a key on an elliptic curve OpenSSL writes the curve's parameters before it.
  const block = keyBlock.exec(text)?.[0];
  if (block === undefined) {
    problems.push({ part: "key", what: "no private key in PEM", allowed });
    return undefined;
  }
  if (/ENCRYPTED/.test(block)) {
    const fix = "Write it without: openssl pkey -in <file> -out <another file>";
    problems.push({ part: "key", what: "the key has a passphrase", allowed, fix });
    return undefined;
  }
  try {
    return createPrivateKey(block);
  } catch {
    problems.push({ part: "key", what: "the key cannot be read", allowed });
    return undefined;
  }
}

function wrongKey(certificates: readonly X509Certificate[], key: KeyObject): CertificateProblem {
  const other = certificates.findIndex((certificate) => certificate.checkPrivateKey(key));
  return other < 0
    ? {
        part: "key",
        what: "it is not the key of the certificate",
        fix: "Give the two that were made together",
      }
    : {
        part: "chain",
        what: `the key is that of ${ordinal(other)}`,
        fix: "Put the server's own certificate first, then each one's issuer",
      };
}

/** Names, order and age of the certificates, and how they are signed. */
function chainProblems(certificates: readonly X509Certificate[], now: Date): CertificateProblem[] {
  return certificates.flatMap((certificate, index) => {
    const which = ordinal(index);
    const [begin, end] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
    const next = certificates[index + 1];
    const told: (string | Omit<CertificateProblem, "part"> | false)[] = [
      end <= now && { what: `${which} has ended`, got: end.toISOString(), fix: "Give one that has not" },
      begin > now && {
        what: `${which} is not good yet`,
        got: begin.toISOString(),
        fix: "Set this machine's clock, or give one that is good now",
      },
      next !== undefined && !isIssuer(certificate, next) && brokenChain(certificates, index),
      weakKey(certificate.publicKey, which),
      // A root is believed for itself.
      !isIssuer(certificate, certificate) &&
        hasWeakSignature(certificate) &&
        `${which} is signed with SHA-1 or MD5`,
    ];
    return told.flatMap((problem) =>
      problem === false
        ? []
        : [{ part: "chain" as const, ...(typeof problem === "string" ? { what: problem } : problem) }],
    );
  });
}

function isIssuer(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function brokenChain(
  certificates: readonly X509Certificate[],
  index: number,
): Omit<CertificateProblem, "part"> {
  const certificate = certificates[index] as X509Certificate;
  const isThere = certificates.some((other) => other !== certificate && isIssuer(certificate, other));
  return {
    what: `the certificate behind ${ordinal(index)} is not its issuer`,
    got: certificates.map(({ subject }) => subject.replaceAll("\n", ", ")),
    fix: isThere
      ? "Put them in order: its own certificate, then each one's issuer"
      : `Put the issuer there, ${certificate.issuer.replaceAll("\n", ", ")}`,
  };
}

const curves = ["prime256v1", "secp384r1", "secp521r1"];

function weakKey(key: KeyObject, which: string): Omit<CertificateProblem, "part"> | false {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve = "" } = {} } = key;
  const allowed = "RSA with 2048 bits or more, or the curves P-256, P-384 and P-521, which all clients know";
  if (type === "rsa" && modulusLength >= 2048) return false;
  if (type === "ec" && curves.includes(namedCurve)) return false;
  return {
    what: `the key of ${which} is not taken by clients`,
    got: `${type} ${modulusLength || namedCurve}`.trim(),
    allowed,
  };
}

/** MD5 and SHA-1 with RSA, SHA-1 with ECDSA. https://www.rfc-editor.org/rfc/rfc9155 */
const weakSignatures = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

function hasWeakSignature(certificate: X509Certificate): boolean {
  const { signatureAlgorithm } = AsnConvert.parse(certificate.raw, Certificate);
  return weakSignatures.includes(signatureAlgorithm.algorithm);
}

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12 */
const serverAuthentication = "1.3.6.1.5.5.7.3.1";

function serverProblems(own: X509Certificate): CertificateProblem[] {
  const purposes: readonly string[] | undefined = own.keyUsage;
  return [
    ...(hostsOf(own).length === 0
      ? [
          {
            part: "chain" as const,
            what: "it names no host as subjectAltName, the one place where clients look",
            got: own.subject.replaceAll("\n", ", "),
          },
        ]
      : []),
    ...(purposes === undefined || purposes.includes(serverAuthentication)
      ? []
      : [{ part: "chain" as const, what: "it is not for servers (serverAuth)", got: purposes }]),
  ];
}

/** DNS names and IP addresses. https://www.rfc-editor.org/rfc/rfc9525#section-4.1 */
/** What the first certificate of a PEM text is good for; nothing where it cannot be read. */
export function certificateHosts(chain: string): string[] {
  const own = readBlock(chain);
  return own ? hostsOf(own) : [];
}

function hostsOf({ subjectAltName = "" }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^\s,"]+)/g)].map(([, name = ""]) =>
    name.toLowerCase(),
  );
}
