import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { KeycloakRealm } from "../../../constructs/keycloak/model/keycloak-realm";
import { keycloakMemory } from "../../../constructs/keycloak/server/keycloak-memory";
import {
  KeycloakServer,
  type KeycloakServerProps,
} from "../../../constructs/keycloak/server/keycloak-server";
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
