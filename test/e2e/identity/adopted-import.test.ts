import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RealmTemplate } from "../../../constructs/keycloak/adopt/realm-template";
import properties from "../../../constructs/keycloak/adopt/secrets/keycloak-properties.json";
import { difference } from "../../../constructs/keycloak/compare/difference";
import { normalizeRealm } from "../../../constructs/keycloak/compare/normalize";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { type KeycloakProperties, keycloakProperties } from "../../../scripts/keycloak-properties";
import { realmKinds } from "../../keycloak/adopt/realm-kinds";
import { type KeycloakLab, startKeycloakLab } from "../../keycloak/keycloak-lab";

let lab: KeycloakLab;
beforeAll(async () => {
  lab = await startKeycloakLab("adopted-import");
});
afterAll(() => lab?.close());

it("knows the secrets that the running Keycloak knows", async () => {
  const running = named(await keycloakProperties(await lab.admin()));
  expect(running.length).toBeGreaterThan(50);
  // The kit's Keycloak leaves some features out, and their properties.
  expect(named(properties)).toEqual(expect.arrayContaining(running));
});

/** Each property with what is said of it. */
function named({ components, authenticators }: KeycloakProperties): string[] {
  const lists = Object.values(components).flatMap((providers) => Object.entries(providers));
  return [["authenticator", authenticators] as const, ...lists].flatMap(([id, { shown, secret }]) => [
    ...shown.map((name) => `${id} ${name}: shown`),
    ...secret.map((name) => `${id} ${name}: secret`),
  ]);
}

describe("an export that Keycloak imports, and what is adopted of it, are the same realm", () => {
  /** The realm that comes of an import, with its users. */
  async function imported(representation: RealmRepresentation): Promise<RealmRepresentation> {
    const { realms, users } = await lab.admin();
    const { realm = "" } = representation;
    await realms.create(representation as Parameters<typeof realms.create>[0]);
    try {
      const people = await Promise.all(
        (await users.find({ realm, briefRepresentation: false })).map(
          async ({ id = "", access: _, ...user }) => ({
            ...user,
            groups: (await users.listGroups({ realm, id })).map(({ path }) => path),
          }),
        ),
      );
      return { ...(await lab.export(realm)), users: people } as RealmRepresentation;
    } finally {
      await realms.del({ realm });
    }
  }

  it.each(realmKinds)("$kind", async ({ make, lost = [] }) => {
    const original = make("kind");
    const { representation } = RealmTemplate.parse(JSON.stringify(original), "the export");
    const [wanted, found] = [
      await imported(original as RealmRepresentation),
      await imported(representation),
    ].map(normalizeRealm) as [ReturnType<typeof normalizeRealm>, ReturnType<typeof normalizeRealm>];
    expect(Object.keys(wanted.objects).length).toBeGreaterThan(20);
    const differences = difference(wanted, found).map(({ object, path }) => `${object} ${path}`.trim());
    expect(differences).toEqual(lost);
  });
});
