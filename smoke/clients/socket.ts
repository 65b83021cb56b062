import { connect as connectTcp, isIP, type Socket } from "node:net";
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  type PeerCertificate,
  type TLSSocket,
} from "node:tls";

/** Where a server is. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte on. @default none */
  readonly tls?: ServerIdentity;
  /** TLS by the protocol's own command, before anybody logs in. @default none */
  readonly startTls?: ServerIdentity;
  /** Whether each connection begins with the PROXY protocol, version 2, as a proxy's. @default false */
  readonly proxied?: boolean;
}

/** As whom a server proves itself. */
export interface ServerIdentity {
  /** Is asked for (SNI), and must be in the certificate. */
  readonly name: string;
  /** Certificates in PEM, of which its own must be. @default those that Node.js trusts */
  readonly ca?: string;
}

/** What is tried otherwise than clients do: `rejectUnauthorized`, versions of TLS. */
export type TlsVariation = Pick<
  ConnectionOptions,
  "rejectUnauthorized" | "minVersion" | "maxVersion" | "ciphers" | "ALPNProtocols"
>;

/** Connects to an address; what is written at once comes after TLS, where it has it. */
export function openSocket(address: Address, variation: TlsVariation = {}): Socket {
  const { host, port, tls, proxied = false } = address;
  const socket = connectTcp({ host, port });
  if (proxied) socket.write(proxyHeader);
  return tls ? secure(socket, tls, variation) : socket;
}

/** The event that tells that an address is connected. */
export function connected({ tls }: Pick<Address, "tls">): "connect" | "secureConnect" {
  return tls ? "secureConnect" : "connect";
}

/** How a server is asked to prove itself. */
export function tlsOptions({ name, ca }: ServerIdentity) {
  return {
    // What clients of today use (RFC 9325, section 3.1).
    minVersion: "TLSv1.2" as const,
    // No name that could be asked for is an address (RFC 6066, section 3).
    servername: isIP(name) === 0 ? name : "",
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
    ...(ca !== undefined && { ca }),
  };
}

/** Goes on with TLS on a connection. */
export function secure(socket: Socket, identity: ServerIdentity, variation: TlsVariation = {}): TLSSocket {
  const secured = connectTls({ socket, ...tlsOptions(identity), ...variation });
  // What happens before TLS, as that nobody is there.
  socket.on("error", (error) => secured.destroy(error));
  return secured;
}

/**
 * Of a connection from this machine over IPv4 to this machine.
 * https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt, section 2.2
 */
const proxyHeader = Buffer.concat([
  Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"),
  // Version 2, PROXY; TCP over IPv4; 12 bytes: two addresses, two ports.
  Buffer.from([0x21, 0x11, 0, 12]),
  Buffer.from([127, 0, 0, 1, 127, 0, 0, 1, 0xff, 0xff, 0, 1]),
]);
