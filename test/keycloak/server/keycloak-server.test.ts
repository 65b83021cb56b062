import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { KeycloakRealm } from "../../../constructs/keycloak/model/keycloak-realm";
import { keycloakMemory } from "../../../constructs/keycloak/server/keycloak-memory";
import { KeycloakServer } from "../../../constructs/keycloak/server/keycloak-server";
import type { KeycloakServerProps } from "../../../constructs/keycloak/server/keycloak-server-props";
import type { ServerCertificate } from "../../../constructs/workload/server-certificate";
import { builtImages } from "../../../platform/image-set";
import { image, secret, synth, testStack } from "../../template";

const built = builtImages().keycloak;

function build(props: Partial<KeycloakServerProps> = {}) {
  const { stack, engine, privateDirectory } = testStack();
  const keycloak = new KeycloakServer(stack, "keycloak", {
    engine,
    image,
    adminPassword: secret("admin $ecret"),
    realms: [{ realm: "oidc", clients: [{ clientId: "james", secret: "client secret" }] }],
    ...props,
  });
  const template = synth(stack);
  const file = (path: string) => readFileSync(join(privateDirectory, "keycloak", path), "utf8");
  return { keycloak, template, container: template.resource("docker_container"), file };
}

describe("KeycloakServer", () => {
  it("minimal: one issuer inside and outside, data on a volume, secrets in private files only", () => {
    const { keycloak, template, container, file } = build();
    expect(keycloak.realm("oidc").issuer).toBe("http://sso.example.com:8080/auth/realms/oidc");
    expect(container).toMatchObject({
      ports: [{ internal: 8080, external: 8080 }],
      networks_advanced: [{ aliases: ["sso.example.com"] }],
    });
    expect(template.names("docker_volume")).toEqual(["unit-keycloak-data"]);
    expect(template.text).not.toMatch(/ecret"|client secret|admin \$/);
    expect(file("opt/keycloak/conf/keycloak.conf")).toContain("bootstrap-admin-password=admin \\\\$ecret\n");
    expect(JSON.parse(file("opt/keycloak/kit/import/oidc.json"))).toMatchObject({ realm: "oidc" });
  });

  it("maximal: host, port, limits, several realms", () => {
    const { container, file } = build({
      host: "login.test",
      port: 9000,
      heapMb: 300,
      memoryMb: 700,
      realms: [{ realm: "a" }, { realm: "b" }],
    });
    expect(container).toMatchObject({ memory: 700, ports: [{ internal: 9000, external: 9000 }] });
    expect(JSON.stringify(container.env)).toContain("-Xmx300m");
    expect(file("opt/keycloak/conf/keycloak.conf")).toContain("hostname=http://login.test:9000/auth\n");
    expect(JSON.parse(file("opt/keycloak/kit/import/b.json"))).toEqual({ realm: "b" });
  });

  describe("a database in PostgreSQL", () => {
    const database = (server: object = {}) => ({
      server: { host: "db.test", port: 5432, ...server },
      ...{ name: "keycloak", user: "kc", password: secret('p"a\\$s') },
    });
    const conf = "opt/keycloak/conf/keycloak.conf";

    it("is given up within a minute when it went without a word", () => {
      const { sysctls } = build({ database: database() }).container;
      expect(sysctls).toMatchObject({ "net.ipv4.tcp_retries2": "7", "net.ipv4.tcp_keepalive_time": "30" });
      expect(build().container.sysctls).toBeUndefined();
    });

    it("is asked by no connection that is gone: each is tried before it is used", () => {
      const options = (props: object) => JSON.stringify(build(props).container.env);
      expect(options({ database: database() })).toContain(
        "-Dquarkus.datasource.jdbc.validate-on-borrow=true",
      );
      expect(options({})).not.toContain("quarkus");
    });

    it("takes the place of the volume; the password is in private files only, as each reader has it", () => {
      const { template, container, file } = build({ database: database() });
      expect(template.names("docker_volume")).toEqual([]);
      expect(file(conf)).toContain(
        "db=postgres\ndb-url=jdbc:postgresql://db.test:5432/keycloak?sslmode=disable&tcpKeepAlive=true\ndb-username=kc\n",
      );
      expect(file(conf)).toContain('db-password=p"a\\\\\\\\$s\n');
      expect(file("opt/keycloak/kit/database")).toContain('"-password"\n"p\\"a\\\\$s"\n');
      expect(template.text).not.toContain("a\\\\$s");
      expect(JSON.stringify(container.labels)).toContain("db.test:5432/keycloak");
    });

    it("by TLS no server but one of that name and authority", () => {
      const own = build({ database: database({ tls: true, ca: "PEM" }) });
      expect(own.file(conf)).toContain("?sslmode=verify-full&sslrootcert=/opt/keycloak/kit/database-ca.pem&");
      expect(own.template.text).toContain("/opt/keycloak/kit/database-ca.pem");
      expect(build({ database: database({ tls: true }) }).file(conf)).toContain(
        "?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory&",
      );
    });

    it("each import of a realm gives it another id", () => {
      const realms = [{ realm: "oidc", id: "e2d0" }];
      const imported = (props: object) =>
        JSON.parse(build({ realms, ...props }).file("opt/keycloak/kit/import/oidc.json"));
      expect(imported({ database: database() })).toEqual({ realm: "oidc" });
      expect(imported({})).toEqual({ realm: "oidc", id: "e2d0" });
    });
  });

  const certificate: ServerCertificate = {
    hosts: ["login.example.org", "*.admin.example.org"],
    volume: { name: "certificates-keycloak", path: "/run/certificates", readOnly: true },
    chainFile: "/run/certificates/login/chain.pem",
    keyFile: "/run/certificates/login/key.pem",
  };
  const publicUrl = "https://login.example.org/auth";

  it("is, with nothing of public names and TLS, configured as before there were such", () => {
    expect(
      build({ adminPassword: secret("a") }).file("opt/keycloak/conf/keycloak.conf"),
    ).toBe(`http-enabled=true
http-port=8080
hostname=http://sso.example.com:8080/auth
bootstrap-admin-username=admin
bootstrap-admin-password=a
log-level=WARN
`);
  });

  it("HTTPS on its own port: the public URL is the issuer's, services come by plain HTTP, which is not published", () => {
    const { keycloak, container, file } = build({
      publicUrl: `${publicUrl}/`,
      tls: { port: 443, certificate },
    });
    expect(keycloak.realm("oidc")).toMatchObject({
      issuer: "https://login.example.org/auth/realms/oidc",
      internalDiscoveryUrl: "http://sso.example.com:8080/auth/realms/oidc/.well-known/openid-configuration",
    });
    expect(container.ports).toEqual([{ internal: 8443, external: 443, ip: "127.0.0.1" }]);
    expect(JSON.stringify(container.env)).toContain("-Djdk.tls.rejectClientInitiatedRenegotiation=true");
    expect(container.volumes).toContainEqual(
      expect.objectContaining({ container_path: "/run/certificates", read_only: true }),
    );
    expect(file("opt/keycloak/conf/keycloak.conf").split("\n")).toEqual(
      expect.arrayContaining([
        "hostname=https://login.example.org/auth",
        "hostname-backchannel-dynamic=true",
        "https-certificate-file=/run/certificates/login/chain.pem",
        "https-certificate-key-file=/run/certificates/login/key.pem",
        "https-protocols=TLSv1.3,TLSv1.2",
      ]),
    );
  });

  it("behind the gateway: publishes nothing but what administrators of the machine use, and believes its own network", () => {
    const { container, file } = build({
      publicUrl: "https://mail.example.org/sso",
      behindGateway: true,
      adminPort: 8081,
      adminUrl: "http://127.0.0.1:8081/auth",
    });
    expect(container.ports).toEqual([{ internal: 8080, external: 8081, ip: "127.0.0.1" }]);
    expect(container.env).toContain("KIT_TRUSTED_NETWORK=sso.example.com");
    expect(file("opt/keycloak/conf/keycloak.conf")).toMatch(
      /^hostname=https:\/\/mail.example.org\/sso\nhostname-admin=http:\/\/127.0.0.1:8081\/auth\n.*\nproxy-headers=xforwarded\nproxy-trusted-addresses=127.0.0.1\n/m,
    );
  });

  it("behind a proxy of somebody else's: believes that alone", () => {
    const { container, file } = build({
      publicUrl,
      proxy: { trusted: ["192.0.2.0/24", "127.0.0.1"], protocol: "forwarded" },
    });
    expect(container.ports).toMatchObject([{ internal: 8080, external: 8080 }]);
    expect(file("opt/keycloak/conf/keycloak.conf")).toContain(
      "proxy-headers=xforwarded\nproxy-trusted-addresses=192.0.2.0/24,127.0.0.1\n",
    );
  });

  it("trusts the certificates that it is given, and no file of them is named otherwise", () => {
    const { container, file } = build({ trustedCertificates: "PEM" });
    expect(file("opt/keycloak/conf/keycloak.conf")).toMatch(
      /^truststore-paths=\/opt\/keycloak\/kit\/trusted.pem$/m,
    );
    expect(JSON.stringify(container.upload)).toContain("/opt/keycloak/kit/trusted.pem");
    expect(build().file("opt/keycloak/conf/keycloak.conf")).not.toContain("truststore");
  });

  it("takes several logins of one user at once where its realms are made through the API, and nowhere else", () => {
    const configuration = (props: Partial<KeycloakServerProps>) =>
      build(props).file("opt/keycloak/conf/keycloak.conf");
    expect(configuration({ realms: [] })).toMatch(/^spi-brute-force.*allow-concurrent-requests=true$/m);
    expect(configuration({})).not.toContain("concurrent");
  });

  it("writes a password so that Keycloak, which unescapes and then expands it, reads the same", () => {
    const { file } = build({ adminPassword: secret(' a\\b$$c\\${d}#"') });
    const line = /^bootstrap-admin-password=(.*)$/m.exec(file("opt/keycloak/conf/keycloak.conf"))?.[1];
    // As java.util.Properties and SmallRye's ExpressionConfigSourceInterceptor do.
    const unescaped = line?.replace(/\\(.)/g, "$1");
    const expanded = unescaped
      ?.replaceAll("\\$", "$$$$")
      .replace(/\$\$|\$\{[^}]*\}/g, (found) => (found === "$$" ? "$" : ""));
    expect([line?.[0], expanded]).toEqual(["\\", ' a\\b$$c\\${d}#"']);
  });

  it("imports realms of the model, with what is added to them later", () => {
    const { stack, engine, privateDirectory } = testStack();
    const realms = ["staff", "guests"].map((name) => new KeycloakRealm(stack, name));
    new KeycloakServer(stack, "keycloak", { engine, image, adminPassword: secret("a"), realms });
    realms[1]?.addRole("reader");
    expect(synth(stack).text).toContain("/auth/realms/staff/.well-known/openid-configuration");
    const file = join(privateDirectory, "keycloak/opt/keycloak/kit/import/guests.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      realm: "guests",
      roles: { realm: [{ name: "reader" }] },
    });
  });

  it.each<[string, Partial<KeycloakServerProps>, RegExp]>([
    [
      "two realms of one name",
      { realms: [{ realm: "a" }, { realm: "a" }] },
      /keycloak\.realms: two realms have one name/,
    ],
    [
      "a public URL with a query",
      { publicUrl: "http://a.example.org/auth?b" },
      /keycloak\.publicUrl: not a base URL/,
    ],
    ["a path that nothing maps", { publicUrl: "http://a.example.org/sso" }, /keycloak\.publicUrl.*\/auth/s],
    ["https that nobody speaks", { publicUrl }, /keycloak\.publicUrl: nobody speaks HTTPS/],
    [
      "http beside TLS",
      { tls: { port: 443, certificate } },
      /keycloak\.publicUrl: browsers come by HTTPS alone/,
    ],
    [
      "certificates of other hosts",
      { publicUrl, adminUrl: "https://a.b.admin.example.org/auth", tls: { port: 443, certificate } },
      /keycloak\.tls: its certificate.*a\.b\.admin\.example\.org/s,
    ],
    [
      "two ways to it",
      { publicUrl, tls: { port: 443, certificate }, behindGateway: true },
      /keycloak\.tls: browsers would come by two ways/,
    ],
    [
      "plain HTTP on the port of HTTPS",
      { publicUrl, tls: { port: 443, certificate }, port: 8443 },
      /keycloak\.tls: plain HTTP and HTTPS/,
    ],
    ["an administrators' port that is that of browsers", { adminPort: 8080 }, /keycloak\.adminPort/],
    [
      "an administration URL on no path",
      { adminUrl: "http://127.0.0.1:8081" },
      /keycloak\.adminUrl.*\/auth/s,
    ],
    [
      "the PROXY protocol, which Keycloak takes from everybody",
      { proxy: { trusted: ["192.0.2.1"], protocol: "proxy-v2" } },
      /keycloak\.proxy.*gateway/s,
    ],
    [
      "a proxy before the gateway",
      { publicUrl, behindGateway: true, proxy: { trusted: ["192.0.2.1"], protocol: "forwarded" } },
      /keycloak\.proxy: the gateway is between/,
    ],
    [
      "trust in a name",
      { proxy: { trusted: ["proxy.example.org"], protocol: "forwarded" } },
      /keycloak\.proxy: .*proxy\.example\.org/s,
    ],
    ["the realm master", { realms: [{ realm: "master" }] }, /keycloak\.realms: realm master/],
    ["a heap that it does not start with", { heapMb: 127, image: built }, /keycloak\.heapMb.*128 or more/],
    [
      "one in which a registry's image cannot prepare itself",
      { heapMb: 128 },
      /keycloak\.heapMb.*256 or more/,
    ],
    ["a limit below the heap", { heapMb: 512, memoryMb: 600, image: built }, /keycloak\.memoryMb.*704/],
    [
      "one that the first start of a registry's image exceeds",
      { heapMb: 512, memoryMb: 512 + keycloakMemory.besideHeap.registry - 1 },
      new RegExp(`keycloak\\.memoryMb.*${512 + keycloakMemory.besideHeap.registry}`),
    ],
  ])("refuses %s", (_, props, message) => {
    expect(() => build(props)).toThrow(message);
  });
});
