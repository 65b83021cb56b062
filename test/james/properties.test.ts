import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPropertyText, renderProperties } from "../../constructs/james/properties";

/** As `java.util.Properties` and James's reader split a line; neither finds anything to unescape in it. */
function readProperties(text: string): Record<string, string> {
  const lines = text.split(/\r\n|[\r\n]/).filter((line) => !/^\s*([#!]|$)/.test(line));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

describe(".properties", () => {
  it("carries any text that James reads back as it is", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }).filter(isPropertyText), (value) => {
        expect(readProperties(renderProperties({ a: value, b: true, c: undefined }))).toEqual({
          a: value,
          b: "true",
        });
      }),
    );
  });

  it.each(["", " a", "a ", "a\nb", "é", "a\\b", 'a"b', "${sys:user.home}", "a\tb"])("refuses %j", (value) => {
    expect(isPropertyText(value)).toBe(false);
    expect(() => renderProperties({ key: value })).toThrow("value of key cannot be held");
  });
});
