import { describe, expect, it } from "vitest";
import { KeycloakProvider } from "../../../constructs/keycloak/bindings/provider";
import { mailRealm } from "../../../constructs/keycloak/model/realm/mail-realm";
import type { RealmResourceOptions } from "../../../constructs/keycloak/provider/realm/realm-scope";
import { realmResources } from "../../../constructs/keycloak/provider/realm-resources";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { kitRealm } from "../../../constructs/keycloak/representation/realm-template";
import { App, TerraformStack, Testing } from "../../../constructs/terraform";
import { Secret } from "../../../constructs/workload/secret";
import { directory } from "../model/realms";

type Resource = Record<string, unknown> & {
  readonly lifecycle?: { prevent_destroy?: boolean };
  readonly depends_on?: readonly string[];
};

const admin = { url: "http://127.0.0.1:8080/auth", username: "admin", password: "${var.keycloak_admin}" };

function render(realm: RealmRepresentation, options: Partial<RealmResourceOptions> = {}) {
  const stack = new TerraformStack(new App(), "identity");
  new KeycloakProvider(stack, "keycloak", { url: "http://127.0.0.1:8080" });
  const { variables } = realmResources(stack, realm, { admin, ...options });
  const text = Testing.synth(stack, true);
  const json = JSON.parse(text) as {
    resource: Record<string, Record<string, Resource>>;
    data?: Record<string, Record<string, object>>;
    variable?: Record<string, object>;
  };
  const all = (type: string) => Object.values(json.resource[type] ?? {});
  return { text, json, variables, all, one: (type: string) => all(type)[0] as Resource };
}

const storage = "org.keycloak.storage.UserStorageProvider";
const federation = {
  name: "ldap",
  providerId: "ldap",
  config: {
    connectionUrl: ["ldap://ldap:389"],
    usersDn: ["ou=people"],
    bindDn: ["cn=admin"],
    bindCredential: ["bind secret"],
    usernameLDAPAttribute: ["uid"],
    rdnLDAPAttribute: ["uid"],
    uuidLDAPAttribute: ["entryUUID"],
    userObjectClasses: ["inetOrgPerson, person"],
    connectionTimeout: ["1500"],
  },
};
const withFederation = {
  realm: "r",
  components: { [storage]: [federation] },
} as unknown as RealmRepresentation;

