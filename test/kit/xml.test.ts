import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isXmlText, renderXml, xml, xmlComment } from "../../kit/xml";
import { character } from "../character";
import { readXml } from "./xml-reader";

const text = fc.string({ unit: character.filter(isXmlText) }).filter(isXmlText);

describe("XML", () => {
  it("carries any text that XML can, in attributes and elements", () => {
    fc.assert(
      fc.property(text, (value) => {
        const read = readXml(renderXml(xml("a", { b: value }, xml("c", {}, value))));
        expect(read.attributes.b).toBe(value);
        expect(read.children[0]?.text).toBe(value);
      }),
    );
  });

  it.each(["<", "&amp;", "]]>", `"'`, " led and followed ", "a\r\nb\tc", "é€😀", "$", "a$b{c}", "%{x}"])(
    "carries %j",
    (value) => {
      const read = readXml(renderXml(xml("a", { b: value }, value)));
      expect([read.attributes.b, read.text]).toEqual([value, value]);
    },
  );

  it.each([
    ["a control character", "a\u0000b"],
    ["half a surrogate pair", "\ud800"],
    ["what James would take for a variable", "a${sys:user.home}"],
  ])("refuses %s, and does not repeat the text, which may be a secret", (_, value) => {
    expect(() => renderXml(xml("a", {}, value))).toThrow("text that the kit's XML cannot hold");
    expect(() => renderXml(xml("a", { b: value }))).toThrow("text that the kit's XML cannot hold");
  });

  it("leaves out what is undefined, and no comment ends early", () => {
    const document = renderXml(
      xml("a", { b: undefined, c: false }, undefined, xmlComment("x --> y"), xml("d")),
    );
    expect(readXml(document)).toEqual({
      name: "a",
      attributes: { c: "false" },
      text: "",
      children: [{ name: "d", attributes: {}, text: "", children: [] }],
    });
  });
});
