import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../constructs/certificates/authority";
import { Redactor } from "../../kit/redactor";

const value = "p&ä/s+\"w' %rd-$1";
const redactor = new Redactor([
  ["person@localhost", value],
  ["redis", "AbCdEf"],
  ["ldapAdmin", "AbCdEfGh"],
]);
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a secret is taken out", () => {
  it.each([
    ["as it is", value],
    ["of a URL", encodeURIComponent(value)],
    ["of a URL, with small letters", encodeURIComponent(value).replace(/%../g, (byte) => byte.toLowerCase())],
    ["of a form", new URLSearchParams({ a: value }).toString().slice(2)],
    ["of JSON", JSON.stringify(value).slice(1, -1)],
    ["of XML", "p&amp;ä/s+&quot;w&apos; %rd-$1"],
    ["in Base64", base64(value).replace(/=+$/, "")],
    ["in hexadecimal", Buffer.from(value).toString("hex")],
    ["by its hash", createHash("sha256").update(value).digest("hex")],
  ])("%s", (_, form) => {
    const { text, found } = redactor.redact(`before ${form} after`);
    expect(text).toMatch(/^before \*\*\*=* after$/);
    expect([...found]).toEqual(["person@localhost"]);
  });

  it.each(["u", "us", "user", "james"])("in Base64 behind %s:, as HTTP and SASL send it", (user) => {
    const { text, found } = redactor.redact(`Authorization: Basic ${base64(`${user}:${value}`)}`);
    expect([...found]).toEqual(["person@localhost"]);
    // What is left tells at most two letters, at each end those that a neighbour changes.
    expect(text.length).toBeLessThan("Authorization: Basic ***".length + base64(`${user}:`).length + 8);
  });

  it("the longest one, where one begins as another", () => {
    const { text, found } = redactor.redact("AbCdEfGh AbCdEf");
    expect([text, [...found]]).toEqual(["*** ***", ["ldapAdmin", "redis"]]);
  });

  it("the key of an authority, line by line; its certificate is no secret", () => {
    const authority = createAuthority("a test");
    const { text, found } = new Redactor([["authority", authority]]).redact(authority);
    expect([...found]).toEqual(["authority"]);
    const [, key = ""] = /PRIVATE KEY-----([^-]*)-----END/.exec(authority) ?? [];
    for (const line of key.trim().split("\n")) expect(text).not.toContain(line);
    expect(text).toContain(/BEGIN CERTIFICATE-----([^-]*)-----END/.exec(authority)?.[1]);
  });
});

it("all else stays, and without secrets everything", () => {
  const text = "AbCdE fGh ***";
  expect(redactor.redact(text)).toEqual({ text, found: new Set() });
  expect(new Redactor([["empty", ""]]).redact(text).text).toBe(text);
});
