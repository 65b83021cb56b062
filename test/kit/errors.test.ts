import { describe, expect, it } from "vitest";
import { ExitCode, KitError } from "../../kit/errors";

describe("KitError", () => {
  it("tells every problem: what, where, what it got, what is allowed, what to do, and the lines that explain it", () => {
    const error = new KitError("The environment is not valid", [
      { what: "unknown key", where: "ports.impa", fix: "Did you mean ports.imap?" },
      { what: "wrong value", where: "gateway", got: "nginx", allowed: ["httpd", "apisix"] },
      { what: "it ended", got: undefined, allowed: "a number from 1 to 65535", lines: ["one", "two"] },
    ]);
    expect(error.message).toBe(
      [
        "The environment is not valid",
        "  - ports.impa: unknown key. Did you mean ports.imap?",
        '  - gateway: wrong value. Got "nginx". Allowed: "httpd", "apisix".',
        "  - it ended. Allowed: a number from 1 to 65535.",
        "      | one",
        "      | two",
      ].join("\n"),
    );
  });

  it("of very many allowed values it tells some, and how many there are besides", () => {
    const allowed = Array.from({ length: 1000 }, (_, index) => index);
    expect(new KitError("x", [{ what: "y", allowed }]).message).toMatch(/, 49 and 950 more\.$/);
  });

  it("is bad input unless it says otherwise, and keeps its cause", () => {
    const cause = new Error("underlying");
    expect(new KitError("x").exitCode).toBe(ExitCode.badInput);
    expect(new KitError("x", [], { exitCode: ExitCode.machine, cause })).toMatchObject({
      exitCode: 3,
      cause,
    });
  });

  it("has all of it in JSON too", () => {
    expect(JSON.parse(JSON.stringify(new KitError("x", [{ what: "y", got: 3 }])))).toEqual({
      error: "x",
      exitCode: 2,
      problems: [{ what: "y", got: 3 }],
    });
  });
});

it("has one exit code for each outcome", () => {
  const codes = Object.values(ExitCode);
  expect(new Set(codes).size).toBe(codes.length);
});
