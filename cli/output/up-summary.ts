import { jamesLines } from "../../constructs/james/known-releases";
import { localAddress } from "../../kit/local-address";
import { currentCopy } from "../../operations/deployment/current-environment";
import type { Deployment } from "../../operations/deployment/deployment";
import { externalServiceLines } from "../../platform/model/external-services";
import { type MailServer, mailServersOf } from "../../platform/model/mail-servers";
import type { RealmModel } from "../../platform/model/platform-model";
import { capacityLines, shortfalls } from "../../platform/model/shortfalls";
import { formatSeconds, summarizeTimings } from "../../setup/progress/progress";
import { hostsFileLine, ownAuthority } from "./mail-servers";
import type { Output } from "./output";

/** What `up` says at its end. */
export function upSummary(
  { environment }: Deployment,
  changed: number,
  seconds: number,
  { progress }: Output,
): string {
  const { name, platform } = environment;
  const { keycloak, james } = platform.services;
  const [first, ...further] = platform.realms;
  const kit = currentCopy() ? `scripts/kit --name ${name}` : "scripts/kit";
  const hostsFile = hostsFileLine(environment, platform.realms);
  const mail = (realm: RealmModel) => {
    const servers = mailServersOf(platform, realm, localAddress(environment.bind));
    const { imap, submission, sieve } = servers;
    const server = ({ port, security, startTlsPort }: MailServer) =>
      `${port}${{ none: "", STARTTLS: " (STARTTLS)", "SSL/TLS": " (TLS)" }[security]}${startTlsPort === undefined ? "" : ` and ${startTlsPort} (STARTTLS)`}`;
    return [
      `${imap.host}: IMAP ${server(imap)}`,
      `submission ${server(submission)}`,
      ...(sieve ? [`ManageSieve ${server(sieve)}`] : []),
    ].join(", ");
  };
  return [
    changed > 0
      ? `environment ${name} is up: ${changed} changes in ${formatSeconds(seconds)}`
      : `environment ${name} is up; nothing to change (${formatSeconds(seconds)})`,
    "where the time went:",
    ...summarizeTimings(progress.timings()),
    "",
    ...(keycloak.managed ? [`Keycloak     ${keycloak.url}   user ${keycloak.admin?.user}`] : []),
    `JMAP         ${first.gatewayUrl}/oidc/jmap/session${james.passwords.jmap ? ", with a password: /jmap/session" : ""}`,
    `mail         ${mail(first)}`,
    ...further.flatMap((realm) => [
      `realm ${realm.name}, for ${realm.domain}:`,
      `JMAP         ${realm.gatewayUrl}/oidc/jmap/session`,
      `mail         ${mail(realm)}`,
    ]),
    ...(hostsFile === undefined ? [] : [`for browsers and mail clients, in /etc/hosts:   ${hostsFile}`]),
    ...(ownAuthority(environment)
      ? [`certificates are of the environment's own authority; clients must trust it:   ${kit} ca show`]
      : []),
    ...externalServiceLines(platform),
    ...jamesLines(james.release),
    ...capacityLines(platform, shortfalls(platform)),
    `passwords:   ${kit} secrets show`,
  ].join("\n");
}
