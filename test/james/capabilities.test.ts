import { expect, it } from "vitest";
import { capabilitySince, jamesCapabilities } from "../../constructs/james/capabilities";
import { durable, memory } from "./config";

it.each([
  ["3.8.0", []],
  ["3.8.1", []],
  ["3.8.2", []],
  [
    "3.8.1+kit",
    ["xUserSecret", "imapLiteralPlus", "ldapServers", "sieveOidc", "oauthbearerRfc7628", "kitExtension"],
  ],
  [
    "3.9.0+kit",
    ["xUserSecret", "imapLiteralPlus", "imapPackagesOfServer", "ldapServers", "webadminPassword"],
  ],
  ["3.9.0", ["xUserSecret", "imapLiteralPlus", "imapPackagesOfServer", "ldapServers", "webadminPassword"]],
  [
    "3.10.0",
    [
      "xUserSecret",
      "imapLiteralPlus",
      "imapPackagesOfServer",
      "ldapServers",
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
      "imapPackagesOfServer",
      "ldapServers",
      "webadminPassword",
      "sieveOidc",
      "oauthbearerRfc7628",
      "oidcAudience",
      "smtpAuthRequired",
    ],
  ],
])("James %s can do what its sources say", (version, names) => {
  const { jmapDraft, ...can } = jamesCapabilities(memory(version));
  expect(Object.entries(can).flatMap(([name, has]) => (has ? [name] : []))).toEqual(names);
  expect(jmapDraft).toBe(version.startsWith("3.8"));
});

it("James 3.9 on PostgreSQL can do with the kit's classes what 3.8 can", () => {
  const can = jamesCapabilities(durable.release);
  expect(can).toMatchObject({
    kitExtension: true,
    sieveOidc: true,
    oauthbearerRfc7628: true,
    oidcAudience: false,
  });
});

it("a capability names its first release", () => {
  expect(capabilitySince("sieveOidc")).toBe("3.10");
});
