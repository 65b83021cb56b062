import { authoritySecret } from "../../config/secrets";
import { parseAuthority } from "../../constructs/certificates/authority";
import { localAddress, loopbackAddress } from "../../kit/local-address";
import type { Endpoint } from "../../platform/model/endpoint";
import type { PlatformModel, RealmModel } from "../../platform/model/platform-model";
import type { TlsListener } from "../../platform/model/platform-spec";
import { behindLocalProxy } from "../../platform/model/proxy";
import type { ReachedHosts } from "../../smoke/clients/http";
import type { Address, ServerIdentity } from "../../smoke/clients/socket";
import type { MailServers } from "../../smoke/steps/target";
import type { Deployment } from "../deployment/deployment";

/** By what people's programs are reached: the ports that this machine publishes, or the names that people are told. */
export type Way = "published" | "public";

/** Where a realm's people find their servers. */
export interface Servers extends Pick<ReachedHosts, "sso" | "ssoCa" | "gateway">, MailServers {
  /** Where plain HTTP leads to HTTPS. @default nothing does */
  readonly redirect?: Address;
}

/**
 * The certificates of which a listener's must be, in PEM: of the environment's own authority, or of the one that it names.
 * Undefined: those that this machine trusts, where others have issued it, or none was made yet.
 */
export function trustedAuthority(
  { environment, secrets }: Pick<Deployment, "environment" | "secrets">,
  listener: TlsListener,
): string | undefined {
  const { tls } = environment.platform;
  if (tls[listener] !== "own") return tls.ca;
  const isMade = secrets.names().includes(authoritySecret) || secrets.givenBy(authoritySecret) !== undefined;
  return isMade ? parseAuthority(secrets.get(authoritySecret)).certificate : undefined;
}

/** Where the people of a realm find their servers. */
export function serversOf(
  deployment: Pick<Deployment, "environment" | "secrets">,
  realm: RealmModel,
  way: Way,
): Servers {
  const { bind, platform } = deployment.environment;
  const { services, tls } = platform;
  const { gateway, keycloak } = services;
  const { mailHost, ports } = realm;
  const behind = behindLocalProxy(platform);
  const webAt = behind.web ? loopbackAddress(bind) : localAddress(bind);
  const publishedMail = behind.mail ? loopbackAddress(bind) : localAddress(bind);
  const identity = (name: string, listener: TlsListener): ServerIdentity => {
    const ca = trustedAuthority(deployment, listener);
    return { name, ...(ca !== undefined && { ca }) };
  };
  const proxied = proxiedFromHere(platform);
  /** A server of HTTP whose published port is known, and whether it has TLS itself. */
  const web = (endpoint: Endpoint, listener: TlsListener, port: number, hasTls: boolean): Address => {
    const { host, scheme } = endpoint;
    if (way === "public") {
      return { host, port: endpoint.port, ...(scheme === "https" && { tls: identity(host, listener) }) };
    }
    return {
      ...{ host: webAt, port },
      ...(hasTls && { tls: identity(host, listener) }),
      ...(proxied.web && listener === "gateway" && { proxied: true }),
    };
  };
  const gatewayPort = gateway.tls?.port ?? gateway.port;
  const behindGateway = (endpoint: Endpoint) =>
    web(endpoint, "gateway", gatewayPort, gateway.tls !== undefined);
  const sso = keycloak.behindGateway
    ? behindGateway(keycloak.endpoint)
    : web(keycloak.endpoint, "keycloak", keycloak.tlsPort ?? keycloak.port, keycloak.tlsPort !== undefined);
  const mailAt = way === "public" ? (mailHost ?? publishedMail) : publishedMail;
  const mailTls = tls.mail === "off" || mailHost === undefined ? undefined : identity(mailHost, "mail");
  const mail = (port: number, begins: "tls" | "startTls"): Address => ({
    ...{ host: mailAt, port },
    ...(mailTls && { [begins]: mailTls }),
    ...(way === "published" && proxied.mail && { proxied: true }),
  });
  const { redirectPort } = gateway.tls ?? {};
  return {
    ...(realm.provision === "realm" ? { sso } : realm.oidc.ca !== undefined && { ssoCa: realm.oidc.ca }),
    gateway: behindGateway(realm.gateway),
    ...(redirectPort !== undefined && {
      redirect: {
        ...(way === "public" ? { host: realm.gateway.host, port: 80 } : { host: webAt, port: redirectPort }),
        ...(way === "published" && proxied.web && { proxied: true }),
      },
    }),
    imap: mail(ports.imap, "startTls"),
    smtp: mail(ports.smtp, "startTls"),
    sieve: mail(ports.sieve, "startTls"),
    ...(ports.imaps !== undefined && { imaps: mail(ports.imaps, "tls") }),
    ...(ports.submissions !== undefined && { submissions: mail(ports.submissions, "tls") }),
  };
}

/** Whether programs of this machine must connect as the proxy does. */
function proxiedFromHere(model: PlatformModel): { readonly web: boolean; readonly mail: boolean } {
  const { web, mail } = behindLocalProxy(model);
  return { web: web && model.proxy?.protocol === "proxy-v2", mail };
}
