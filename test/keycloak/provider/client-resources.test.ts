import { describe, expect, it } from "vitest";
import { existingRealmClients } from "../../../constructs/keycloak/model/clients/existing-realm-clients";
import { realmClientResources } from "../../../constructs/keycloak/provider/client-resources";
import { connectKeycloak } from "../../../constructs/keycloak/provider/connection";
import { kitRealm } from "../../../constructs/keycloak/representation/realm-template";
import { App, TerraformStack, Testing } from "../../../constructs/terraform";
import { secret } from "../../template";

const redirectUris = ["https://mail.example.com/back"];

function render(realm = "acme", access = {}) {
  const stack = new TerraformStack(new App(), "identity");
  const admin = connectKeycloak(stack, {
    ...{ url: "https://sso.acme.example/auth", username: "kit", ...access },
  });
  const clients = existingRealmClients(kitRealm(), {
    clients: {
      oidc: { redirectUris },
      "james-thunderbird": { redirectUris, secret: secret("value of thunderbird") },
      james: { secret: secret("value of james") },
    },
  });
  const { variables } = realmClientResources(stack, { realm, clients }, { admin });
  const text = Testing.synth(stack, true);
  return { text, variables, ...(JSON.parse(text) as { resource: object; provider: object }) };
}

describe("clients in somebody else's realm", () => {
  it("are all that there is of it: the realm is a name, and nobody speaks of scopes", () => {
    const { resource } = render();
    expect(Object.keys(resource).sort()).toEqual([
      "keycloak_generic_protocol_mapper",
      "keycloak_openid_client",
    ]);
    for (const object of Object.values(resource).flatMap((all) => Object.values(all as object))) {
      expect(object).toMatchObject({ realm_id: "acme" });
    }
  });

  it("have their secrets by variables that no state holds", () => {
    const { text, variables } = render();
    expect([...variables.keys()]).toEqual(["acme_client_james_thunderbird", "acme_client_james"]);
    for (const value of variables.values()) expect(text).not.toContain(value.reveal());
    expect(text).toContain('"client_secret_wo": "${var.acme_client_james}"');
  });

  it("names a realm as it is called, whatever that means to Terraform", () => {
    expect(render("${x} y").text).toContain('"realm_id": "$${x} y"');
  });

  it("are made by an administrator of any realm, at a server of one's own authority", () => {
    const { provider } = render("acme", { realm: "staff", ca: "-----BEGIN CERTIFICATE-----" });
    expect(provider).toMatchObject({
      keycloak: [
        {
          url: "https://sso.acme.example",
          base_path: "/auth",
          username: "kit",
          realm: "staff",
          root_ca_certificate: "-----BEGIN CERTIFICATE-----",
        },
      ],
    });
    expect(Object.keys((render().provider as { keycloak: [object] }).keycloak[0])).not.toContain("realm");
  });
});
