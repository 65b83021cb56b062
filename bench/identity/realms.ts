import type { Construct } from "constructs";
import { KeycloakProvider } from "../../constructs/keycloak/bindings/provider";
import { KeycloakRealm } from "../../constructs/keycloak/model";
import { sensitiveVariable } from "../../constructs/keycloak/provider/realm/realm-scope";
import { realmResources } from "../../constructs/keycloak/provider/realm-resources";
import { TerraformStack } from "../../constructs/terraform";
import { Secret } from "../../constructs/workload/secret";

/** How many realms, and clients in each. */
export const realmCount = 100;
export const clientCount = 10;

/** Realms as users of the kit write them, as resources of Keycloak's provider. */
export class RealmsStack extends TerraformStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const password = sensitiveVariable(this, "keycloak_admin").stringValue;
    const url = "http://127.0.0.1:8080/auth";
    new KeycloakProvider(this, "keycloak", { url, clientId: "admin-cli", username: "admin", password });
    for (let number = 1; number <= realmCount; number++) {
      const representation = mailRealm(this, `realm-${number}`, clientCount).representation();
      realmResources(this, representation, { admin: { url, username: "admin", password } });
    }
  }
}

/** Three clients and the scopes of a mail platform; the other clients are webmail. */
export function mailRealm(scope: Construct, name: string, clients: number): KeycloakRealm {
  const secret = (of: string) => new Secret(of, `the ${of} of the measurements`);
  const realm = new KeycloakRealm(scope, `model of ${name}`, { realmName: name });
  const { james, scopes } = realm.addMailClients({
    redirectUris: [`https://${name}.example.com/callback`],
    webOrigins: ["+"],
    thunderbirdRedirectUris: ["http://127.0.0.1:8080/"],
    jamesSecret: secret("secret of James"),
    thunderbirdSecret: secret("secret of Thunderbird"),
    backchannelLogoutUrl: `https://${name}.example.com/add-revoked-token`,
  });
  for (let number = 4; number <= clients; number++) {
    const client = realm.addOidcClient(`webmail-${number}`, {
      kind: number % 2 === 0 ? "confidential" : "public",
      redirectUris: [`https://webmail-${number}.${name}.example.com/callback`],
      defaultScopes: [scopes.basic, scopes.email, scopes.profile, scopes.mail],
      optionalScopes: [scopes.offlineAccess],
      ...(number % 2 === 0 && { secret: secret(`secret of webmail-${number}`) }),
    });
    client.allowIntrospectionBy(james);
  }
  return realm;
}
