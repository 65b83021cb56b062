import type { Environment } from "../../config/environment";
import { publicNames } from "../../config/public-names";
import { localAddress } from "../../kit/local-address";
import type { MailServer, MailServers } from "../../platform/model/mail-servers";
import type { RealmModel } from "../../platform/model/platform-model";

/**
 * Line of /etc/hosts for names that nobody has said to be public; undefined where there are none.
 *
 * @param realms whose people are told
 */
export function hostsFileLine(environment: Environment, realms: readonly RealmModel[]): string | undefined {
  const { bind, platform } = environment;
  const { keycloak } = platform.services;
  const hosts = realms.flatMap((realm) => {
    const names = publicNames(environment, realm);
    const { gateway, mailHost } = realm;
    return [
      ...(keycloak.managed && !names.keycloak ? [keycloak.endpoint.host] : []),
      ...(names.gateway ? [] : [gateway.host]),
      ...(names.mail || mailHost === undefined ? [] : [mailHost]),
    ];
  });
  return hosts.length === 0 ? undefined : [localAddress(bind), ...new Set(hosts)].join(" ");
}

/**
 * Records by which programs find the servers of a mail domain: RFC 6186 and 8314 for mail, 5804 for ManageSieve, 8620 for
 * JMAP. None where there is no TLS.
 */
export function dnsRecords({ platform }: Environment, realm: RealmModel, servers: MailServers): string[] {
  const { domain, gateway } = realm;
  const record = (service: string, { host, port }: Pick<MailServer, "host" | "port">) =>
    `_${service}._tcp.${domain}. SRV 0 1 ${port} ${host}.`;
  const { imap, submission, sieve } = servers;
  const startTls = ({ host, port, startTlsPort = port }: MailServer) => ({ host, port: startTlsPort });
  return [
    ...(platform.tls.mail === "off"
      ? []
      : [
          ...(imap.security === "SSL/TLS" ? [record("imaps", imap)] : []),
          record("imap", startTls(imap)),
          ...(submission.security === "SSL/TLS" ? [record("submissions", submission)] : []),
          record("submission", startTls(submission)),
          ...(sieve ? [record("sieve", sieve)] : []),
        ]),
    ...(gateway.scheme === "https" ? [record("jmap", gateway)] : []),
  ];
}

/** Whether some certificate that people's programs are shown is of the environment's own authority. */
export function ownAuthority({ platform }: Environment): boolean {
  return platform.certificates.some(({ from, listener }) => from === "own" && listener !== "internal");
}
