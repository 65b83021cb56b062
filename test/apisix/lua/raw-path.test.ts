import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, loadLua } from "./lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});
const upstreamUri = (uri: string, path = "/oidc/download/*", upstreamPath = "/download/*") =>
  lua.call("kit.raw_path", "upstream_uri", uri, path, upstreamPath);

describe("raw_path.upstream_uri", () => {
  it.each([
    ["/oidc/download/account/blob", "/download/account/blob"],
    ["/oidc/download/", "/download/"],
    ["/oidc/download/?x", "/download/?x"],
    [
      "/oidc/download/a%2Fb%2f?name=a%2Fb%20c.txt&type=text%2Fplain",
      "/download/a%2Fb%2f?name=a%2Fb%20c.txt&type=text%2Fplain",
    ],
    ["/oidc/download/a//b/%252F", "/download/a//b/%252F"],
    ["/oidc/download/a?b=/../c&d=#", "/download/a?b=/../c&d=#"],
    ["/oidc/download/.../a.b/..c/d../.e", "/download/.../a.b/..c/d../.e"],
    ["/oidc/download/%0d%0aX-User:%20eve", "/download/%0d%0aX-User:%20eve"],
    ["/oidc/download//", "/download//"],
  ])("moves %s", (uri, moved) => {
    expect(upstreamUri(uri)).toEqual([moved]);
  });

  it.each([
    ["/oidc/jmap", "/jmap"],
    ["/oidc/jmap?a=b?c", "/jmap?a=b?c"],
    ["/oidc/jmap?", "/jmap?"],
  ])("moves one path: %s", (uri, moved) => {
    expect(upstreamUri(uri, "/oidc/jmap", "/jmap")).toEqual([moved]);
  });

  it.each([
    "/oidc/jmap/",
    "/oidc/jma%70",
    "/oidc//jmap",
    "/oidc%2Fjmap",
    "/OIDC/jmap",
    "/oidc/jmap;a=b",
    "/oidc/jmapx",
    "/jmap",
    "",
  ])("takes %s for no spelling of /oidc/jmap", (uri) => {
    expect(upstreamUri(uri, "/oidc/jmap", "/jmap")).toEqual([undefined, 404]);
  });

  it.each([
    "/oidc/download",
    "/oidc/downloads/",
    "/oidc/downl%6fad/x",
    "//oidc/download/x",
    "/oidc/download?/",
    "/Oidc/download/x",
  ])("takes %s for no spelling of /oidc/download/", (uri) => {
    expect(upstreamUri(uri)).toEqual([undefined, 404]);
  });

  it.each([
    "..",
    "../jmap",
    "a/..",
    "a/../b",
    "./a",
    "a/.",
    "a/..?x",
    "%2e%2e/a",
    "%2E./a",
    ".%2e",
    "a%2f..%2fb",
    "a%2F%2e%2E",
    "a\\..\\b",
    "a%5c..%5Cb",
    "..;/a",
    "..;x=y/a",
    ".;/a",
    "%2e%2e;/a",
    "a#b",
  ])("refuses %s", (rest) => {
    expect(upstreamUri(`/oidc/download/${rest}`)).toEqual([undefined, 400]);
  });

  it("finds dot segments before the route's path too", () => {
    expect(upstreamUri("/oidc/x/../download/a")).toEqual([undefined, 400]);
    expect(upstreamUri("/oidc/x/../jmap", "/oidc/jmap", "/jmap")).toEqual([undefined, 400]);
  });

  it("keeps a root as it is", () => {
    expect(upstreamUri("/a%2Fb?c", "/*", "/app/*")).toEqual(["/app/a%2Fb?c"]);
    expect(upstreamUri("/", "/*", "/*")).toEqual(["/"]);
  });

  const part = fc.array(fc.constantFrom(..."ab.%2eE5c/\\;?&=é~")).map((chars) => chars.join(""));

  it("changes nothing after the prefix, or refuses", () => {
    fc.assert(
      fc.property(part, (rest) => {
        const [uri, status] = upstreamUri(`/oidc/download/${rest}`);
        if (uri === undefined) expect(status).toBe(400);
        else expect(uri).toBe(`/download/${rest}`);
      }),
    );
  });

  it("lets nothing through that a reader of URLs takes for another folder", () => {
    fc.assert(
      fc.property(part, (rest) => {
        const [uri] = upstreamUri(`/oidc/download/${rest}`);
        if (uri === undefined) return;
        const once = String(uri).replace(/%(?=[^2-7]|$)/g, "%25");
        const seen = [once, once.replace(/%5c/gi, "\\"), once.replace(/%2f/gi, "/")];
        for (const text of seen) expect(new URL(text, "http://a").pathname).toMatch(/^\/download\//);
      }),
    );
  });
});

describe("raw_path.is_below", () => {
  const isHidden = (uri: string) =>
    lua.call("kit.raw_path", "is_below", uri, ["/auth/admin", "/auth/realms/master"]);

  it.each([
    "/auth/admin",
    "/auth/admin/",
    "/auth/admin?x",
    "/auth/admin/realms/oidc",
    "/auth/%61dmin/x",
    "/auth%2fadmin",
    "/auth/admin%2Fx",
    "//auth///admin/x",
    "/auth/admin;a=b/x",
    "/auth;x/admin;",
    "/auth/admin%3Bx/y",
    "/;x/auth/admin",
    "/auth/;/admin",
    "/auth\\admin",
    "/auth/realms/master/account",
  ])("knows %s", (uri) => {
    expect(isHidden(uri)).toEqual([true]);
  });

  it.each([
    "/auth/administrator",
    "/auth/realms/masters",
    "/auth/realms/oidc/protocol/openid-connect/auth?redirect_uri=/auth/admin",
    "/auth/%2561dmin",
    "/admin",
    "/auth",
    "/",
  ])("leaves %s alone", (uri) => {
    expect(isHidden(uri)).toEqual([false]);
  });
});
