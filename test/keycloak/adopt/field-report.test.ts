import { describe, expect, it } from "vitest";
import { leaves } from "../../../constructs/keycloak/adopt/export/representation-objects";
import { countKinds, fieldReport } from "../../../constructs/keycloak/adopt/field-report";
import { RealmTemplate } from "../../../constructs/keycloak/adopt/realm-template";
import { realmCoverage } from "../../../constructs/keycloak/provider/realm-coverage";
import { exported } from "./exported";

const template = RealmTemplate.parse(JSON.stringify(exported()), "demo.json");
const byImport = fieldReport(template);
const byProvider = fieldReport(template, realmCoverage(template.representation));

describe("the field report", () => {
  it("tells of every value of the file once, by import and by Terraform", () => {
    const paths = leaves(exported()).map(({ path }) => path);
    expect(byImport.map(({ path }) => path)).toEqual(paths);
    expect(byProvider.map(({ path }) => path)).toEqual(paths);
    expect(new Set(paths).size).toBe(paths.length);
    expect(Object.values(countKinds(byImport)).reduce((a, b) => a + b)).toBe(paths.length);
  });

  it("knows of every value what became of it", () => {
    const untold = [...byImport, ...byProvider].filter(({ reason }) => reason?.includes("does not know"));
    expect(untold).toEqual([]);
  });

  it("has a reason for everything that is not carried", () => {
    expect(byImport.filter(({ kind, reason }) => kind !== "carried" && reason === undefined)).toEqual([]);
  });

  it.each([
    ["accessTokenLifespan", "carried"],
    ["clients[shop].redirectUris", "carried"],
    ["clients[shop].secret", "translated"],
    ["defaultRoles", "translated"],
    ["sslRequired", "default"],
    ["requiredCredentials", "default"],
    ["clients[shop].id", "default"],
    ["attributes.userProfileEnabled", "default"],
    ["zeal.level", "inexpressible"],
    ["authenticationFlows[strict].authenticationExecutions[basic-auth].requirement", "inexpressible"],
  ])("%s: %s", (path, kind) => {
    expect(byImport.find((one) => one.path === path)?.kind).toBe(kind);
  });
});
