import type { GatewayRoute, Upstream } from "../../../constructs/gateway/gateway-route";
import { mailRoutes } from "../../../constructs/gateway/mail-routes";
import { defaultLimits, type HttpdConfig } from "../../../constructs/httpd/httpd-config";
import { startCommand } from "../../../constructs/httpd/httpd-start";
import { renderHttpd } from "../../../constructs/httpd/render-httpd";
import type { OpenidProvider } from "../../../constructs/keycloak/server/realm";
import type { ConfigFile } from "../../../constructs/workload/config-file";
import { Secret } from "../../../constructs/workload/secret";
import type { ServerCertificate } from "../../../constructs/workload/server-certificate";
import { freePort } from "../../engine";
import { autoconfigOf } from "../behaviour/autoconfig-behaviour";
import { type GatewayUnderTest, gatewayBehaviour, webOrigins } from "../behaviour/behaviour";
import { resourceServer } from "../behaviour/realm";
import { expiredToken } from "./expired-token";
import { type GatewayLab, kitImage, redisPassword } from "./gateway-lab";

const secret = (value: string) => new Secret("test", value);

export const userSecret = "hush-user-secret";

export const httpdHost = "apisix.example.com";

export interface HttpdUnderTest extends Pick<GatewayUnderTest, "baseUrl" | "publicUrl" | "routes" | "ca"> {
  /** Plain HTTP, as the environment's own services and the health check reach it. */
  readonly port: number;
}

export interface HttpdOptions {
  /** Routes that a user of the kit may add, given the upstream. @default none */
  readonly more?: (upstream: Upstream) => readonly GatewayRoute[];
  /** @default "keycloak" */
  readonly provider?: OpenidProvider;
  /** Whatever else is otherwise, given the plain port. @default nothing */
  readonly change?: (port: number) => Partial<HttpdConfig>;
  /** Path of the public URL. @default none */
  readonly path?: string;
  /** @default none */
  readonly files?: readonly ConfigFile[];
  readonly ca?: string;
}

/** Starts httpd with the routes of mail. */
export async function startHttpd(
  lab: GatewayLab,
  name: string,
  introspectionIntervalSeconds: number,
  {
    more = () => [],
    provider = "keycloak",
    change = () => ({}),
    path = "",
    files = [],
    ca,
  }: HttpdOptions = {},
): Promise<HttpdUnderTest> {
  const port = freePort();
  const changes = change(port);
  const { tls } = changes;
  const baseUrl = tls ? `https://${httpdHost}:${tls.port}` : `http://${httpdHost}:${port}`;
  const publicUrl = `${baseUrl}${path}`;
  const routes = mailRoutes({
    publicUrl,
    upstream: lab.upstreamAddress,
    userSecret: secret(userSecret),
    webFinger: { issuer: lab.realm.issuer, domains: ["localhost"] },
    autoconfig: autoconfigOf("localhost"),
  });
  const config: HttpdConfig = {
    port,
    host: httpdHost,
    routes: [...routes, ...more(lab.upstreamAddress)],
    oidc: {
      ...lab.realm,
      provider,
      clientId: resourceServer.clientId,
      clientSecret: secret(resourceServer.clientSecret),
    },
    webOrigins,
    introspectionIntervalSeconds,
    redis: { host: "redis.example.com", port: 6379, password: secret(redisPassword) },
    cryptoPassphrase: secret(`passphrase "of" \\ the $\{PATH} %41 tests`),
    limits: defaultLimits,
    ...changes,
  };
  const command = startCommand(config);
  await lab.startGateway(name, await kitImage("httpd"), port, [...renderHttpd(config), ...files], {
    ...(command && { command }),
    ports: tls ? [tls.port, ...(tls.redirectPort === undefined ? [] : [tls.redirectPort])] : [],
  });
  return { baseUrl, publicUrl, routes, port, ...(ca !== undefined && { ca }) };
}

/** A certificate of the lab's authority, and the files that it is in. */
export function labCertificate(lab: GatewayLab, name: string, ...hosts: [string, ...string[]]) {
  const folder = `/run/certificates/${name}`;
  const [, chain, key] = lab.authority.certify(...hosts);
  const certificate: ServerCertificate = {
    hosts,
    volume: { name: "certificates-gateway", path: "/run/certificates", readOnly: true },
    chainFile: `${folder}/chain.pem`,
    keyFile: `${folder}/key.pem`,
  };
  const files: ConfigFile[] = [
    { path: certificate.chainFile, content: chain?.content ?? "" },
    { path: certificate.keyFile, content: key?.content ?? "" },
  ];
  return { certificate, files };
}

/** Everything that a gateway must do; nothing that comes later has a Keycloak. */
export function httpdBehaviour(lab: () => GatewayLab, gateway: () => HttpdUnderTest): void {
  const expired = expiredToken(lab);

  gatewayBehaviour((): GatewayUnderTest => {
    const { client, upstream, stop } = lab();
    return {
      ...gateway(),
      upstream,
      userSecret,
      namesSubprotocol: false,
      revocationSeconds: 0,
      maxBodyBytes: defaultLimits.maxBodyBytes,
      login: () => client.login("mail"),
      loginAs: (address) => client.loginAs(address),
      logout: (tokens) => client.logout(tokens, "mail"),
      expired,
      otherIssuer: async () => (await client.login("mail", "other")).access,
      otherAudience: async () => (await client.login("other")).access,
      logoutToken: () => client.logoutToken(upstream),
      stopKeycloak: () => stop("keycloak"),
    };
  });
}
