import { describe, expect, it } from "vitest";
import { withoutPlaceholders } from "../../../../constructs/keycloak/adopt/secrets/placeholders";
import type { RealmRepresentation } from "../../../../constructs/keycloak/representation/realm-template";

const replaced = (realm: object, variables?: Record<string, string>) =>
  withoutPlaceholders({ realm: "r", ...realm } as RealmRepresentation, variables);

describe("withoutPlaceholders", () => {
  it("takes the variable, else the default, else leaves it", () => {
    const realm = { displayName: "${A:x}-${B:y}-${C}-${role_admin}" };
    expect(replaced(realm, { A: "a" }).displayName).toBe("a-y-${C}-${role_admin}");
  });

  it("makes switches and numbers of texts, but in maps of texts", () => {
    const realm = {
      registrationAllowed: "${ALLOWED: false}",
      accessTokenLifespan: "${LIFESPAN:60}",
      displayName: "${TITLE:60}",
      attributes: { a: "${A:true}" },
    };
    expect(replaced(realm)).toEqual({
      realm: "r",
      registrationAllowed: false,
      accessTokenLifespan: 60,
      displayName: "60",
      attributes: { a: "true" },
    });
  });
});
