import type { WorkloadVolume } from "./workload";

/**
 * A certificate that a service shows, and its key: files on a volume, which whoever keeps it replaces while the service
 * runs. They may come after the service has started; it waits for them, and takes a new pair without ending a connection.
 */
export interface ServerCertificate {
  /** DNS names that it is good for, `*.example.org` among them; the first one is its subject. */
  readonly hosts: readonly [string, ...string[]];
  /** To be mounted by the service, read-only. */
  readonly volume: WorkloadVolume & { readonly readOnly: true };
  /** Absolute path in the service's container. PEM: its own certificate first, then those up to a root. */
  readonly chainFile: string;
  /** Absolute path in the service's container. PEM, PKCS #8, without a passphrase. */
  readonly keyFile: string;
}

/** TLS of a service that the environment's own services alone reach. */
export interface InternalTls {
  readonly certificate: ServerCertificate;
  /** Certificates in PEM of which it is: those who connect trust them. */
  readonly ca: string;
}

/** The certificate for a host: one that names it, else one with a wildcard for it (RFC 9525, section 6.3). */
export function certificateFor<C extends { readonly hosts: readonly string[] }>(
  host: string,
  certificates: readonly C[],
): C | undefined {
  const wildcard = `*.${host.split(".").slice(1).join(".")}`;
  const naming = (name: string) => certificates.find(({ hosts }) => hosts.includes(name));
  return naming(host) ?? naming(wildcard);
}
