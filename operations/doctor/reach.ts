import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";
import { reasonOf } from "../../kit/errors";
import type { Address } from "../../smoke/clients/socket";
import { type Finding, finding } from "./finding";
import type { Listener } from "./listener";

/** Milliseconds for one answer of DNS, or one connection. */
const timeout = 5_000;

/** Addresses of a name that are tried. */
const mostAddresses = 4;

export interface Reached {
  /** Where it is looked at: where its name leads, else where this machine publishes it. @default nobody listens */
  readonly address?: Address;
  readonly findings: readonly Finding[];
}

/** Looks up names, each once. */
export function resolver(): (name: string) => Promise<string[]> {
  const known = new Map<string, Promise<string[]>>();
  return (name) => {
    const asked = known.get(name) ?? resolve(name);
    known.set(name, asked);
    return asked;
  };
}

/** As this machine's programs do, /etc/hosts first. @throws when the name leads nowhere */
async function resolve(name: string): Promise<string[]> {
  if (isIP(name) !== 0) return [name];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeout / 1000} s`)), timeout);
  });
  try {
    const found = await Promise.race([lookup(name, { all: true }), late]);
    return [...new Set(found.map(({ address }) => address))];
  } finally {
    clearTimeout(timer);
  }
}

/** Finds where a listener can be looked at, and what is wrong on the way by its name. */
export async function reach(
  { where, named, published, isPublic }: Listener,
  addressesOf: (name: string) => Promise<string[]>,
): Promise<Reached> {
  const there = published && (await unreachable(published)) === undefined ? published : undefined;
  const down =
    published && !there
      ? [
          finding("error", "port", where, {
            what: `nobody listens at ${published.host}:${published.port}, where this machine publishes it`,
            fix: "`status` shows the containers, `up` starts them",
          }),
        ]
      : [];
  let addresses: string[];
  try {
    addresses = await addressesOf(named.host);
  } catch (error) {
    const unresolved = finding(isPublic ? "error" : "warning", "name", named.host, {
      what: "the name leads nowhere, on this machine",
      got: reasonOf(error),
      fix: isPublic
        ? "Give it an A record in DNS, and wait until resolvers know it"
        : "Clients need it in /etc/hosts, as `client show` prints it, or in DNS",
    });
    return { ...(there && { address: there }), findings: [unresolved, ...down] };
  }
  const tried = addresses.slice(0, mostAddresses);
  const reasons = await Promise.all(tried.map((host) => unreachable({ host, port: named.port })));
  const findings = tried.flatMap((host, index) =>
    reasons[index] === undefined || (down.length > 0 && published?.host === host)
      ? []
      : [
          finding("error", "port", where, {
            what: "nobody is reached where the name leads",
            got: `${named.host} is ${host}, port ${named.port}: ${reasons[index]}`,
            fix: there
              ? `It listens at ${there.host}:${there.port} of this machine: look at the DNS record, the firewall and what forwards the port`
              : "Look at the DNS record, the firewall, and what listens there",
          }),
        ],
  );
  const first = tried.find((_, index) => reasons[index] === undefined);
  const address = first === undefined ? there : { ...named, host: first };
  // Elsewhere than on its own machine an environment publishes nothing, and yet its names may lead there.
  return { ...(address && { address }), findings: [...(first === undefined ? down : []), ...findings] };
}

/** Why nobody is reached; undefined when somebody is. */
function unreachable({ host, port }: Pick<Address, "host" | "port">): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    const end = (reason?: string) => {
      socket.destroy();
      done(reason);
    };
    socket
      .setTimeout(timeout, () => end(`no answer within ${timeout / 1000} s`))
      .once("connect", () => end())
      .once("error", (error) => end(reasonOf(error)));
  });
}
