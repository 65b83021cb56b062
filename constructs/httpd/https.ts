import { everyHost } from "../gateway/gateway-site";
import type { GatewayTls } from "../gateway/gateway-tls";
import { strictTransport } from "../gateway/security-headers";
import { certificateFor } from "../workload/server-certificate";
import type { HttpdConfig } from "./httpd-config";
import { copiedCertificate } from "./httpd-start";
import { encodedSlashes, quote, regexLiteral } from "./syntax";
import { proxyProtocol } from "./trusted-proxies";

export const httpsModules = ["ssl", "socache_shmcb", "http2"];

/** Those with forward secrecy and authenticated encryption, as "intermediate" of https://wiki.mozilla.org/Security/Server_Side_TLS */
const tls12CipherSuites = ["ECDSA", "RSA"].flatMap((key) =>
  ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].map((cipher) => `ECDHE-${key}-${cipher}`),
);

/** Directives of the whole server. @param threads of a process; with HTTP/2 requests, too, have one each */
export function httpsServer({ port, redirectPort }: GatewayTls, threads: number): string {
  return `# HTTPS
${[port, ...(redirectPort === undefined ? [] : [redirectPort])].map((number) => `Listen ${number}`).join("\n")}
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCipherSuite ${tls12CipherSuites.join(":")}
SSLHonorCipherOrder On
# Keys of tickets would be those of all sessions until the next restart.
SSLSessionTickets Off
SSLSessionCache "shmcb:/tmp/kit-tls-sessions(512000)"
H2MinWorkers ${Math.min(8, threads)}
H2MaxWorkers ${threads}
# Of httpd 2.4.71 the first message of an upstream may not come through: clients open WebSockets by HTTP/1.1.
H2WebSockets Off`;
}

/** Directives of a virtual host with TLS. */
export function httpsHost(host: string, { certificates }: GatewayTls): string {
  const certificate = certificateFor(host, certificates) ?? certificates[0];
  return `SSLEngine On
SSLCertificateFile ${quote(copiedCertificate(certificates.indexOf(certificate)))}
${host === "" ? "# The certificate is of another host: it must be some.\nLogLevel ssl:error\n" : ""}# As clients prefer. In the other order httpd offers h2 as an Upgrade in HTTP/1.1, which proxies pass on to HTTP/2.
Protocols http/1.1 h2
ProtocolsHonorOrder Off
Header always set Strict-Transport-Security ${quote(strictTransport)} "expr=-z resp('Strict-Transport-Security')"`;
}

/**
 * Plain HTTP, which leads to HTTPS; whatever a client sends is forgotten. Certificate authorities ask here, for any host
 * and by no other way, whoever answers their challenges: no path but theirs gets there.
 */
export function redirectSection(config: HttpdConfig & { readonly tls: GatewayTls }): string {
  const { redirectPort, port, publicPort = port, challenges } = config.tls;
  const challenge = "/.well-known/acme-challenge/";
  const suffix = publicPort === 443 ? "" : `:${publicPort}`;
  return `# Plain HTTP leads to HTTPS
<VirtualHost *:${redirectPort}>
ServerName unknown-host.invalid
${encodedSlashes}
${proxyProtocol(config)}<Location "/">
  AuthType None
  Require all granted
  RequestHeader unset Authorization
  RequestHeader unset Cookie
</Location>
RewriteEngine On
${
  challenges
    ? `ProxyPreserveHost On
RewriteCond %{REQUEST_METHOD} ^(?:GET|HEAD)$
RewriteRule "^${regexLiteral(challenge)}([A-Za-z0-9_-]+)$" "http://${challenges.host}:${challenges.port}${challenge}$1" [P,L]
`
    : ""
}${everyHost(config)
  .map(
    (host) => `RewriteCond %{HTTP_HOST} "^${regexLiteral(host)}\\.?(?::[0-9]*)?$" [NC]
RewriteCond %{THE_REQUEST} "^\\S+ (/[^?\\s]*)"
RewriteRule ^ "https://${host}${suffix}%1" [R=308,NE,L]`,
  )
  .join("\n")}
RewriteRule ^ - [R=404,L]
</VirtualHost>`;
}
