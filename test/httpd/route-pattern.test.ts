import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPrefix, pathStem } from "../../constructs/gateway/gateway-route";
import { routePattern } from "../../constructs/httpd/route-pattern";

const segment = fc.constantFrom("a", "b", "a.b", "a+b");
const segments = fc.array(segment, { maxLength: 3 });
const routePath = fc
  .tuple(segments, fc.boolean())
  .map(([parts, prefix]) => `/${parts.join("/")}${prefix ? (parts.length > 0 ? "/*" : "*") : ""}`);
const requestPath = fc
  .tuple(segments, fc.boolean())
  .map(([parts, slash]) => `/${parts.join("/")}${slash ? "/" : ""}`);

/** The rule of gateway-route.ts, in the plainest words. */
function winner(paths: readonly string[], request: string): string | undefined {
  if (paths.includes(request)) return request;
  const prefixes = paths.filter((path) => isPrefix(path) && request.startsWith(pathStem(path)));
  return prefixes.sort((one, other) => other.length - one.length)[0];
}

describe("routePattern", () => {
  it("matches for each request the most specific route, and no other", () => {
    const tables = fc.uniqueArray(routePath, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(tables, requestPath, (paths, request) => {
        const matching = paths.filter((path) => new RegExp(routePattern(path, paths)).test(request));
        expect(matching).toEqual([winner(paths, request)].filter((path) => path !== undefined));
      }),
      { numRuns: 1000 },
    );
  });
});
