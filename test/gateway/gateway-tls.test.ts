import { describe, expect, it } from "vitest";
import { forwardedHostProblem } from "../../constructs/gateway/forwarded-host-rules";
import { tlsProblem } from "../../constructs/gateway/gateway-tls";
import type { ServerCertificate } from "../../constructs/workload/server-certificate";

const certificate = (...hosts: [string, ...string[]]): ServerCertificate => ({
  hosts,
  volume: { name: "certificates-gateway", path: "/run/certificates", readOnly: true },
  chainFile: "/run/certificates/gateway/chain.pem",
  keyFile: "/run/certificates/gateway/key.pem",
});

describe("GatewayTls", () => {
  const tls = { port: 9443, certificates: [certificate("mail.example.org")] } as const;
  const hosts = ["mail.example.org"];

  it("has a port and a certificate for each host", () => {
    const redirect = { redirectPort: 9081, publicPort: 443, challenges: { host: "certs", port: 80 } };
    expect(tlsProblem(tls, 9080, hosts)).toBeUndefined();
    expect(tlsProblem({ ...tls, ...redirect }, 9080, hosts)).toBeUndefined();
    const wildcard = [certificate("*.example.org")] as const;
    expect(tlsProblem({ ...tls, certificates: wildcard }, 9080, hosts)).toBeUndefined();
  });

  it.each<[string, Partial<typeof tls> | object, readonly string[], RegExp]>([
    ["no port", { port: 0 }, hosts, /not a port/],
    ["no public port", { publicPort: 70_000 }, hosts, /not a port/],
    ["the port of plain HTTP", { port: 9080 }, hosts, /a port each/],
    ["one port for both", { redirectPort: 9443 }, hosts, /a port each/],
    ["a host without a certificate", {}, [...hosts, "login.example.org"], /for login\.example\.org/],
    ["a host two below a wildcard", { certificates: [certificate("*.org")] }, hosts, /no certificate/],
    ["challenges that nothing hears", { challenges: { host: "certs", port: 80 } }, hosts, /challenges/],
    [
      "challenges for nobody",
      { redirectPort: 9081, challenges: { host: "no host", port: 80 } },
      hosts,
      /host name/,
    ],
  ])("has not %s", (_, change, asked, what) => {
    expect(tlsProblem({ ...tls, ...change }, 9080, asked)?.what).toMatch(what);
  });
});

describe("ForwardedHost", () => {
  const login = {
    host: "login.example.org",
    upstream: { host: "sso.example.com", port: 8080 },
    path: "/auth",
    hidden: ["/auth/admin", "/auth/realms/master"],
  };

  it.each([
    {},
    { path: "", hidden: ["/admin"] },
    { upstreamPath: "" },
    { origin: "https://login.example.org:8443" },
  ])("is a host with a path: %j", (change) => {
    expect(forwardedHostProblem({ ...login, ...change })).toBeUndefined();
  });

  it.each<[object, RegExp]>([
    [{ host: "Login.example.org" }, /lower case/],
    [{ origin: "https://mail.example.org" }, /not an origin/],
    [{ origin: "https://login.example.org/" }, /not an origin/],
    [{ origin: "https://login.example.org:443" }, /not an origin/],
    [{ origin: "ftp://login.example.org" }, /not an origin/],
    [{ path: "/" }, /not a path/],
    [{ path: "auth" }, /not a path/],
    [{ path: "/auth/*" }, /not a path/],
    [{ upstreamPath: "/a/../b" }, /not a path/],
    [{ hidden: ["/admin"] }, /below \/auth/],
    [{ hidden: ["/auth/admin/"] }, /below/],
    [{ hidden: ["/auth"] }, /below/],
    [{ upstream: { host: "sso.example.com", port: 0 } }, /not a port/],
  ])("is not %j", (change, what) => {
    expect(forwardedHostProblem({ ...login, ...change })?.what).toMatch(what);
  });
});
