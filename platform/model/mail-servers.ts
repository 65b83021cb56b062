import type { Autoconfig, AutoconfigServer } from "../../constructs/gateway/autoconfig";
import { loginEndpoints } from "../../constructs/keycloak/server/realm";
import type { PlatformModel, RealmModel } from "./platform-model";

/** A mail server, as mail programs are told of it. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** By Thunderbird's words: from the first byte on, by a command of the protocol, or not at all. */
  readonly security: "SSL/TLS" | "STARTTLS" | "none";
  /** Where `security` is SSL/TLS: the port of programs that have STARTTLS only. */
  readonly startTlsPort?: number;
}

export interface MailServers {
  readonly imap: MailServer;
  readonly submission: MailServer;
  /** @default nobody can log in there */
  readonly sieve?: MailServer;
}

/** @param local what this machine is called where no name was given */
export function mailServersOf(
  { services, tls }: Pick<PlatformModel, "services" | "tls">,
  { mailHost, ports }: RealmModel,
  local: string,
): MailServers {
  const host = mailHost ?? local;
  const server = (port: number, tlsPort?: number): MailServer => {
    if (tls.mail === "off") return { host, port, security: "none" };
    if (tlsPort === undefined) return { host, port, security: "STARTTLS" };
    return { host, port: tlsPort, security: "SSL/TLS", startTlsPort: port };
  };
  return {
    imap: server(ports.imap, ports.imaps),
    submission: server(ports.smtp, ports.submissions),
    ...(services.james.sieve && { sieve: server(ports.sieve) }),
  };
}

/** What the mail programs of a realm's people configure themselves by; undefined where mail has no TLS: nobody is led there. */
export function autoconfigOf(
  model: Pick<PlatformModel, "services" | "tls">,
  realm: RealmModel,
): Autoconfig | undefined {
  const { domain, mailHost, oidc, existing } = realm;
  if (model.tls.mail === "off" || mailHost === undefined) return undefined;
  const { passwords } = model.services.james;
  const { imap, submission } = mailServersOf(model, realm, mailHost);
  const endpoints = loginEndpoints(oidc.issuer);
  return {
    domain,
    incoming: listeners(imap, passwords.imap),
    outgoing: listeners(submission, passwords.smtp),
    // Where another provider logs people in its discovery says, which nobody has read yet.
    ...(!existing && {
      login: {
        issuer: oidc.issuer,
        scopes: ["openid", "email", ...(mayStay(realm) ? ["offline_access"] : [])],
        authorizationUrl: endpoints.authorization,
        tokenUrl: endpoints.token,
      },
    }),
  };
}

function listeners(
  { host, port, startTlsPort = port, security }: MailServer,
  passwords: boolean,
): AutoconfigServer[] {
  return [
    ...(security === "SSL/TLS" ? [{ host, port, socketType: "SSL" as const, passwords }] : []),
    { host, port: startTlsPort, socketType: "STARTTLS", passwords },
  ];
}

/** Whether mail programs may stay logged in for longer than a session lives. */
function mayStay({ template, provision }: RealmModel): boolean {
  if (provision !== "realm") return false;
  const client = template?.clients?.find(({ clientId }) => clientId === "james-thunderbird");
  return client?.optionalClientScopes?.includes("offline_access") ?? false;
}
