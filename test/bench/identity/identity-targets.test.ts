import { describe, expect, it } from "vitest";
import { identityTables, identityTargets } from "../../../bench/identity/identity-targets";

const synthesis = { resources: 4600, kit: [3, 2.6], kitProcess: [5, 4.9], raw: [2, 2] };
const change = { kit: [6], terraformPlatform: [2], terraformIdentity: [1], drift: [2], containers: 5 };
const adoption = [4];
const verdicts = (samples: Parameters<typeof identityTargets>[0]) =>
  identityTargets(samples).map(({ value, limit, met }) => [value, limit, met]);

describe("targets of identity", () => {
  it("compares synthesis with 5 s and with bindings alone, and a change with Terraform on both stacks", () => {
    expect(verdicts({ synthesis, change, adoption })).toEqual([
      [4.95, 5, true],
      [1.4, 1.3, false],
      [2, 2, true],
    ]);
  });

  it("says why the change is left out where the provider cannot be had", () => {
    const samples = { synthesis, change: { leftOut: "no registry" }, adoption };
    expect(verdicts(samples)).toHaveLength(2);
    expect(identityTables(samples)).toContain("left out: no registry");
    expect(identityTables(samples)).not.toContain("terraform apply");
  });

  it("shows each run, and that no container was touched", () => {
    const text = identityTables({ synthesis, change, adoption });
    expect(text).toMatch(/4,600 resources +3\.00 s +2\.60 s/);
    expect(text).toContain("the 5 containers are the same as before");
  });
});