describe("realmResources", () => {
  it("minimal: a realm says Keycloak's defaults where the provider would say others", () => {
    const { one, json } = render({ realm: "r" });
    expect(one("keycloak_realm")).toMatchObject({
      realm: "r",
      login_with_email_allowed: true,
      access_token_lifespan: "5m0s",
      sso_session_max_lifespan: "10h0m0s",
      otp_policy: { type: "totp" },
    });
    // Keycloak's own scopes stay when the realm has none of its own.
    expect(Object.keys(json.resource)).toEqual(["keycloak_realm"]);
  });

  it("keeps every secret out of the JSON, and gives it by ephemeral variables with a version", () => {
    const { text, json, variables, all, one } = render({
      ...withFederation,
      smtpServer: { host: "smtp", from: "a@b", auth: "true", user: "u", password: "smtp secret" },
      clients: [
        { clientId: "james", secret: "james secret", attributes: { "kit.secret.version": "3" } },
        { clientId: "oidc", publicClient: true, redirectUris: ["http://localhost/"] },
      ],
      identityProviders: [
        {
          alias: "idp",
          providerId: "oidc",
          config: {
            clientSecret: "idp secret",
            authorizationUrl: "http://i/a",
            tokenUrl: "http://i/t",
            clientId: "c",
          },
        },
      ],
    } as RealmRepresentation);
    for (const secret of ["bind secret", "smtp secret", "james secret", "idp secret"]) {
      expect(text).not.toContain(secret);
      expect([...variables.values()].map((value) => value.reveal())).toContain(secret);
    }
    for (const variable of Object.values(json.variable ?? {})) {
      expect(variable).toMatchObject({ sensitive: true, ephemeral: true });
    }
    const james = all("keycloak_openid_client").find(({ client_id }) => client_id === "james");
    expect(james).toMatchObject({
      access_type: "CONFIDENTIAL",
      client_secret_wo: "${var.r_client_james}",
      client_secret_wo_version: "3",
    });
    expect(one("keycloak_ldap_user_federation")).toMatchObject({
      bind_credential_wo: "${var.r_federation_ldap}",
      bind_credential_wo_version: "1",
    });
  });

  it("gives a provider without write-only bind credentials Keycloak's mask, and the credential by a program", () => {
    const { text, one, all } = render(withFederation, {
      lacks: ["keycloak_ldap_user_federation.bind_credential_wo"],
      secretOf: () => new Secret("ldap", "bind secret", 7),
    });
    expect(text).not.toContain("bind secret");
    expect(one("keycloak_ldap_user_federation").bind_credential).toBe("**********");
    expect(all("terraform_data")).toHaveLength(1);
    expect(one("terraform_data").triggers_replace).toMatchObject({ version: "7" });
  });

  it.each([
    [undefined, true],
    [true, true],
    [false, undefined],
  ])("deletionProtection %s: realm and federation are protected: %s", (deletionProtection, expected) => {
    const { one } = render(withFederation, deletionProtection === undefined ? {} : { deletionProtection });
    for (const type of ["keycloak_realm", "keycloak_ldap_user_federation"]) {
      expect(one(type).lifecycle?.prevent_destroy).toBe(expected);
    }
  });

  it("refuses a confidential client whose secret nobody knows, and a masked one", () => {
    for (const secret of [undefined, "**********"]) {
      expect(() => render({ realm: "r", clients: [{ clientId: "c", ...(secret && { secret }) }] })).toThrow(
        /clients\[c\]\.secret: the client is confidential/,
      );
    }
  });

  it("leaves Keycloak's own clients alone, unless they are told otherwise", () => {
    const own = { clientId: "admin-cli", publicClient: true, directAccessGrantsEnabled: true };
    const kept = { ...own, name: "${client_admin-cli}", standardFlowEnabled: false };
    expect(render({ realm: "r", clients: [kept] }).all("keycloak_openid_client")).toEqual([]);
    const { one } = render({ realm: "r", clients: [{ ...kept, enabled: false }] });
    expect(one("keycloak_openid_client")).toMatchObject({ import: true, enabled: false });
  });

  it("gives Keycloak's consoles the scopes that an import gives them, and offline_access its role", () => {
    const { all, json } = render(
      mailRealm(kitRealm(), {
        directory,
        clients: {
          james: { secret: directory.bindPassword },
          "james-thunderbird": { secret: directory.bindPassword, redirectUris: ["http://localhost"] },
          oidc: { redirectUris: ["http://localhost"] },
        },
      }),
    );
    const scopes = all("keycloak_openid_client_default_scopes").map((resource) => [
      String(resource.client_id).replace(/^\$\{(data\.)?keycloak_openid_client\.|_[0-9A-F]+\.id\}$/g, ""),
      resource.default_scopes,
    ]);
    for (const console of ["account", "account-console", "security-admin-console"]) {
      expect(scopes).toContainEqual([`oidc_known-client-${console}`, ["basic", "email", "profile", "roles"]]);
    }
    expect(all("keycloak_generic_role_mapper")).toMatchObject([
      {
        client_scope_id: expect.stringContaining("offline_access"),
        role_id: expect.stringContaining("data.keycloak_role."),
      },
    ]);
    expect(Object.values(json.data?.keycloak_role ?? {})).toMatchObject([{ name: "offline_access" }]);
  });

  it("says nothing of a cache's eviction that there is not: the provider refuses the -1 that it writes itself", () => {
    expect(render(withFederation).one("keycloak_ldap_user_federation").cache).toBeUndefined();
    const cached = structuredClone(withFederation) as { components: Record<string, { config: object }[]> };
    const config = { cachePolicy: ["EVICT_DAILY"], evictionHour: ["3"], evictionDay: ["-1"] };
    for (const one of cached.components[storage] ?? []) Object.assign(one.config, config);
    const { one } = render(cached as unknown as RealmRepresentation);
    expect(one("keycloak_ldap_user_federation").cache).toEqual({ policy: "EVICT_DAILY", eviction_hour: 3 });
  });

  it("makes the steps of a flow in their order, whatever their order in the representation", () => {
    const step = (authenticator: string, priority: number) => ({
      authenticator,
      priority,
      requirement: "REQUIRED",
    });
    const { all, one, json } = render({
      realm: "r",
      browserFlow: "mine",
      authenticationFlows: [
        { alias: "browser", builtIn: true, topLevel: true, providerId: "basic-flow" },
        {
          alias: "mine",
          topLevel: true,
          builtIn: false,
          providerId: "basic-flow",
          authenticationExecutions: [step("c", 30), step("a", 10), step("b", 20)],
        },
      ],
    } as RealmRepresentation);
    const executions = all("keycloak_authentication_execution");
    expect(executions.map(({ authenticator, priority }) => [authenticator, priority])).toEqual([
      ["a", 10],
      ["b", 20],
      ["c", 30],
    ]);
    const addresses = Object.keys(json.resource.keycloak_authentication_execution ?? {}).map(
      (id) => `keycloak_authentication_execution.${id}`,
    );
    expect(executions.map(({ depends_on = [] }) => depends_on)).toEqual([[], [addresses[0]], [addresses[1]]]);
    expect(one("keycloak_authentication_bindings")).toMatchObject({
      browser_flow: expect.stringContaining("keycloak_authentication_flow"),
      depends_on: addresses,
    });
    expect(all("keycloak_authentication_flow")).toHaveLength(1);
  });

  it("lets Terraform read no text as a template", () => {
    const { one } = render({ realm: "r", displayName: "${x} %{if}" });
    expect(one("keycloak_realm").display_name).toBe("$${x} %%{if}");
  });

  it("refers to roles by what is made, and asks for those that Keycloak makes", () => {
    const { json } = render({
      realm: "r",
      roles: {
        realm: [
          { name: "all", composites: { realm: ["one"], client: { "realm-management": ["view-users"] } } },
          { name: "one" },
        ],
      },
    } as RealmRepresentation);
    const roles = Object.values(json.resource.keycloak_role ?? {});
    const all = roles.find(({ name }) => name === "all");
    expect(all?.composite_roles).toEqual([
      expect.stringMatching(/^\$\{keycloak_role\./),
      expect.stringMatching(/^\$\{data\.keycloak_role\./),
    ]);
  });
});
