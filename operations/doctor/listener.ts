import type { TlsMode } from "../../platform/model/platform-spec";
import type { MailProtocol } from "../../smoke/clients/mail-session";
import type { Address } from "../../smoke/clients/socket";

/** Something that people's programs connect to. */
export interface Listener {
  /** As findings call it: `https://mail.example.org`, `imaps://mail.example.org:993`. */
  readonly where: string;
  readonly protocol: "http" | MailProtocol;
  /** Where its name leads. */
  readonly named: Address;
  /** Where this machine publishes it. @default it is somebody else's */
  readonly published?: Address;
  /** Whether the name was given to be public: it must resolve for everybody. */
  readonly isPublic: boolean;
  /** Who sees to its certificate; `other`: a proxy, or whoever runs the server. */
  readonly certificate: TlsMode | "other";
}

/** Who the server at an address must prove to be; undefined without TLS. */
export function identityOf({ tls, startTls }: Address) {
  return tls ?? startTls;
}
