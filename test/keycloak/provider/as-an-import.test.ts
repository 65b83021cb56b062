import { describe, expect, it } from "vitest";
import { RealmTemplate } from "../../../constructs/keycloak/adopt/realm-template";
import { normalizeRealm } from "../../../constructs/keycloak/compare/normalize";
import type { RealmResourceOptions } from "../../../constructs/keycloak/provider/realm/realm-scope";
import { realmCoverage } from "../../../constructs/keycloak/provider/realm-coverage";
import { realmResources } from "../../../constructs/keycloak/provider/realm-resources";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { App, TerraformStack, Testing } from "../../../constructs/terraform";
import { Secret } from "../../../constructs/workload/secret";

type Resource = Readonly<Record<string, unknown>>;

/** Resources of a realm by type, and the values of its variables. */
function render(realm: object, options: Partial<RealmResourceOptions> = {}) {
  const stack = new TerraformStack(new App({ skipValidation: true }), "identity");
  const admin = { url: "http://127.0.0.1:8080/auth", username: "admin", password: "${var.keycloak_admin}" };
  const { variables } = realmResources(stack, { realm: "r", ...realm } as RealmRepresentation, {
    admin,
    ...options,
    secretOf: (object, _, variable) => new Secret(object, `${variable} of ${object}`),
  });
  const { resource, data = {} } = JSON.parse(Testing.synth(stack)) as Record<
    "resource" | "data",
    Record<string, Record<string, Resource>>
  >;
  const all = (type: string, from = resource) => Object.values(from[`keycloak_${type}`] ?? {});
  const programs = (command: string) =>
    Object.values(resource.terraform_data ?? {}).flatMap(({ provisioner, triggers_replace }) => {
      const [{ "local-exec": run }] = provisioner as [
        { "local-exec": { environment: Record<string, string> } },
      ];
      return run.environment.KIT_COMMAND === command ? [JSON.stringify(triggers_replace)] : [];
    });
  return { all, data: (type: string) => all(type, data), variables, programs };
}

const shop = { clientId: "shop", publicClient: true, redirectUris: ["https://shop.example/*"] };

// What an import makes was seen of Keycloak 26.7.3.
describe("Terraform makes what an import makes", () => {
  it.each([
    ["a user", { users: [{ username: "u", realmRoles: ["r"], clientRoles: { shop: ["c"] } }] }],
    [
      "a group in a group",
      {
        groups: [{ name: "g", subGroups: [{ name: "h", realmRoles: ["r"], clientRoles: { shop: ["c"] } }] }],
      },
    ],
    [
      "what a client may put into tokens",
      {
        scopeMappings: [{ client: "shop", roles: ["r"] }],
        clientScopeMappings: { shop: [{ client: "shop", roles: ["c"] }] },
      },
    ],
  ])("roles that only %s names", (_, more) => {
    const { all, data } = render({ clients: [shop], ...more });
    expect(
      all("role")
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["c", "r"]);
    expect(data("role")).toEqual([]);
    const { objects } = normalizeRealm({ realm: "r", clients: [shop], ...more } as RealmRepresentation);
    expect(Object.keys(objects)).toEqual(expect.arrayContaining(["role r", "client shop role c"]));
  });

  it("no role that Keycloak has by itself, nor of a client that there is not", () => {
    const clientRoles = { account: ["manage-account"], none: ["x"] };
    const { all, data } = render({ users: [{ username: "u", realmRoles: ["offline_access"], clientRoles }] });
    expect(all("role")).toEqual([]);
    expect(
      data("role")
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["manage-account", "offline_access", "x"]);
  });

  it("users with the roles that they name, and not with the default role too", () => {
    const users = [{ username: "none" }, { username: "usual", realmRoles: ["default-roles-r"] }];
    const { all } = render({ users });
    expect(all("user_roles")).toEqual([
      expect.objectContaining({ role_ids: [] }),
      expect.objectContaining({ role_ids: [expect.stringContaining("default-roles-r")] }),
    ]);
    expect(all("user_roles").map(({ exhaustive = true }) => exhaustive)).toEqual([true, true]);
  });

  it("service accounts without the default role, unless they name it or are not given", () => {
    const clients = ["none", "usual", "unsaid"].map((clientId) => ({
      clientId,
      standardFlowEnabled: false,
      serviceAccountsEnabled: true,
    }));
    const account = (client: string, realmRoles: string[]) => ({
      username: `service-account-${client}`,
      serviceAccountClientId: client,
      enabled: true,
      realmRoles,
    });
    const realm = { clients, users: [account("none", []), account("usual", ["default-roles-r"])] };
    expect(render(realm).programs("revoke")).toEqual([expect.stringContaining("client-none")]);
    const { objects } = normalizeRealm({ realm: "r", ...realm } as RealmRepresentation);
    const roles = clients.map(({ clientId }) => objects[`user service-account-${clientId}`]?.realmRoles);
    expect(roles).toEqual([undefined, ["default-roles-r"], ["default-roles-r"]]);
  });

  it.each([
    [{ defaultClientScopes: ["email"] }, ["email"], []],
    [{ optionalClientScopes: ["phone"] }, [], ["phone"]],
  ])("a client that says scopes of one kind has none of the other: %j", (scopes, defaults, optional) => {
    const { all } = render({ clients: [{ ...shop, ...scopes }] });
    expect(all("openid_client_default_scopes").map(({ default_scopes }) => default_scopes)).toEqual([
      defaults,
    ]);
    expect(all("openid_client_optional_scopes").map(({ optional_scopes }) => optional_scopes)).toEqual([
      optional,
    ]);
    const realm = { realm: "r", clients: [{ ...shop, ...scopes }] } as RealmRepresentation;
    const { defaultClientScopes = [], optionalClientScopes = [] } =
      normalizeRealm(realm).objects["client shop"] ?? {};
    expect([defaultClientScopes, optionalClientScopes]).toEqual([defaults, optional]);
  });
});

