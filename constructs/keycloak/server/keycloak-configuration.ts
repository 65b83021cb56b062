import type { IPostgresDatabase } from "../../postgres/postgres-server";
import { databaseConnections, jdbcUrl } from "./keycloak-database";
import {
  type KeycloakServerProps,
  type KeycloakTls,
  keycloakUrls,
  tlsPort,
  withoutSlash,
} from "./keycloak-server-props";

/** Where certificates are that it trusts. */
export const trustFile = "/opt/keycloak/kit/trusted.pem";

type Settings = Readonly<Record<string, string | undefined>>;

/** Its keycloak.conf. https://www.keycloak.org/server/all-config; http-relative-path and db are fixed when the image is built. */
export function keycloakConfiguration(props: KeycloakServerProps, port: number): string {
  const { adminPassword, adminUrl, tls, behindGateway, proxy, realms = [], trustedCertificates } = props;
  const { database } = props;
  const { publicUrl, internalUrl } = keycloakUrls({ ...props, port });
  const settings: Settings = {
    "http-enabled": "true",
    "http-port": `${port}`,
    hostname: publicUrl,
    "hostname-admin": adminUrl && withoutSlash(adminUrl),
    // Its discovery document tells other services the address by which they come.
    "hostname-backchannel-dynamic": publicUrl === internalUrl ? undefined : "true",
    ...(tls && httpsSettings(tls)),
    ...(database && databaseSettings(database)),
    "proxy-headers": behindGateway || proxy ? "xforwarded" : undefined,
    // Its start program adds what only the container knows. Without this setting everybody would be believed.
    "proxy-trusted-addresses": behindGateway ? noClient : proxy?.trusted.join(","),
    "bootstrap-admin-username": "admin",
    "bootstrap-admin-password": propertyValue(adminPassword.reveal()),
    "log-level": "WARN",
    [concurrentLogins]: realms.length > 0 ? undefined : "true",
    "truststore-paths": trustedCertificates === undefined ? undefined : trustFile,
  };
  return Object.entries(settings)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}\n`]))
    .join("");
}

/** An address from which nothing comes to a container. */
const noClient = "127.0.0.1";

/**
 * What makes realms through the API logs in several times at once, as Keycloak's Terraform provider does: brute-force
 * protection would take the second login for a guess. Keycloak 26.8 lets it wait instead.
 */
const concurrentLogins = "spi-brute-force-protector--default-brute-force-detector--allow-concurrent-requests";

function httpsSettings({ certificate }: KeycloakTls): Settings {
  return {
    "https-port": `${tlsPort}`,
    "https-certificate-file": certificate.chainFile,
    "https-certificate-key-file": certificate.keyFile,
    // It takes no shorter time. Open connections stay.
    "https-certificates-reload-period": "30s",
    "https-protocols": "TLSv1.3,TLSv1.2",
    "https-cipher-suites": cipherSuites.join(","),
  };
}

/** Of its pool of connections it keeps none that it does not use. */
function databaseSettings(database: IPostgresDatabase): Settings {
  return {
    db: "postgres",
    "db-url": propertyValue(jdbcUrl(database)),
    "db-username": database.user,
    "db-password": propertyValue(database.password.reveal()),
    "db-pool-max-size": `${databaseConnections}`,
  };
}

/** With forward secrecy and authenticated encryption: of TLS 1.3 all that Java has, of TLS 1.2 those of RFC 9325, section 4.2. */
const cipherSuites = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_AES_128_GCM_SHA256",
  "TLS_CHACHA20_POLY1305_SHA256",
  ...["ECDSA", "RSA"].flatMap((key) =>
    ["AES_256_GCM_SHA384", "AES_128_GCM_SHA256", "CHACHA20_POLY1305_SHA256"].map(
      (cipher) => `TLS_ECDHE_${key}_WITH_${cipher}`,
    ),
  ),
];

/**
 * Text in a file of java.util.Properties that Keycloak reads: there a backslash escapes, and what comes out is expanded
 * as an expression, in which `\$` is a dollar. https://smallrye.io/smallrye-config/Main/config/expressions/
 */
function propertyValue(text: string): string {
  return text
    .replace(/\\/g, "\\\\")
    .replaceAll("$", () => "\\\\$")
    .replace(/^\s/, "\\$&");
}
