import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  defineDollar,
  quote,
  quoteHeaderValue,
  quoteOptions,
  regexLiteral,
} from "../../constructs/httpd/syntax";
import { headerValue, readHttpd } from "./read-httpd";

/** Text made of what could mean something to httpd, and anything else that is printable. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        "\\",
        "$",
        "${",
        "}",
        "${PATH}",
        "%",
        "%%",
        "%{X}e",
        "%t",
        "<",
        ">",
        "#",
        "'",
        " ",
        "$1",
        "expr=",
      ),
      fc.string({ unit: "grapheme" }).filter((text) => !/\p{Cc}/u.test(text)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

function readBack(argument: string): string | undefined {
  const directives = readHttpd(`${defineDollar}\nName ${argument}\nAfter x`);
  expect(directives.map(({ name }) => name)).toEqual(["Define", "Name", "After"]);
  expect(directives[1]?.args).toHaveLength(1);
  return directives[1]?.args[0];
}

describe("httpd's syntax", () => {
  it("reads back any text that is quoted, as one argument", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(readBack(quote(text))).toBe(text);
      }),
    );
  });

  it("sends any header value as it was written", () => {
    const values = nasty.filter((text) => !text.startsWith("expr="));
    fc.assert(
      fc.property(values, (value) => {
        expect(headerValue(readBack(quoteHeaderValue(value)) ?? "")).toBe(value);
      }),
    );
  });

  it("reads back any options", () => {
    const pairs = fc.dictionary(fc.constantFrom("client_id", "password", "name"), nasty);
    fc.assert(
      fc.property(pairs, (options) => {
        const read = new URLSearchParams(readBack(quoteOptions(options)));
        expect(Object.fromEntries(read)).toEqual({ ...options });
      }),
    );
  });

  it("matches any text literally", () => {
    fc.assert(
      fc.property(nasty, nasty, (text, other) => {
        expect(new RegExp(`^${regexLiteral(text)}$`).test(other)).toBe(text === other);
        expect(new RegExp(`^${regexLiteral(text)}$`).test(text)).toBe(true);
      }),
    );
  });

  it.each(["a\nRequire all granted", "a\rb", "a\0b", "\x7f"])("refuses a control character: %j", (text) => {
    expect(() => quote(text)).toThrow("control characters");
    expect(() => quoteHeaderValue(text)).toThrow("control characters");
  });

  it("refuses a header value that httpd would evaluate", () => {
    expect(() => quoteHeaderValue("expr=%{REMOTE_USER}")).toThrow("expression");
  });
});
