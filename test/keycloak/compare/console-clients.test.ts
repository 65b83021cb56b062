import { describe, expect, it } from "vitest";
import { bareRealm } from "../../../constructs/keycloak/compare/bare-realm";
import { consoleClients, withConsoles } from "../../../constructs/keycloak/compare/console-clients";
import { normalizeRealm } from "../../../constructs/keycloak/compare/normalize";
import {
  kitRealm,
  type RealmRepresentation,
} from "../../../constructs/keycloak/representation/realm-template";

const scopes = ["basic", "email", "profile", "roles"];
const imported = withConsoles(kitRealm());
const client = (id: string) => imported.clients?.find(({ clientId }) => clientId === id);

describe("the clients of Keycloak's consoles in an import", () => {
  it.each(["account", "account-console", "security-admin-console"])(
    "%s is as Keycloak makes it, with the realm's default scopes and `roles`",
    (id) => {
      const { defaultClientScopes, optionalClientScopes, ...rest } =
        bareRealm("oidc").clients?.find(({ clientId }) => clientId === id) ?? {};
      expect(defaultClientScopes).toContain("roles");
      expect(client(id)).toEqual({ ...rest, defaultClientScopes: scopes, optionalClientScopes: [] });
    },
  );

  it("come with the roles of the account, which everybody has beside those of Keycloak", () => {
    const role = imported.roles?.realm?.find(({ name }) => name === "default-roles-oidc");
    expect(role?.composites).toEqual({
      realm: ["offline_access", "uma_authorization"],
      client: { account: ["manage-account", "view-profile"] },
    });
    expect(imported.defaultRole?.name).toBe("default-roles-oidc");
    expect(imported.roles?.client?.account?.map(({ name }) => name)).toContain("manage-account");
  });

  it("make the realm that was wanted, and no other: `drift` sees none", () => {
    expect(normalizeRealm(imported)).toEqual(normalizeRealm(kitRealm()));
  });

  it("are left alone where the realm names one of them, has no scope `roles`, or Keycloak's own scopes", () => {
    const realm = kitRealm();
    const named = { ...realm, clients: [...(realm.clients ?? []), { clientId: "account-console" }] };
    expect(consoleClients(named).clientIds).toEqual(["security-admin-console"]);
    expect(withConsoles(named).roles).toBeUndefined();
    const others = realm.clientScopes?.filter(({ name }) => name !== "roles");
    for (const clientScopes of [others, undefined]) {
      const { clientScopes: _, ...rest } = realm;
      const one: RealmRepresentation = { ...rest, ...(clientScopes && { clientScopes }) };
      expect(withConsoles(one)).toBe(one);
    }
  });

  it("keep roles and a default role that the realm has", () => {
    const roles = {
      realm: [{ name: "mine" }, { name: "offline_access", description: "mine" }],
      client: { account: [{ name: "view-profile", description: "mine" }] },
    };
    const one = withConsoles({ ...kitRealm(), defaultRole: { name: "mine" }, roles });
    expect(one.defaultRole).toEqual({ name: "mine" });
    expect(one.roles?.realm).toMatchObject([...roles.realm, { name: "uma_authorization" }]);
    expect(one.roles?.client?.account?.[0]).toEqual(roles.client.account[0]);
    expect(one.roles?.client?.account).toHaveLength(8);
  });
});
