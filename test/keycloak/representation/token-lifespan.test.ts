import { describe, expect, it } from "vitest";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { longestAccessToken } from "../../../constructs/keycloak/representation/token-lifespan";

const client = (lifespan: string) => ({ attributes: { "access.token.lifespan": lifespan } });

describe("longestAccessToken", () => {
  it.each<[string, RealmRepresentation, number]>([
    ["Keycloak's default", {}, 300],
    ["the realm's", { accessTokenLifespan: 60, clients: [{ clientId: "a" }] }, 60],
    ["that of the client whose tokens live longest", { clients: [client("20"), client("7200")] }, 7200],
    ["the realm's, when clients have shorter ones", { clients: [client("20"), client("")] }, 300],
    ["the session's, where a client's tokens live as long", { clients: [client("-1")] }, 36_000],
    ["… as the realm says", { ssoSessionMaxLifespan: 900, clients: [client("-1")] }, 900],
    ["that of the implicit flow, where a client has it", { clients: [{ implicitFlowEnabled: true }] }, 900],
    ["not that of the implicit flow else", { accessTokenLifespanForImplicitFlow: 900, clients: [{}] }, 300],
  ])("is %s", (_, realm, seconds) => {
    expect(longestAccessToken(realm)).toBe(seconds);
  });
});
