import { isIPv4 } from "node:net";
import type { Problem } from "../../kit/errors";
import type { PublishedPort } from "./workload";

/** A proxy of somebody else's before the ports that a service publishes. */
export interface TrustedProxy {
  /**
   * IPv4 addresses and networks (`192.0.2.0/24`) from which it connects; nobody else is believed about a client's address.
   * 127.0.0.1 stands for programs of the engine's machine, which reach published ports from their network's gateway. So do
   * other containers, where they reach a published port: those behind such a proxy are published for the machine alone.
   */
  readonly trusted: readonly string[];
  /**
   * How it tells the address of a client: `forwarded` by X-Forwarded-For, over HTTP; `proxy-v2` by the PROXY protocol, version
   * 2, with which each of its connections must begin.
   * https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
   */
  readonly protocol: "forwarded" | "proxy-v2";
}

/** What is wrong with it, if anything. */
export function trustedProxyProblem({ trusted }: TrustedProxy): Omit<Problem, "where"> | undefined {
  const allowed = "IPv4 addresses and networks, as 192.0.2.7, 192.0.2.0/24";
  if (trusted.length === 0) return { what: "no address: nobody would be believed", allowed };
  for (const entry of trusted) {
    const network = networkOf(entry);
    if (network === undefined) return { what: "not an address or network", got: entry, allowed };
    if (network.length === 0)
      return { what: "everybody would be believed about a client's address", got: entry };
    if (network.address !== (network.address & network.mask) >>> 0) {
      return { what: "an address with the length of a network", got: entry, allowed };
    }
    if (network.address >>> 24 === 127 && entry !== machine) {
      return { what: "this machine's programs have one address here", got: entry, allowed: [machine] };
    }
  }
  return undefined;
}

/** Stands for the machine. */
const machine = "127.0.0.1";

/** Ports, as they are published behind a proxy. */
export function portsBehind(
  proxy: TrustedProxy | undefined,
  ports: readonly PublishedPort[],
): PublishedPort[] {
  const loopback = proxy?.trusted.includes(machine) ?? false;
  return ports.map((port) => (loopback ? { ...port, loopback } : port));
}

function networkOf(text: string) {
  const [, digits = "", length = "32"] = /^([\d.]+)(?:\/(\d|[12]\d|3[0-2]))?$/.exec(text) ?? [];
  if (!isIPv4(digits)) return undefined;
  const address = digits.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return { address, length: Number(length), mask: (-1 << (32 - Number(length))) >>> 0 };
}