it("providers of keys and registration policies of a realm that runs stay: the provider would take them out of it", () => {
  const components = {
    "org.keycloak.keys.KeyProvider": [
      { id: "k", name: "mine", providerId: "rsa-generated", config: { priority: ["7"] } },
    ],
    "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy": [
      {
        id: "p",
        name: "Mine",
        subType: "anonymous",
        providerId: "max-clients",
        config: { "max-clients": ["7"] },
      },
    ],
  };
  const types = ["realm_keystore_rsa_generated", "realm_client_registration_policy"];
  const made = (existing: boolean) =>
    types.map((type) => render({ components }, { existing }).all(type).length);
  expect([made(true), made(false)]).toEqual([
    [0, 0],
    [1, 1],
  ]);
  const realm = { realm: "r", components } as unknown as RealmRepresentation;
  const lost = realmCoverage(realm, true).filter(({ kind }) => kind === "inexpressible");
  expect(lost.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      "components[org.keycloak.keys.KeyProvider][mine].config.priority",
      "components[org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy][Mine].config.max-clients",
    ]),
  );
});

describe("what coverage says of roles that tokens may have", () => {
  const saml = { clientId: "saml", protocol: "saml" };
  it.each([
    ["of a client", { clientScopeMappings: { shop: [{ client: "shop", roles: ["c"] }] } }, "translated", 1],
    [
      "as Keycloak makes it",
      { clientScopeMappings: { account: [{ client: "account-console", roles: ["manage-account"] }] } },
      "default",
      0,
    ],
    [
      "that Keycloak's own client has beside its own",
      {
        clientScopeMappings: {
          account: [{ client: "account-console", roles: ["manage-account", "delete-account"] }],
        },
      },
      "translated",
      1,
    ],
    [
      "of a client of SAML",
      { scopeMappings: [{ client: "saml", roles: ["offline_access"] }] },
      "inexpressible",
      0,
    ],
  ])("%s", (_, more, kind, count) => {
    const realm = { realm: "r", clients: [shop, saml], ...more } as RealmRepresentation;
    const reports = realmCoverage(realm).filter(({ path }) => /copeMappings/.test(path));
    expect(reports.map((report) => report.kind)).toEqual([kind]);
    expect(render(realm).all("generic_role_mapper")).toHaveLength(count);
  });
});

it("secrets whose names read alike have variables of their own", () => {
  const clients = ["a-b", "a.b"].map((clientId) => ({ clientId, standardFlowEnabled: false }));
  const federation = {
    name: "ldap",
    providerId: "ldap",
    config: { bindDn: ["cn=admin"], connectionUrl: ["ldap://l"] },
  };
  const components = { "org.keycloak.storage.UserStorageProvider": [federation, federation] };
  const { variables, all } = render({ clients, components });
  const values = [...variables].map(([variable, secret]) => [variable, secret.reveal()]);
  expect(Object.fromEntries(values)).toEqual({
    r_client_a_b: "r_client_a_b of client a-b",
    r_client_a_b_2: "r_client_a_b_2 of client a.b",
    r_federation_ldap: "r_federation_ldap of federation ldap",
    r_federation_ldap_2_: "r_federation_ldap_2_ of federation ldap (2)",
  });
  expect(all("openid_client").map((client) => client.client_secret_wo)).toEqual([
    "${var.r_client_a_b}",
    "${var.r_client_a_b_2}",
  ]);
});

it("a realm whose client account is its own keeps the roles of that client which everybody has", () => {
  const roles = ["manage-account", "view-profile"];
  const realm = {
    realm: "r",
    id: "r",
    clients: [{ clientId: "account", publicClient: true, redirectUris: ["https://account.example/*"] }],
    defaultRole: { name: "default-roles-r" },
    roles: {
      realm: [
        {
          name: "default-roles-r",
          composite: true,
          composites: { realm: ["offline_access", "uma_authorization"], client: { account: roles } },
        },
      ],
      client: { account: roles.map((name) => ({ name })) },
    },
  };
  const { representation } = RealmTemplate.parse(JSON.stringify(realm), "realm.json");
  const kept = representation.roles?.realm?.find(({ name }) => name === "default-roles-r");
  expect(kept?.composites?.client).toEqual({ account: roles });
});
