import { isIPv4 } from "node:net";
import type { Problem } from "../../kit/errors";

/** How a server is reached, as far as its certificate goes. */
interface Reached {
  readonly host: string;
  readonly tls?: boolean;
  readonly ca?: string;
}

/** What is wrong with how the certificate of a server is to be looked at. */
export function certificateProblems({
  host,
  tls = false,
  ca,
}: Reached): (Omit<Problem, "where"> & { readonly prop: "host" | "ca" })[] {
  return [
    ...(tls && isIPv4(host)
      ? [
          {
            prop: "host" as const,
            what: "a certificate is looked at for a DNS name",
            got: host,
            fix: "Name it by one",
          },
        ]
      : []),
    ...(!tls && ca !== undefined
      ? [
          {
            prop: "ca" as const,
            what: "the connection has no TLS, so that no certificate is seen",
            fix: "Say TLS, or leave ca out",
          },
        ]
      : []),
  ];
}
