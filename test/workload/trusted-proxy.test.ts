import { describe, expect, it } from "vitest";
import { trustedProxyProblem } from "../../constructs/workload/trusted-proxy";

describe("TrustedProxy", () => {
  it.each([["127.0.0.1"], ["192.0.2.7"], ["10.0.0.0/8"], ["0.0.0.0/1", "198.51.100.4/30"], ["192.0.2.0/32"]])(
    "may trust %s",
    (...trusted) => {
      expect(trustedProxyProblem({ trusted, protocol: "forwarded" })).toBeUndefined();
    },
  );

  it.each<[string, string[], RegExp]>([
    ["nobody", [], /nobody/],
    ["everybody", ["10.0.0.1", "0.0.0.0/0"], /everybody/],
    ["a name", ["proxy.example.org"], /not an address/],
    ["IPv6", ["::1"], /not an address/],
    ["a byte too large", ["10.0.0.256"], /not an address/],
    ["three bytes", ["10.0.0"], /not an address/],
    ["a length too large", ["10.0.0.0/33"], /not an address/],
    ["an address in a network", ["10.0.0.1/8"], /length of a network/],
    ["all of the loopback network", ["127.0.0.0/8"], /this machine/],
  ])("trusts not %s", (_, trusted, what) => {
    expect(trustedProxyProblem({ trusted, protocol: "proxy-v2" })?.what).toMatch(what);
  });
});
