import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import type { Problem } from "../../kit/errors";
import { Secret } from "../workload/secret";

/** Who issues certificates: an authority of an environment's own. */
export interface Authority {
  /** In PEM: what clients are told to trust. */
  readonly certificate: string;
  /** In PEM, PKCS #8. */
  readonly key: Secret;
}

/** What people compare, and what they need to know of an authority. */
export interface AuthorityDescription {
  readonly name: string;
  /** SHA-256 over its DER form, in hexadecimal pairs with colons between them, as browsers and OpenSSL show it. */
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const commonName = "2.5.4.3";
/** https://www.rfc-editor.org/rfc/rfc5758#section-3.2 */
const ecdsaWithSha256 = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });

/** Years until an authority ends, and everybody has to trust another one. */
const years = 10;

/**
 * Makes an authority: its certificate, then its key, in PEM. The key is on the curve P-256, which every client of TLS 1.2
 * knows; it issues certificates of servers, and none of other authorities.
 * https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1
 *
 * @param name of at most 64 characters, which clients show as the issuer of certificates
 */
export function createAuthority(name: string): string {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const subjectPublicKeyInfo = AsnConvert.parse(
    publicKey.export({ type: "spki", format: "der" }),
    SubjectPublicKeyInfo,
  );
  const utf8String = new AttributeValue({ utf8String: name });
  const subject = new Name([
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value: utf8String })]),
  ]);
  const notBefore = new Date();
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notBefore.getUTCFullYear() + years);
  // https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.2
  const keyIdentifier = createHash("sha1")
    .update(Buffer.from(subjectPublicKeyInfo.subjectPublicKey))
    .digest();
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    // A first byte of 1 to 127 makes a positive number without leading zeros.
    serialNumber: arrayBuffer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    signature: ecdsaWithSha256,
    ...{ issuer: subject, subject, subjectPublicKeyInfo },
    validity: new Validity({ notBefore, notAfter }),
    extensions: new Extensions([
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 })),
      extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)),
      extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier)),
    ]),
  });
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: ecdsaWithSha256,
    signatureValue: arrayBuffer(
      sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), privateKey),
    ),
  });
  const pem = new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString();
  return pem + privateKey.export({ type: "pkcs8", format: "pem" });
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function extension(extnID: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** Reads what `createAuthority` made, or an authority of somebody's own: its certificate and its key in PEM. */
export function parseAuthority(secret: Secret): Authority {
  const text = secret.reveal();
  const certificate = new X509Certificate(text).toString();
  const key = createPrivateKey(text).export({ type: "pkcs8", format: "pem" }).toString();
  return { certificate, key: new Secret(secret.name, key, secret.version) };
}

/** What is wrong with a text that is to be an authority; nothing of the text is told. */
export function authorityProblem(text: string, now: Date): Omit<Problem, "where"> | undefined {
  const allowed = "an authority's certificate and its key, both in PEM, the key without a passphrase";
  let certificate: X509Certificate;
  let isItsKey: boolean;
  try {
    certificate = new X509Certificate(text);
    isItsKey = certificate.checkPrivateKey(createPrivateKey(text));
  } catch {
    return { what: "no authority can be read of it", allowed };
  }
  if (!isItsKey) return { what: "the key is not the certificate's", allowed };
  if (!certificate.ca) return { what: "the certificate is not an authority's", allowed };
  const { notAfter } = describeAuthority(certificate.toString());
  return notAfter > now
    ? undefined
    : { what: `the authority has ended on ${notAfter.toISOString()}`, allowed };
}

/** @param certificate of an authority, in PEM */
export function describeAuthority(certificate: string): AuthorityDescription {
  const read = new X509Certificate(certificate);
  const { fingerprint256, validFrom, validTo } = read;
  return {
    name: [read.toLegacyObject().subject.CN ?? read.subject].flat().join(", "),
    fingerprint: fingerprint256,
    notBefore: new Date(validFrom),
    notAfter: new Date(validTo),
  };
}
