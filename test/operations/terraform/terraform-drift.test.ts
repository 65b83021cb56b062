import { describe, expect, it } from "vitest";
import type { PlanJson } from "../../../operations/terraform/terraform";
import { planDifferences } from "../../../operations/terraform/terraform-drift";

const address = "keycloak_openid_client.web";
const resource = (change: object) => ({ address, change: { actions: ["update"], ...change } }) as never;
const realm_id = "oidc";
const differencesOf = (plan: PlanJson) => planDifferences(plan, "mail");

describe("planDifferences", () => {
  it("tells attribute by attribute what would be changed", () => {
    const before = { realm_id, name: "Web", valid_redirect_uris: ["https://evil.test/*"] };
    const after = { realm_id, name: "Web", valid_redirect_uris: ["https://web.test/cb"] };
    expect(differencesOf({ resource_changes: [resource({ before, after })] })).toEqual([
      {
        realm: "oidc",
        object: address,
        path: "valid_redirect_uris",
        wanted: ["https://web.test/cb"],
        found: ["https://evil.test/*"],
      },
    ]);
  });

  it("tells of a deleted resource once, though the plan does twice", () => {
    const values = { realm_id, name: "Web" };
    const differences = differencesOf({
      resource_changes: [resource({ actions: ["create"], before: null, after: values })],
      resource_drift: [resource({ actions: ["delete"], before: values, after: null })],
    });
    expect(differences).toEqual([{ realm: "oidc", object: address, path: "", wanted: values }]);
  });

  it("tells of what changed though nothing would be repaired: the stack does not say what it is to be", () => {
    const [before, after] = [
      { realm: "oidc", display_name: null },
      { realm: "oidc", display_name: "By hand" },
    ];
    expect(differencesOf({ resource_drift: [resource({ before, after })] })).toEqual([
      { realm: "oidc", object: address, path: "display_name", found: "By hand" },
    ]);
  });

  it("tells of what an apply would leave, beside what it would repair in the same resource", () => {
    const [before, after] = [
      { realm_id, name: "Web", description: null },
      { realm_id, name: "Evil", description: "By hand" },
    ];
    const differences = differencesOf({
      resource_changes: [resource({ before: after, after: { ...after, name: "Web" } })],
      resource_drift: [resource({ before, after })],
    });
    expect(differences).toMatchObject([
      { path: "name", wanted: "Web", found: "Evil" },
      { path: "description", found: "By hand" },
    ]);
  });

  it("is silent about no-ops, data sources, values known after apply, and empty instead of unset", () => {
    const unchanged = resource({ actions: ["no-op"], before: { realm_id }, after: { realm_id } });
    const data = { ...(resource({ before: { a: 1 }, after: { a: 2 } }) as object), mode: "data" } as never;
    const unknown = resource({ before: { realm_id, x: 1 }, after: { realm_id }, after_unknown: { x: true } });
    expect(differencesOf({ resource_changes: [unchanged, data, unknown] })).toEqual([]);
    const nested = resource({ before: { p: [{ a: null, b: 1 }] }, after: { p: [{ a: [], b: 1 }] } });
    expect(differencesOf({ resource_drift: [nested] })).toEqual([]);
    const empty = resource({
      before: { realm_id, a: null, b: null, c: null },
      after: { realm_id, a: {}, b: [], c: "" },
    });
    expect(differencesOf({ resource_drift: [empty] })).toEqual([]);
  });

  it("shows nothing that the provider calls sensitive", () => {
    const change = resource({
      before: { realm_id, secret: "old", deep: [{ password: "p1", user: "a" }] },
      after: { realm_id, secret: "new", deep: [{ password: "p2", user: "a" }] },
      before_sensitive: { secret: true, deep: [{ password: true }] },
      after_sensitive: { secret: true, deep: [{ password: true }] },
    });
    const text = JSON.stringify(differencesOf({ resource_changes: [change] }));
    expect(text).toContain('"path":"secret"');
    expect(text).not.toMatch(/old|new|p1|p2/);
  });

  it("takes what names no realm for a part of the stack's", () => {
    const change = resource({ actions: ["create"], before: null, after: { input: 1 } });
    expect(differencesOf({ resource_changes: [change] })).toMatchObject([{ realm: "mail" }]);
  });
});
