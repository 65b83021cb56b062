import { expect, it } from "vitest";
import { capabilitySince, jamesCapabilities } from "../../constructs/james/capabilities";

it.each([
  ["3.8.0", []],
  ["3.8.1", []],
  ["3.8.2", []],
  ["3.8.1+kit", ["xUserSecret", "imapLiteralPlus", "sieveOidc", "oauthbearerRfc7628", "kitExtension"]],
  ["3.8.1+other", []],
  ["3.9.0+kit", ["xUserSecret", "imapLiteralPlus", "webadminPassword"]],
  ["3.9.0", ["xUserSecret", "imapLiteralPlus", "webadminPassword"]],
  [
    "3.10.0-SNAPSHOT",
    [
      "xUserSecret",
      "imapLiteralPlus",
      "webadminPassword",
      "sieveOidc",
      "oauthbearerRfc7628",
      "oidcAudience",
      "smtpAuthRequired",
    ],
  ],
  [
    "4.0.0",
    [
      "xUserSecret",
      "imapLiteralPlus",
      "webadminPassword",
      "sieveOidc",
      "oauthbearerRfc7628",
      "oidcAudience",
      "smtpAuthRequired",
    ],
  ],
])("James %s can do what its sources say", (version, names) => {
  const { jmapDraft, ...can } = jamesCapabilities(version);
  expect(Object.entries(can).flatMap(([name, has]) => (has ? [name] : []))).toEqual(names);
  expect(jmapDraft).toBe(version.startsWith("3.8"));
});

it("a capability names its first release", () => {
  expect(capabilitySince("sieveOidc")).toBe("3.10");
});
