import { describe, expect, test } from "vitest";
import { checkApisixYaml } from "../../../constructs/apisix/check/check";
import { faults, faultyFile } from "./faults";

// `test/e2e/gateway/apisix.test.ts` holds what is expected here against APISIX itself.
describe("an error is what APISIX drops or cannot answer", () => {
  test.each(faults.map((fault) => [fault.broken ? "an error" : "no error", fault.name, fault] as const))(
    "%s: %s",
    (_, __, fault) => {
      const errors = checkApisixYaml(faultyFile(fault)).filter(({ severity }) => severity === "error");
      if (fault.broken) {
        expect(errors).not.toEqual([]);
        for (const { why, fix } of errors) expect(`${why}${fix}`).not.toContain("undefined");
      } else {
        expect(errors).toEqual([]);
      }
    },
  );
});
