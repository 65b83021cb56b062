import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { SecretStore } from "../../config/secrets";
import { App } from "../../constructs/terraform";
import { Secret } from "../../constructs/workload/secret";
import { packageRoot } from "../../kit/package-root";
import { IdentityStack, keycloakAddress } from "../../stacks/identity-stack";
import { PlatformStack } from "../../stacks/platform-stack";
import { usersOfSecret } from "../../stacks/secret-users";
import { wantedRealms } from "../../stacks/wanted-realms";

it("makes the realms of its Keycloak alone, beside one of another provider, and no secret of that one's clients", () => {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const partner = {
    ...{ name: "partner", domain: "partner.test", hosts: { gateway: "mail.partner.test" } },
    ports: { imap: 1143, smtp: 1587, sieve: 14190 },
    people: [{ mail: "eve@partner.test" }],
    openid: {
      issuer: "https://auth.partner.test",
      jwksUrl: "https://auth.partner.test/jwks",
      introspectionUrl: "https://auth.partner.test/introspect",
    },
  };
  writeFileSync(
    join(directory, "mixed.yaml"),
    JSON.stringify({ images: "built", identity: "provider", realms: [partner] }),
  );
  const environment = loadEnvironment("mixed", { directory, env: {} });
  const env = { KIT_SECRET_PARTNER_JAMES_CLIENT: "of the partner" };
  const secrets = new SecretStore(join(directory, "secrets.json"), { env });
  const app = new App({ outdir: join(directory, "out") });
  const stack = { environment, secrets };
  const platform = new PlatformStack(app, "platform", {
    ...stack,
    privateDirectory: join(directory, "files"),
    stateFile: join(directory, "terraform.tfstate"),
  });
  new IdentityStack(app, "identity", { ...stack, platform, stateFile: join(directory, "identity.tfstate") });
  app.synth();
  const json = JSON.parse(readFileSync(join(directory, "out/stacks/identity/cdk.tf.json"), "utf8"));
  const realms = Object.values<{ realm: string }>(json.resource.keycloak_realm);
  expect(realms.map(({ realm }) => realm)).toEqual(["oidc"]);
  wantedRealms(environment, secrets);
  expect(secrets.names().filter((name) => name.startsWith("partner/"))).toEqual(["partner/jamesClient"]);
});

it.each<[string, object, string]>([
  ["what is published", { bind: "192.0.2.7", ports: { keycloak: 8090 } }, "http://192.0.2.7:8090/auth"],
  [
    "the machine's own port beside TLS",
    { bind: "192.0.2.7", tls: { mode: "own" } },
    "http://127.0.0.1:8081/auth",
  ],
  [
    "that port behind the gateway",
    { ports: { keycloak: null, keycloakAdmin: 9090 } },
    "http://127.0.0.1:9090/auth",
  ],
  [
    "what is published, not its public name on another port",
    {
      public: { keycloak: "https://login.example.org/auth" },
      proxy: { trusted: ["127.0.0.1"], protocol: "forwarded" },
    },
    "http://127.0.0.1:8080/auth",
  ],
])("reaches the kit's Keycloak from this machine by %s", (_, settings, address) => {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const allowed = {
    images: "built",
    ...settings,
    tls: { allowCleartext: true, ...("tls" in settings && (settings.tls as object)) },
  };
  writeFileSync(join(directory, "named.yaml"), JSON.stringify(allowed));
  expect(keycloakAddress(loadEnvironment("named", { directory, env: {} }))).toBe(address);
});

it("makes the realm after a platform that imports none, with no secret in either stack", () => {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const environment = loadEnvironment("offline", {
    directory: join(packageRoot, "environments"),
    env: { KIT_IDENTITY: "provider", KIT_BIND: "0.0.0.0", KIT_TLS_ALLOW_CLEARTEXT: "true" },
  });
  const secrets = new SecretStore(join(directory, "secrets.json"), { env: {} });
  const app = new App({ outdir: join(directory, "out") });
  const platform = new PlatformStack(app, "platform", {
    environment,
    secrets,
    privateDirectory: join(directory, "files"),
    stateFile: join(directory, "terraform.tfstate"),
  });
  const stateFile = join(directory, "identity.tfstate");
  const identity = new IdentityStack(app, "identity", { environment, secrets, platform, stateFile });
  app.synth();

  const [first, second] = ["platform", "identity"].map((name) =>
    readFileSync(join(directory, `out/stacks/${name}/cdk.tf.json`), "utf8"),
  ) as [string, string];
  for (const name of secrets.names()) {
    expect(first + second, name).not.toContain(secrets.get(name).reveal());
  }
  expect(first).not.toContain("/opt/keycloak/kit/import/");
  expect(first).toContain("/auth/realms/master/.well-known/openid-configuration");
  const json = JSON.parse(second);
  expect(json.terraform.backend.local.path).toBe(stateFile);
  expect(json.provider.keycloak[0]).toMatchObject({
    // From this machine: 0.0.0.0 is where Keycloak listens.
    url: "http://127.0.0.1:8080",
    initial_login: false,
    password: "${var.keycloak_admin}",
  });
  expect(Object.values(json.resource.keycloak_realm)).toMatchObject([
    { depends_on: ["terraform_data.keycloak-ready"] },
  ]);
  expect([...identity.variables.keys()].sort()).toEqual(Object.keys(json.variable).sort());
  const manifest = JSON.parse(readFileSync(join(directory, "out/manifest.json"), "utf8"));
  expect(manifest.stacks.identity.dependencies).toEqual(["platform"]);
});

