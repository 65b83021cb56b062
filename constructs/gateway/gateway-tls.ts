import type { Problem } from "../../kit/errors";
import { certificateFor, type ServerCertificate } from "../workload/server-certificate";
import type { PublishedPort, WorkloadVolume } from "../workload/workload";
import type { Upstream } from "./gateway-route";
import { portProblem, upstreamProblem } from "./route-rules";

/** HTTPS on a gateway: TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2. Its plain port is then for the environment's own services. */
export interface GatewayTls {
  /** Port, the same inside and outside. */
  readonly port: number;
  /** Port in the URLs that people use, where a proxy or a mapping of ports is before it. @default port */
  readonly publicPort?: number;
  /** One for each host of the gateway; a host is shown the one that names it. */
  readonly certificates: readonly [ServerCertificate, ...ServerCertificate[]];
  /** Port of plain HTTP, the same inside and outside, which leads to HTTPS and takes no token. @default none */
  readonly redirectPort?: number;
  /**
   * Who answers the HTTP-01 challenges of a certificate authority, which come to `redirectPort`, for any host.
   * https://www.rfc-editor.org/rfc/rfc8555#section-8.3
   *
   * @default nobody
   */
  readonly challenges?: Upstream;
}

/** The ports that people reach: plain HTTP only where there is no HTTPS. */
export function publishedPorts(plainPort: number, tls: GatewayTls | undefined): PublishedPort[] {
  const ports = tls ? [tls.port, ...(tls.redirectPort === undefined ? [] : [tls.redirectPort])] : [plainPort];
  return ports.map((port) => ({ internal: port, external: port }));
}

/** The volumes that its certificates are on. */
export function certificateVolumes({ certificates }: GatewayTls): WorkloadVolume[] {
  return [...new Map(certificates.map(({ volume }) => [volume.path, volume])).values()];
}

/**
 * What is wrong with it, if anything.
 *
 * @param plainPort the gateway's own
 * @param hosts all that the gateway is asked by
 */
export function tlsProblem(
  { port, publicPort = port, redirectPort, certificates, challenges }: GatewayTls,
  plainPort: number,
  hosts: readonly string[],
): Omit<Problem, "where"> | undefined {
  const ports = [port, ...(redirectPort === undefined ? [] : [redirectPort])];
  const wrong = [...ports, publicPort].map(portProblem).find((problem) => problem !== undefined);
  if (wrong) return wrong;
  if (new Set([...ports, plainPort]).size <= ports.length) {
    return { what: "plain HTTP, HTTPS and what leads to it need a port each", got: [...ports, plainPort] };
  }
  const bare = hosts.find((host) => certificateFor(host, certificates) === undefined);
  if (bare !== undefined) {
    return {
      what: `no certificate is good for ${bare}`,
      got: certificates.flatMap((certificate) => [...certificate.hosts]),
      fix: "Give one that names it",
    };
  }
  if (challenges && redirectPort === undefined) {
    return { what: "challenges come by plain HTTP, which nothing listens for", fix: "Give redirectPort" };
  }
  return challenges && upstreamProblem(challenges);
}
