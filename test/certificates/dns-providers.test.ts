import { describe, expect, it } from "vitest";
import { dnsProvider, legoTags } from "../../constructs/certificates/dns-providers";
import { builtImages } from "../../platform/image-set";

describe("providers of DNS", () => {
  it.each([
    ["cloudflare", "cloudflare"],
    ["acme-dns", "acmedns"],
    ["rfc2136", "dnsupdate"],
    ["cloudfare", undefined],
  ])("%s is %s", (code, provider) => {
    expect(dnsProvider(code)).toBe(provider);
  });

  it("are each in an image of its own: lego is compiled with the one that is wanted", () => {
    expect(legoTags()).toEqual(["urfave_cli_no_template", "lego_dnslight"]);
    expect(legoTags("acme-dns")).toEqual([...legoTags(), "lego_dns_acmedns"]);
    const { acme } = builtImages();
    expect(acme("acme-dns").reference).toBe(acme("acmedns").reference);
    expect(
      new Set([acme(), acme("cloudflare"), acme("route53")].map(({ reference }) => reference)).size,
    ).toBe(3);
  });
});
