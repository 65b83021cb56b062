import { describe, expect, test } from "vitest";
import { broken, told } from "../told";

/** The good file, whose guard leaves one header alone. */
const without = (header: string) => broken(`            - ${header}\n`, "");

describe("X-User of a client", () => {
  const error = (text: string) => told(text).filter((line) => line.includes("an X-User that a client sends"));

  test("nothing removes it: an error on each route without a plugin that does", () => {
    expect(error(without("X-User"))).toEqual([
      "error routes[1](basic-session): an X-User that a client sends reaches james, through the route basic-session",
    ]);
  });

  test("with the gateway's secret it is told", () => {
    const text = without("X-User").replace(/ {6}kit-bearer:\n( {8}.*\n)+/, "");
    expect(error(text)[0]).toBe(
      "error routes[0](session): an X-User that a client sends reaches james together with the gateway's X-User-Secret, through the route session",
    );
  });

  test("set by proxy-rewrite counts as removed, added does not", () => {
    const given = (action: string) =>
      without("X-User").replace("upstream_id: james\n    plugin_config_id: limits", (found) =>
        [
          found,
          "    plugins:",
          "      proxy-rewrite:",
          "        headers:",
          `          ${action}:`,
          "            x-user: none",
        ].join("\n"),
      );
    expect(error(given("set"))).toEqual([]);
    expect(error(given("add"))).toHaveLength(1);
  });

  const filtered = (filter: string) =>
    broken(
      "      proxy-rewrite:\n        headers:\n          remove:",
      `      proxy-rewrite:\n        _meta:\n          filter: ${filter}\n        headers:\n          remove:`,
    );

  test("a filter that lets OPTIONS past the plugin", () => {
    expect(error(filtered('[["request_method", "~=", "OPTIONS"]]'))).toEqual([
      "error global_rules[0](identity).plugins.proxy-rewrite._meta.filter: an X-User that a client sends reaches james on OPTIONS, through the route basic-session",
    ]);
  });

  test.each([
    ['[["request_method", "~=", "DELETE"]]', 0],
    ['[["request_method", "in", ["GET", "OPTIONS"]]]', 0],
    ['[["request_method", "in", ["GET"]]]', 1],
    ['[["request_method", "!", "in", ["OPTIONS"]]]', 1],
    ['[["arg_a", "==", "b"]]', 1],
  ])("a filter is compared with the route's methods: %s", (filter, findings) => {
    expect(error(filtered(filter))).toHaveLength(findings);
  });

  test("a plugin that is switched off removes nothing", () => {
    const text = broken(
      "      proxy-rewrite:\n        headers:\n          remove:",
      "      proxy-rewrite:\n        _meta:\n          disable: true\n        headers:\n          remove:",
    );
    expect(error(text)).toHaveLength(1);
  });

  test("a service's removal is lost where the route has a proxy-rewrite of its own", () => {
    const text = [
      "routes:",
      "  - {id: a, uri: /a, service_id: s, plugins: {proxy-rewrite: {uri: /b}}}",
      "services:",
      '  - {id: s, upstream: {nodes: {"a:80": 1}}, plugins: {proxy-rewrite: {headers: {remove: [X-User]}}}}',
      "#END",
    ].join("\n");
    expect(told(text)).toEqual(
      expect.arrayContaining([
        "error routes[0](a): an X-User that a client sends reaches its upstream, through the route a",
        "warning routes[0](a).plugins.proxy-rewrite: it replaces proxy-rewrite of services[0](s) as a whole on routes[0](a)",
      ]),
    );
  });
});

test("headers of identity are no matter to a file with openid-connect that mentions no X-User", () => {
  const text = `routes:
  - {id: a, uri: /a, upstream_id: u, plugins: {openid-connect: {client_id: a, discovery: "https://a", bearer_only: true, use_jwks: true}}}
  - {id: b, uri: /b, upstream_id: u, plugins: {cors: {allow_headers: "X-User"}}}
upstreams:
  - {id: u, nodes: {"a:80": 1}}
#END
`;
  expect(told(text).filter((line) => line.includes("X-User "))).toEqual([]);
  expect(told(text).filter((line) => line.startsWith("error"))).toEqual([]);
  expect(told(text)).toContain(
    "warning routes[1](b): X-Userinfo, X-Access-Token, X-ID-Token, X-Refresh-Token and X-Raw-ID-Token of a client reach u, through the route b",
  );
});
