import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  keyProblem,
  numberProblem,
  renderYaml,
  textProblem,
  type YamlMap,
  type YamlValue,
} from "../../../constructs/apisix/values/yaml";
import { nastyText } from "../arbitraries";
import { readSubset } from "../read-yaml-subset";

const text = nastyText.filter((one) => textProblem(one) === undefined);
const key = fc
  .oneof(fc.constantFrom("id", "uri", "X-A"), nastyText)
  .filter((one) => keyProblem(one) === undefined);
const number = fc.oneof(fc.integer(), fc.double()).filter((one) => numberProblem(one) === undefined);

const { map } = fc.letrec<{ value: YamlValue; map: YamlMap }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    number,
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("map"),
  ),
  map: fc.dictionary(key, tie("value"), { maxKeys: 5 }),
}));

/** What a reader gives back: no difference between 0 and -0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("renderYaml", () => {
  it("writes block style with quoted texts", () => {
    expect(
      renderYaml({
        routes: [
          { id: "a", priority: 1, uris: ["/a", "/b"], plugins: { prometheus: {} }, status: undefined },
        ],
        services: [],
        matrix: [[1.5, true], []],
      }),
    ).toBe(`routes:
  -
    id: "a"
    priority: 1
    uris:
      - "/a"
      - "/b"
    plugins:
      prometheus: {}
services: []
matrix:
  -
    - 1.5
    - true
  - []
`);
  });

  it.each([
    ["a number", "12"],
    ["an exponent", "1e3"],
    ["a boolean of YAML 1.1", "yes"],
    ["nothing", "null"],
    ["no text", ""],
    ["a comment", "# no"],
    ["a list", "- a"],
    ["a date", "2024-01-01"],
    ["a sexagesimal number", "1:30:00"],
    ["quotes, escapes and breaks", 'a"b\\n\\x41\n\tc\r'],
    ["beyond the first plane", "😀"],
  ])("keeps a text that looks like %s", (_, value) => {
    const written = renderYaml({ [`x${value}`]: value });
    expect(parse(written, { version: "1.1" })).toEqual({ [`x${value}`]: value });
    expect(readSubset(written)).toEqual({ [`x${value}`]: value });
  });

  it("stays in what both readers know, and comes back as it was", () => {
    fc.assert(
      fc.property(map, (document) => {
        fc.pre(Object.keys(document).length > 0);
        const written = renderYaml(document);
        expect(parse(written, { version: "1.1", merge: true })).toEqual(plain(document));
        expect(readSubset(written)).toEqual(plain(document));
      }),
      { numRuns: 300 },
    );
  });

  it.each(["\0", "\x01", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\uffff", "\ud83d"])(
    "refuses a text with %j",
    (character) => {
      expect(textProblem(`a${character}b`)).toMatch(/U\+/);
      expect(() => renderYaml({ a: `a${character}b` })).toThrow(/cannot be told/);
    },
  );

  it.each([
    "",
    " ",
    "12",
    "-1.5",
    "true",
    "NULL",
    "~",
    "2024-01-01x",
    "#a",
    "12 # a",
    "{}",
    "[a",
    "|",
    ".inf",
    "<<",
    "!",
  ])("refuses the key %j, which a reader takes for another type", (name) => {
    expect(keyProblem(name)).toMatch(/no text/);
    expect(() => renderYaml({ [name]: 1 })).toThrow(/no text/);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-7])("refuses the number %d", (value) => {
    expect(numberProblem(value)).toMatch(/exponent/);
    expect(() => renderYaml({ a: value })).toThrow(/exponent/);
  });
});
