import { builtImages } from "../../../platform/image-set";
import { startContainer } from "../../gateway/lab/docker";

export interface SlapdOptions {
  /** Of the container. */
  readonly name: string;
  /** The run that it is of. */
  readonly test: string;
  /** slapd.conf; its database is in /tmp/directory, its certificate's files are in /etc/ldap/kit. */
  readonly configuration: string;
  readonly ldif: string;
  /** What `Authority.certify` makes. */
  readonly certificate: readonly { readonly name: string; readonly content: string }[];
  /** Where it listens, on the engine's machine. */
  readonly urls: readonly string[];
}

/** Starts a slapd that is not the kit's; its data are those of the LDIF after each start. */
export async function startSlapd({
  configuration,
  ldif,
  certificate,
  urls,
  ...run
}: SlapdOptions): Promise<void> {
  await startContainer({
    ...{ ...run, network: "host", aliases: [], image: builtImages().ldap.reference },
    files: [
      { path: "/etc/ldap/kit/slapd.conf", content: configuration },
      { path: "/etc/ldap/kit/directory.ldif", content: ldif },
      ...certificate.map(({ name, content }) => ({ path: `/etc/ldap/kit/${name}`, content })),
    ],
    command: [
      ...["bash", "-c"],
      `ulimit -n 1024; rm -rf /tmp/directory; mkdir /tmp/directory &&
       slapadd -q -f /etc/ldap/kit/slapd.conf -l /etc/ldap/kit/directory.ldif &&
       exec slapd -d none -f /etc/ldap/kit/slapd.conf -h '${urls.join(" ")}'`,
    ],
  });
}
