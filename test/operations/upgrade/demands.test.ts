import { describe, expect, it } from "vitest";
import { demandsOf } from "../../../operations/upgrade/demands";

const outcomes = (service: string, from: string, to: string) =>
  demandsOf(service, from, to).map(({ outcome, what }) => `${outcome}: ${what.split(/[,:]/)[0]}`);

describe("what a change of release demands", () => {
  it.each<[string, string, string, RegExp[]]>([
    ["postgres", "15.18", "15.20", []],
    ["postgres", "15", "15.18", []],
    ["postgres", "15.18", "16.1", [/^refused: a major release/]],
    ["postgres", "15", "17.6", [/^refused: a major release/]],
    ["postgres", "17.6", "15", [/^refused: an older major release/]],
    ["keycloak", "26.7.3", "26.7.5", []],
    ["keycloak", "26.6.4", "26.7.3", [/^told: Keycloak migrates its database/]],
    ["keycloak", "26.7.3", "27.0.0", [/^told: Keycloak migrates/, /^told: a major release/]],
    ["keycloak", "26.7.3", "26.6.4", [/^refused: an older Keycloak/]],
    ["keycloak", "26.7.10", "26.7.9", [/^refused: an older Keycloak/]],
    ["james", "memory-3.8.1+kit", "memory-3.8.1+kit", []],
    ["james", "memory-3.8.1+kit", "memory-3.8.2+kit", []],
    ["james", "memory-3.8.2+kit", "postgres-3.9.0+kit", [/^told: no mail goes/]],
    ["james", "postgres-3.9.1", "postgres-3.9.0", [/^refused: nobody has given/]],
    ["redis", "8.2.10", "8.2.9", []],
    ["redis", "8.2.10", "7.4.1", [/^told: an older Redis/]],
  ])("of %s from %s to %s", (service, from, to, expected) => {
    const found = outcomes(service, from, to);
    expected.forEach((one, index) => {
      expect(found[index]).toMatch(one);
    });
    const known = demandsOf("james", "postgres-3.8.0", to).length;
    if (service !== "james" || known === 0) expect(found).toHaveLength(expected.length);
  });

  it("tells what is known of a James that is new here", () => {
    expect(outcomes("james", "memory-3.8.2+kit", "memory-3.8.1")).toEqual([
      expect.stringMatching(/^told: CVE-2024-37358/),
      expect.stringMatching(/^told: CVE-2024-45626/),
    ]);
  });

  it("is nothing where nobody knows from which it is", () => {
    expect(demandsOf("keycloak", undefined, "26.7.3")).toEqual([]);
    expect(demandsOf("keycloak", "26.7.3", undefined)).toEqual([]);
  });
});