it("makes every realm of an environment, each with secrets of its own", () => {
  const realms = [
    {
      name: "partner",
      domain: "partner.example",
      hosts: { gateway: "apisix.partner.example" },
      ports: { imap: 1143, smtp: 1587, sieve: 14190 },
      people: [{ mail: "amy@partner.example" }],
    },
  ];
  const load = (identity: string) =>
    loadEnvironment("offline", {
      directory: join(packageRoot, "environments"),
      env: { KIT_IDENTITY: identity, KIT_REALMS: JSON.stringify(realms) },
    });
  const environment = load("provider");
  const app = new App({ skipValidation: true });
  const secrets = { get: (name: string) => new Secret(name, `value of ${name}`) };
  const files = { privateDirectory: "files", stateFile: "terraform.tfstate" };
  const platform = new PlatformStack(app, "platform", { environment, secrets, ...files });
  const identity = new IdentityStack(app, "identity", { environment, secrets, platform, ...files });
  const { resource } = identity.toTerraform();
  const named = (type: string, name: string): string[] =>
    Object.values<Record<string, string>>(resource[type]).map((one) => one[name] as string);
  expect(named("keycloak_realm", "realm")).toEqual(["oidc", "partner"]);
  expect(named("keycloak_ldap_user_federation", "users_dn")).toEqual([
    "ou=people,dc=localhost",
    "ou=partner.example,dc=localhost",
  ]);
  const values = [...identity.variables].map(([name, secret]) => [name, secret.reveal()]);
  expect(values).toContainEqual(["oidc_client_james", "value of jamesClient"]);
  expect(values).toContainEqual(["partner_client_james", "value of partner/jamesClient"]);

  expect(usersOfSecret(environment, "partner/thunderbirdClient")).toEqual({ services: [], realm: true });
  expect([...usersOfSecret(load("import"), "partner/jamesClient").services].sort()).toEqual([
    ...["gateway", "james", "keycloak"],
  ]);
});

function resources(settings: object) {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(directory, "unit.yaml"), JSON.stringify({ images: "built", ...settings }));
  const environment = loadEnvironment("unit", { directory, env: {} });
  const app = new App({ skipValidation: true });
  const secrets = { get: (name: string) => new Secret(name, `value of ${name}`) };
  const files = { privateDirectory: "files", stateFile: "terraform.tfstate" };
  const platform = new PlatformStack(app, "platform", { environment, secrets, ...files });
  const identity = new IdentityStack(app, "identity", { environment, secrets, platform, ...files });
  return { environment, ...identity.toTerraform() };
}

it("makes clients alone in a Keycloak that is not the kit's, as its administrator", () => {
  const { environment, resource, provider } = resources({
    keycloak: { url: "https://sso.acme.example/auth", admin: { user: "kit", realm: "staff" } },
    realm: { name: "acme" },
  });
  expect(provider.keycloak).toMatchObject([
    { url: "https://sso.acme.example", base_path: "/auth", username: "kit", realm: "staff" },
  ]);
  expect(Object.keys(resource).sort()).toEqual([
    ...["keycloak_generic_protocol_mapper", "keycloak_openid_client", "terraform_data"],
  ]);
  for (const client of Object.values(resource.keycloak_openid_client)) {
    expect(client).toMatchObject({ realm_id: "acme", depends_on: ["terraform_data.keycloak-ready"] });
  }
  expect(usersOfSecret(environment, "jamesClient")).toMatchObject({ realm: true });
  expect(usersOfSecret(environment, "keycloakAdmin")).toEqual({ services: [], realm: false });
});
