import type { SecureVersion, TLSSocket } from "node:tls";
import { reasonOf } from "../../kit/errors";
import { NETWORK_TIMEOUT } from "../../smoke/clients/http";
import { connectLines } from "../../smoke/clients/line-client";
import { openSession } from "../../smoke/clients/mail-session";
import type { Address, TlsVariation } from "../../smoke/clients/socket";
import { certificateFindings, describe, type ShownCertificate, shownBy } from "./certificate";
import { type Finding, finding } from "./finding";
import { identityOf, type Listener } from "./listener";

/** How a listener answered. */
export interface Handshake {
  /** `TLSv1.3` */
  readonly version: string;
  /** By its name in the standards. */
  readonly cipher: string;
  readonly certificate: ShownCertificate;
}

const versions: readonly { readonly version: SecureVersion; readonly isWanted: boolean }[] = [
  { version: "TLSv1", isWanted: false },
  { version: "TLSv1.1", isWanted: false },
  { version: "TLSv1.2", isWanted: true },
  { version: "TLSv1.3", isWanted: true },
];

/** Looks at the TLS of a listener: versions, certificate and its chain. @param address where it is reached, with TLS */
export async function examineTls(
  listener: Listener,
  address: Address,
  now: Date,
): Promise<{ readonly handshake?: Handshake; readonly findings: readonly Finding[] }> {
  const { where } = listener;
  const name = identityOf(address)?.name ?? address.host;
  try {
    const seen = await withTls(listener, address, { rejectUnauthorized: false }, (socket) => ({
      shown: shownBy(socket),
      version: socket.getProtocol() ?? "unknown",
      cipher: socket.getCipher().standardName,
    }));
    const { shown, version, cipher } = seen;
    if (!shown) throw new Error("the server shows no certificate");
    return {
      handshake: { version, cipher, certificate: describe(shown, now) },
      findings: [
        ...certificateFindings(listener, name, shown, now),
        ...(await versionFindings(listener, address)),
      ],
    };
  } catch (error) {
    const old = await acceptedVersions(
      listener,
      address,
      versions.filter(({ isWanted }) => !isWanted),
    );
    return {
      findings: [
        old.length > 0
          ? finding("error", "protocol", where, {
              what: "there is only TLS that clients no longer speak",
              ...{ got: old, allowed: ["TLSv1.2", "TLSv1.3"], fix: "Allow TLS 1.2 and 1.3 there" },
            })
          : finding("error", "tls", where, {
              what: "there is no TLS where it should be",
              got: reasonOf(error),
              fix: "`up` brings what listens there; is it this environment that the port leads to?",
            }),
      ],
    };
  }
}

async function versionFindings(listener: Listener, address: Address): Promise<Finding[]> {
  const accepted = await acceptedVersions(listener, address, versions);
  const differing = versions.filter(({ version, isWanted }) => accepted.includes(version) !== isWanted);
  return differing.map(({ version, isWanted }) =>
    finding(isWanted ? "warning" : "error", "protocol", listener.where, {
      what: isWanted ? `${version} is refused` : `${version} is accepted, which is not safe any more`,
      ...{ got: accepted, allowed: ["TLSv1.2", "TLSv1.3"], fix: "Allow TLS 1.2 and 1.3 there, and no other" },
    }),
  );
}

async function acceptedVersions(
  listener: Listener,
  address: Address,
  tried: typeof versions,
): Promise<SecureVersion[]> {
  const accepted = await Promise.all(
    tried.map(async ({ version }) => {
      const variation: TlsVariation = {
        ...{ rejectUnauthorized: false, minVersion: version, maxVersion: version },
        // Signatures of old versions are below what OpenSSL allows by default.
        ...(version < "TLSv1.2" && { ciphers: "DEFAULT@SECLEVEL=0" }),
      };
      return withTls(listener, address, variation, () => [version]).catch(() => []);
    }),
  );
  return accepted.flat();
}

async function withTls<T>(
  { protocol }: Listener,
  address: Address,
  variation: TlsVariation,
  look: (socket: TLSSocket) => T,
): Promise<T> {
  const lines =
    protocol === "http"
      ? await connectLines(address, NETWORK_TIMEOUT, variation)
      : (await openSession(protocol, address, variation)).lines;
  try {
    return look(lines.socket as TLSSocket);
  } finally {
    lines.close();
  }
}
