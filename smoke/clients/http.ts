import type { Socket } from "node:net";
import { Agent, type RequestInit, type Response, fetch as undiciFetch } from "undici";
import { type Address, connected, openSocket, type ServerIdentity, type TlsVariation } from "./socket";

/** Milliseconds that one network operation may take. A Keycloak that has just started needs seconds for the first login. */
export const NETWORK_TIMEOUT = 10_000;

/** An OpenID provider, by its issuer's URL. */
export interface Sso {
  readonly ssoUrl: string;
  /** Where it is reached. @default where its name says */
  readonly sso?: Address;
  /** Certificates in PEM, of which its own must be, where its name leads. @default those that Node.js trusts */
  readonly ssoCa?: string;
}

/** Where the platform's host names are reached. */
export interface ReachedHosts extends Sso {
  readonly gatewayUrl: string;
  readonly gateway: Address;
  readonly stranger?: Sso;
}

/** HTTP to the platform's host names where they are reached, and to others' where they are. */
export interface Http {
  /** Like the global `fetch`, but redirects are not followed. @throws for any other host than the platform's */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** A connection to the host of a URL, for clients that do not speak HTTP themselves. */
  connect(url: string | URL): Socket;
  /** Headers that a request to the URL must have: what a proxy says, where one is to have the TLS. */
  headers(url: string | URL): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export function createHttp(hosts: ReachedHosts): Http {
  const { stranger, gatewayUrl, gateway } = hosts;
  const sso = ({ ssoUrl, sso, ssoCa }: Sso): [string, Address] => [
    authority(ssoUrl),
    sso ?? resolved(ssoUrl, ssoCa),
  ];
  const addresses = new Map<string, Address>([
    ...(stranger ? [sso(stranger)] : []),
    sso(hosts),
    [authority(gatewayUrl), gateway],
  ]);
  const addressOf = (url: string | URL) => {
    const address = addresses.get(authority(url));
    if (address === undefined)
      throw new Error(
        `led to ${authority(url)}, which is neither the SSO nor the gateway (${[...addresses.keys()].join(", ")})`,
      );
    return address;
  };
  const connect = (url: string | URL) => openSocket(addressOf(url), http1);
  const headers = (url: string | URL) => {
    const { protocol, host } = new URL(url);
    const hasTls = addressOf(url).tls !== undefined;
    if (!isSecure(protocol) || hasTls) return {};
    return {
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": host,
      "x-forwarded-port": `${portOf(url)}`,
    };
  };

  const agent = agentTo(addressOf);

  return {
    async fetch(url, init = {}) {
      const all = new Headers(init.headers as Record<string, string>);
      for (const [name, value] of Object.entries(headers(url))) all.set(name, value);
      try {
        return await undiciFetch(url, {
          redirect: "manual",
          ...init,
          headers: Object.fromEntries(all),
          signal: AbortSignal.timeout(NETWORK_TIMEOUT),
          dispatcher: agent,
        });
      } catch (error) {
        // "fetch failed", or "aborted", without saying whom.
        const late = error instanceof Error && error.name === "TimeoutError";
        const why = late ? ` within ${NETWORK_TIMEOUT / 1000} s` : "";
        throw new Error(`no answer from ${authority(url)}${why}`, {
          cause: late ? undefined : rootCause(error),
        });
      }
    },
    connect,
    headers,
    close: () => agent.destroy(),
  };
}

const http1: TlsVariation = { ALPNProtocols: ["http/1.1"] };

/** Connections of HTTP to where URLs are reached, whatever their names lead to. */
export function agentTo(addressOf: (url: string) => Address, variation: TlsVariation = {}): Agent {
  return new Agent({
    headersTimeout: NETWORK_TIMEOUT,
    bodyTimeout: NETWORK_TIMEOUT,
    connect: ({ protocol, host, hostname }, callback) => {
      const address = addressOf(`${protocol}//${host ?? hostname}`);
      const socket = openSocket(address, { ...http1, ...variation }).setTimeout(NETWORK_TIMEOUT);
      const onTimeout = () => socket.destroy(new Error(`no connection within ${NETWORK_TIMEOUT / 1000} s`));
      const onError = (error: Error) => callback(error, null);
      socket
        .once("timeout", onTimeout)
        .once("error", onError)
        .once(connected(address), () => {
          socket.off("timeout", onTimeout).off("error", onError).setTimeout(0);
          callback(null, socket);
        });
    },
  });
}

/** Where a URL leads by its own name. */
export function resolved(url: string | URL, ca?: string): Address {
  const { protocol, hostname } = new URL(url);
  const identity: ServerIdentity = { name: hostname, ...(ca !== undefined && { ca }) };
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: portOf(url), ...(isSecure(protocol) && { tls: identity }) };
}

/** `host:port`, with the scheme's default port written out. */
function authority(url: string | URL): string {
  return `${new URL(url).hostname}:${portOf(url)}`;
}

function isSecure(protocol: string): boolean {
  return protocol === "https:" || protocol === "wss:";
}

function portOf(url: string | URL): number {
  const { protocol, port } = new URL(url);
  return Number(port) || (isSecure(protocol) ? 443 : 80);
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error;
}
