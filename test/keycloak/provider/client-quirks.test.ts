import { describe, expect, it } from "vitest";
import { KeycloakProvider } from "../../../constructs/keycloak/bindings/provider";
import { realmCoverage } from "../../../constructs/keycloak/provider/realm-coverage";
import { realmResources } from "../../../constructs/keycloak/provider/realm-resources";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { App, TerraformStack, Testing } from "../../../constructs/terraform";

const admin = { url: "http://127.0.0.1:8080/auth", username: "admin", password: "${var.keycloak_admin}" };

function made(realm: object, type: string): Record<string, unknown>[] {
  const stack = new TerraformStack(new App(), "identity");
  new KeycloakProvider(stack, "keycloak", { url: "http://127.0.0.1:8080" });
  realmResources(stack, { realm: "r", ...realm } as RealmRepresentation, { admin });
  return Object.values(JSON.parse(Testing.synth(stack)).resource[type] ?? {});
}
const lost = (realm: object) =>
  realmCoverage({ realm: "r", ...realm } as RealmRepresentation)
    .filter(({ kind }) => kind === "inexpressible")
    .map(({ path }) => path);

describe("a client that the provider refuses as it is", () => {
  it.each([
    [
      "redirect URIs without a flow that redirects",
      { standardFlowEnabled: false, redirectUris: ["*"] },
      { valid_redirect_uris: [], web_origins: [] },
      ["redirectUris"],
    ],
    [
      "a flow that redirects without redirect URIs",
      { standardFlowEnabled: true },
      { standard_flow_enabled: false },
      ["standardFlowEnabled"],
    ],
    ["the same, unsaid", {}, { standard_flow_enabled: false }, ["standardFlowEnabled"]],
    [
      "bearer-only, with flows",
      { bearerOnly: true, directAccessGrantsEnabled: true, serviceAccountsEnabled: true },
      { access_type: "BEARER-ONLY", direct_access_grants_enabled: false, service_accounts_enabled: false },
      [],
    ],
    [
      "public, with a service account",
      { publicClient: true, redirectUris: ["http://a/"], serviceAccountsEnabled: true },
      { access_type: "PUBLIC", service_accounts_enabled: false },
      ["serviceAccountsEnabled"],
    ],
  ])("%s: it is made without, and coverage says so", (_, client, resource, fields) => {
    const clients = [{ clientId: "c", secret: "s", defaultClientScopes: ["a"], ...client }];
    expect(made({ clients }, "keycloak_openid_client")).toEqual([expect.objectContaining(resource)]);
    expect(lost({ clients })).toEqual(fields.map((field) => `clients[c].${field}`));
  });

  it("keeps a client's own flows, also those that Keycloak makes", () => {
    const flow = (alias: string, builtIn: boolean) => ({
      ...{ id: `id-${alias}`, alias, builtIn, topLevel: true, providerId: "basic-flow" },
      authenticationExecutions: [],
    });
    const client = (clientId: string, directGrant: string) => ({
      ...{ clientId, publicClient: true, redirectUris: ["http://a/"] },
      authenticationFlowBindingOverrides: { browser: "id-strict", direct_grant: directGrant },
    });
    const realm = {
      authenticationFlows: [flow("strict", false), flow("direct grant", true)],
      clients: [client("a", "id-direct grant"), client("b", "direct grant")],
    };
    const bound = [
      {
        browser_id: expect.stringMatching(/^\$\{keycloak_authentication_flow\..*\.id\}$/),
        direct_grant_id: expect.stringMatching(/^\$\{data\.keycloak_authentication_flow\..*\.id\}$/),
      },
    ];
    const clients = made(realm, "keycloak_openid_client");
    expect(clients.map((made) => [made.authentication_flow_binding_overrides].flat())).toEqual([
      bound,
      bound,
    ]);
  });

  it("decides by what the representation leaves unsaid, as Keycloak does", () => {
    const clients = [{ clientId: "c", secret: "s", redirectUris: ["", "http://a/*"] }];
    expect(made({ clients }, "keycloak_openid_client")).toEqual([
      expect.objectContaining({ valid_redirect_uris: ["http://a/*"], web_origins: ["http://a"] }),
    ]);
    expect(lost({ clients })).toEqual([]);
  });

  it("gives a client that is bearer-only no scopes", () => {
    const clients = [{ clientId: "c", secret: "s", bearerOnly: true, defaultClientScopes: ["a"] }];
    expect(made({ clients }, "keycloak_openid_client_default_scopes")).toEqual([]);
  });
});

describe("identity providers", () => {
  it("are asked for a secret only when they use one", () => {
    const provider = (config: object) => ({
      identityProviders: [
        {
          alias: "p",
          providerId: "oidc",
          config: { authorizationUrl: "a", tokenUrl: "t", clientId: "c", ...config },
        },
      ],
    });
    const [byKey] = made(
      provider({ clientAuthMethod: "private_key_jwt" }),
      "keycloak_oidc_identity_provider",
    );
    expect(byKey).toMatchObject({ client_secret: "", default_scopes: "" });
    expect(() => made(provider({}), "keycloak_oidc_identity_provider")).toThrow(/the secret is not known/);
  });
});

describe("flows", () => {
  const flow = (alias: string, more: object) => ({
    alias,
    topLevel: true,
    providerId: "basic-flow",
    ...more,
  });

  it("have names that Keycloak's API takes, and configurations of which no two have one name", () => {
    const steps = ["a", "b"].map((authenticator) => ({ authenticator, authenticatorConfig: "same" }));
    const realm = {
      authenticationFlows: [flow("this/that", { authenticationExecutions: steps })],
      authenticatorConfig: [{ alias: "same", config: { x: "y" } }],
    };
    expect(made(realm, "keycloak_authentication_flow")[0]).toMatchObject({ alias: "this-that" });
    const configs = made(realm, "keycloak_authentication_execution_config");
    expect(configs.map(({ alias }) => alias)).toEqual(["same", "same 2"]);
    expect(lost(realm)).toEqual(["authenticationFlows[this/that].alias"]);
  });

  it("that are Keycloak's own and changed, or in no flow, are said to be lost", () => {
    const realm = {
      authenticationFlows: [
        flow("browser", { builtIn: true, description: "mine" }),
        flow("orphan", { topLevel: false }),
      ],
    };
    expect(new Set(lost(realm).map((path) => /\[(.*?)\]/.exec(path)?.[1]))).toEqual(
      new Set(["browser", "orphan"]),
    );
  });
});
