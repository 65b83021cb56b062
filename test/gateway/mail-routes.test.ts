import { describe, expect, it } from "vitest";
import { isDocument, isForward, isRedirect } from "../../constructs/gateway/gateway-route";
import { identityHeaders, strippedHeaders } from "../../constructs/gateway/identity-headers";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { routeProblems } from "../../constructs/gateway/route-rules";
import { Secret } from "../../constructs/workload/secret";

const webFinger = { issuer: "https://sso.example.com/realms/oidc", domains: ["example.com"] };
const upstream = { host: "james.example.com", port: 80 };
const props = { publicUrl: "https://mail.example.com/", upstream, webFinger };

describe("mailRoutes", () => {
  const routes = mailRoutes(props);

  it("gives the reference example's endpoints, and /eventSource, under both prefixes", () => {
    const rows = routes.map(({ path, methods, authentication, target }) => {
      const to = isForward(target)
        ? target.upstreamPath
        : isRedirect(target)
          ? `-> ${target.redirectTo}`
          : isDocument(target)
            ? target.document.mediaType
            : target.webFinger.issuer;
      return `${methods} ${path} ${authentication} ${to}`;
    });
    expect(rows).toEqual([
      "POST /oidc/jmap oidc /jmap",
      "GET /oidc/jmap/session oidc /jmap/session",
      "GET /oidc/jmap/ws oidc /jmap/ws",
      "POST /oidc/upload/* oidc /upload/*",
      "GET /oidc/download/* oidc /download/*",
      "GET /oidc/eventSource oidc /eventSource",
      "GET /oidc/.well-known/linagora-ecosystem oidc /.well-known/linagora-ecosystem",
      "GET /oidc/.well-known/webfinger public https://sso.example.com/realms/oidc",
      "GET /oidc/.well-known/jmap public -> /oidc/jmap/session",
      "POST /jmap basic /jmap",
      "GET /jmap/session basic /jmap/session",
      "GET /jmap/ws basic /jmap/ws",
      "POST /upload/* basic /upload/*",
      "GET /download/* basic /download/*",
      "GET /eventSource basic /eventSource",
      "GET /.well-known/linagora-ecosystem basic /.well-known/linagora-ecosystem",
      "GET /.well-known/webfinger public https://sso.example.com/realms/oidc",
      "GET /.well-known/jmap public -> /jmap/session",
    ]);
  });

  it("has what mail programs configure themselves by at the root of the host alone, where it is told", () => {
    const autoconfig = {
      domain: "example.com",
      incoming: [{ host: "mail.example.com", port: 993, socketType: "SSL", passwords: true }],
      outgoing: [{ host: "mail.example.com", port: 587, socketType: "STARTTLS", passwords: true }],
    } as const;
    const added = (publicUrl: string, passwords: boolean) =>
      mailRoutes({ ...props, publicUrl, passwords, autoconfig })
        .filter(({ target }) => isDocument(target))
        .map(({ path, methods, authentication }) => `${methods} ${path} ${authentication}`);
    const wanted = [
      "GET /.well-known/autoconfig/mail/config-v1.1.xml public",
      "GET /mail/config-v1.1.xml public",
    ];
    expect(added("https://mail.example.com", true)).toEqual(wanted);
    expect(added("https://example.com/mail", false)).toEqual(wanted);
    expect(routeProblems(mailRoutes({ ...props, autoconfig }), "routes")).toEqual([]);
  });

  it("passes WebFinger on to James when the gateway is not told what to answer", () => {
    const targets = mailRoutes({ publicUrl: "https://mail.example.com", upstream })
      .filter(({ path }) => path.endsWith("/webfinger"))
      .map(({ target }) => target);
    expect(targets).toEqual(Array(2).fill({ upstream, upstreamPath: "/.well-known/webfinger" }));
  });

  it("without passwords nothing leads to James but /oidc, and discovery leads there", () => {
    const beside = mailRoutes({ ...props, passwords: false }).filter(({ path }) => !path.startsWith("/oidc"));
    expect(beside.map(({ path, target }) => [path, isRedirect(target) && target.redirectTo])).toEqual([
      ["/.well-known/webfinger", false],
      ["/.well-known/jmap", "/oidc/jmap/session"],
    ]);
  });

  it("puts all below the path of the public URL, and what is well-known at the root too", () => {
    const below = mailRoutes({ ...props, publicUrl: "https://example.com/mail/" });
    expect(below.slice(0, routes.length).map(({ id, path }) => [id, path])).toEqual(
      routes.map(({ id, path }) => [id, `/mail${path}`]),
    );
    const plain = ({ target }: (typeof routes)[number]) =>
      isForward(target) ? [target.upstream, target.upstreamPath] : isRedirect(target) ? "redirect" : target;
    expect(below.slice(0, routes.length).map(plain)).toEqual(routes.map(plain));
    const target = (wanted: string) => {
      const found = below.find(({ path }) => path === wanted)?.target;
      return (
        found && (isForward(found) ? found.requestHeaders : isRedirect(found) ? found.redirectTo : found)
      );
    };
    expect(target("/mail/oidc/jmap/session")).toEqual({
      "X-JMAP-PREFIX": "https://example.com/mail/oidc",
      "X-JMAP-WEBSOCKET-PREFIX": "wss://example.com/mail/oidc",
    });
    expect(target("/mail/.well-known/jmap")).toBe("/mail/jmap/session");
    expect(below.slice(routes.length).map(({ id, path }) => [id, path])).toEqual([
      ["root-webfinger", "/.well-known/webfinger"],
      ["root-well-known-jmap", "/.well-known/jmap"],
    ]);
    expect(target("/.well-known/jmap")).toBe("/mail/jmap/session");
    expect(target("/.well-known/webfinger")).toEqual({ webFinger });
    expect(routeProblems(below, "routes")).toEqual([]);
  });

  it("passes its own rules", () => {
    expect(routeProblems(routes, "routes")).toEqual([]);
  });

  it("upgrades the two WebSocket routes only", () => {
    const upgraded = routes
      .filter(({ target }) => isForward(target) && target.webSocket)
      .map(({ path }) => path);
    expect(upgraded).toEqual(["/oidc/jmap/ws", "/jmap/ws"]);
  });

  it("tells James, for the session, the prefix that the client came by", () => {
    const headers = Object.fromEntries(
      routes.map(({ path, target }) => [path, isForward(target) ? target.requestHeaders : undefined]),
    );
    expect(headers["/oidc/jmap/session"]).toEqual({
      "X-JMAP-PREFIX": "https://mail.example.com/oidc",
      "X-JMAP-WEBSOCKET-PREFIX": "wss://mail.example.com/oidc",
    });
    expect(headers["/jmap/session"]).toEqual({
      "X-JMAP-PREFIX": "https://mail.example.com",
      "X-JMAP-WEBSOCKET-PREFIX": "wss://mail.example.com",
    });
  });

  it("sends the gateway's secret with verified users only", () => {
    const userSecret = new Secret("gateway", "s3cret");
    for (const { authentication, target } of mailRoutes({ ...props, userSecret })) {
      const sent = isForward(target) ? target.requestHeaders?.["X-User-Secret"] : undefined;
      expect(sent).toBe(authentication === "oidc" ? userSecret : undefined);
      const proof = isForward(target) ? target.requestHeaders?.["X-Forwarded-Proof"] : undefined;
      expect(proof instanceof Secret && proof.reveal() !== userSecret.reveal()).toBe(
        authentication === "basic",
      );
    }
  });
});

describe("strippedHeaders", () => {
  it("holds the headers of identity and of addresses, and each header that some route sets, once", () => {
    const [route] = mailRoutes(props);
    if (!route || !isForward(route.target)) throw new Error("a route is missing");
    const requestHeaders = { "x-user-secret": "a", "X-Tenant": "b" };
    const stripped = strippedHeaders([{ ...route, target: { ...route.target, requestHeaders } }]);
    const names = stripped.map((name) => name.toLowerCase());
    expect(names).toEqual(
      expect.arrayContaining([...identityHeaders, "X-Tenant", "X-Real-IP"].map((name) => name.toLowerCase())),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});
