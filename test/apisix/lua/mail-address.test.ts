import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { isMailAddress } from "../../../kit/mail-address";
import { type LuaModules, loadLua } from "./lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});
const isUser = (text: string) => lua.call("kit.mail_address", "is_user", text)[0];

describe("mail_address.is_user", () => {
  it("is the kit's rule", () => {
    const piece = fc.constantFrom(
      ..."aZ09_.-@@!#$%&'*+/=?^`{|}~ ,:;<>\"\\()[]\0\n\u007fé".split(""),
      "localhost",
      "b.org",
      "a".repeat(63),
    );
    const address = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    const likely = fc
      .tuple(address, fc.constantFrom("localhost", "B.org", "a-b.c", "-a", "a-", "a..b", "a."))
      .map(([name, domain]) => `${name}@${domain}`);
    fc.assert(
      fc.property(fc.oneof(address, likely), (text) => {
        expect(isUser(text), text).toBe(isMailAddress(text));
      }),
      { numRuns: 1000 },
    );
  });

  it("knows the longest", () => {
    const domain = (last: number) => `${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(last)}`;
    for (const [name, last] of [
      [64, 61],
      [64, 62],
      [65, 60],
      [1, 64],
    ] as const) {
      const text = `${"a".repeat(name)}@${domain(last)}`;
      expect(isUser(text), `${name} ${last}`).toBe(isMailAddress(text));
    }
  });
});
