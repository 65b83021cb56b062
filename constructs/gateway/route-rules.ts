import { dnsName } from "../../kit/dns-name";
import type { Problem } from "../../kit/errors";
import {
  type GatewayRoute,
  isDocument,
  isForward,
  isPrefix,
  isRedirect,
  isWebFinger,
  pathStem,
  type Upstream,
} from "./gateway-route";
import { userHeader } from "./identity-headers";

interface RouteRule {
  /** The field that it is about. */
  readonly field: string;
  /** The problem of a route in its table, without its place, or undefined. */
  readonly check: (route: GatewayRoute, table: RouteIndex) => Omit<Problem, "where"> | undefined;
}

/** The first route of each id, and of each path. */
interface RouteIndex {
  readonly byId: ReadonlyMap<string, GatewayRoute>;
  readonly byPath: ReadonlyMap<string, GatewayRoute>;
}

/**
 * Everything that is wrong with a route table, at once.
 *
 * @param where where the table is, as a construct's path
 */
export function routeProblems(routes: readonly GatewayRoute[], where: string): Problem[] {
  const backwards = routes.toReversed();
  const table: RouteIndex = {
    byId: new Map(backwards.map((route) => [route.id, route])),
    byPath: new Map(backwards.map((route) => [route.path, route])),
  };
  return routes.flatMap((route) =>
    rules.flatMap(({ field, check }) => {
      const problem = check(route, table);
      return problem ? [{ where: `${where}.${route.id}.${field}`, ...problem }] : [];
    }),
  );
}

/**
 * Paths are written plainly, so that no two spellings name one path and every gateway reads them alike: RFC 3986's
 * unreserved characters and some that need no escape anywhere.
 */
const plainPath = /^(?:\/[A-Za-z0-9._~!,;:@=+-]*)+(?:\/\*)?$/;
const allowedPath = "`/` and segments of letters, digits and ._~!,;:@=+-; `/*` only at the end";

/** What is wrong with a path, which may end in `/*`, if anything. */
export function pathProblem(path: string): Omit<Problem, "where"> | undefined {
  const stem = pathStem(path);
  if (!plainPath.test(stem)) return { what: "not a path", got: path, allowed: allowedPath };
  if (stem.includes("//")) return { what: "an empty path segment", got: path, allowed: allowedPath };
  if (stem.split("/").some((segment) => segment === "." || segment === "..")) {
    return { what: "a dot segment, which clients take away", got: path, allowed: allowedPath };
  }
  return undefined;
}

/** What is wrong with an upstream, if anything. */
export function upstreamProblem(upstream: Upstream): Omit<Problem, "where"> | undefined {
  return hostProblem(upstream) ?? portProblem(upstream.port);
}

function hostProblem({ host }: Upstream): Omit<Problem, "where"> | undefined {
  return dnsName.test(host.toLowerCase()) ? undefined : { what: "not a host name", got: host };
}

/** What is wrong with a port, if anything. */
export function portProblem(port: number): Omit<Problem, "where"> | undefined {
  return Number.isInteger(port) && port > 0 && port < 65_536
    ? undefined
    : { what: "not a port", got: port, allowed: "1 to 65535" };
}

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** Set by HTTP itself or by the gateway. */
const reservedHeaders = new Set(
  [userHeader, "Authorization", "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade"].map(
    (name) => name.toLowerCase(),
  ),
);

const rules: RouteRule[] = [
  {
    field: "id",
    check: ({ id }) =>
      /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id)
        ? undefined
        : { what: "not an id", got: id, allowed: "lower-case letters, digits and `-` between them" },
  },
  {
    field: "id",
    check: (route, { byId }) => {
      const first = byId.get(route.id);
      return first === route
        ? undefined
        : { what: `two routes have this id, for ${first?.path} and ${route.path}`, got: route.id };
    },
  },
  { field: "path", check: ({ path }) => pathProblem(path) },
  {
    field: "path",
    check: (route, { byPath }) => {
      const first = byPath.get(route.path);
      return first === route
        ? undefined
        : {
            what: `route ${first?.id} has this path too`,
            got: route.path,
            fix: "One route answers a path: give it both methods, or name another path",
          };
    },
  },
  {
    field: "methods",
    check: ({ methods }) => {
      if (methods.length === 0) return { what: "no method: nothing could use the route" };
      if ((methods as readonly string[]).includes("OPTIONS")) {
        return { what: "the gateway answers OPTIONS itself", fix: "Leave it out" };
      }
      return new Set(methods).size < methods.length ? { what: "a method twice", got: methods } : undefined;
    },
  },
  {
    field: "upstream",
    check: ({ target }) => (isForward(target) ? hostProblem(target.upstream) : undefined),
  },
  {
    field: "upstream",
    check: ({ target }) => (isForward(target) ? portProblem(target.upstream.port) : undefined),
  },
  {
    field: "upstreamPath",
    check: ({ target }) =>
      isForward(target) && target.upstreamPath !== undefined ? pathProblem(target.upstreamPath) : undefined,
  },
  {
    field: "upstreamPath",
    check: ({ path, target }) => {
      if (!isForward(target) || target.upstreamPath === undefined) return undefined;
      if (isPrefix(path) === isPrefix(target.upstreamPath)) return undefined;
      return {
        what: isPrefix(path)
          ? `the route is a prefix, ${path}, and its upstream path is not`
          : `the route is one path, ${path}, and its upstream path is a prefix`,
        got: target.upstreamPath,
        fix: "End both in `/*`, or neither",
      };
    },
  },
  {
    field: "webSocket",
    check: ({ methods, target }) =>
      isForward(target) && target.webSocket && methods.join() !== "GET"
        ? { what: "a WebSocket is opened by GET (RFC 6455)", got: methods, allowed: ["GET"] }
        : undefined,
  },
  {
    field: "webSocketProtocol",
    check: ({ target }) => {
      if (!isForward(target) || target.webSocketProtocol === undefined) return undefined;
      const { webSocket, webSocketProtocol: name } = target;
      if (!webSocket) return { what: "a WebSocket's subprotocol without webSocket", got: name };
      return headerName.test(name) ? undefined : { what: "not a subprotocol (RFC 6455)", got: name };
    },
  },
  {
    field: "idleTimeoutSeconds",
    check: ({ target }) => {
      if (!isForward(target) || target.idleTimeoutSeconds === undefined) return undefined;
      const seconds = target.idleTimeoutSeconds;
      return Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400
        ? undefined
        : { what: "not a timeout", got: seconds, allowed: "1 to 86400 seconds" };
    },
  },
  {
    field: "requestHeaders",
    check: ({ target }) => {
      const names = isForward(target) ? Object.keys(target.requestHeaders ?? {}) : [];
      const wrong = names.find((name) => !headerName.test(name));
      if (wrong !== undefined) return { what: "not a header name (RFC 9110)", got: wrong };
      const reserved = names.find((name) => reservedHeaders.has(name.toLowerCase()));
      return reserved === undefined
        ? undefined
        : { what: "a header that HTTP or the gateway itself sets", got: reserved };
    },
  },
  {
    field: "requestHeaders",
    check: ({ target }) => {
      const headers = isForward(target) ? Object.entries(target.requestHeaders ?? {}) : [];
      const wrong = headers.find(
        ([, value]) => !isHeaderValue(typeof value === "string" ? value : value.reveal()),
      );
      return wrong
        ? {
            what: `the value of ${wrong[0]} cannot be sent in a header`,
            allowed: "visible ASCII, with blanks inside",
          }
        : undefined;
    },
  },
  {
    field: "requestHeaders",
    check: ({ authentication, target }) => {
      const names = isForward(target) ? Object.keys(target.requestHeaders ?? {}) : [];
      const secret = names.some((name) => name.toLowerCase() === "x-user-secret");
      return secret && authentication !== "oidc"
        ? {
            what: `X-User-Secret on a route without a verified user (authentication: ${authentication})`,
            fix: "Set it on oidc routes only",
          }
        : undefined;
    },
  },
  {
    field: "authentication",
    check: ({ authentication, target }) =>
      isForward(target) || authentication === "public"
        ? undefined
        : {
            what: "what the gateway answers itself, it answers to anybody",
            got: authentication,
            allowed: ["public"],
          },
  },
  {
    field: "redirectTo",
    check: ({ target }) => {
      if (!isRedirect(target)) return undefined;
      if (isPrefix(target.redirectTo)) {
        return { what: "a redirect goes to one path", got: target.redirectTo, allowed: allowedPath };
      }
      return pathProblem(target.redirectTo);
    },
  },
  {
    field: "methods",
    check: ({ methods, target }) =>
      isWebFinger(target) && methods.some((method) => method !== "GET")
        ? { what: "WebFinger is asked by GET (RFC 7033)", got: methods, allowed: ["GET"] }
        : undefined,
  },
  {
    field: "path",
    check: ({ path, target }) =>
      isWebFinger(target) && isPrefix(path)
        ? { what: "WebFinger answers one path", got: path, fix: "Leave out the `/*`" }
        : undefined,
  },
  {
    field: "webFinger",
    check: ({ target }) =>
      isWebFinger(target) && !isIssuer(target.webFinger.issuer)
        ? { what: "not an issuer", got: target.webFinger.issuer, allowed: "an http:// or https:// URL" }
        : undefined,
  },
  {
    field: "webFinger",
    check: ({ target }) => {
      if (!isWebFinger(target)) return undefined;
      const { domains } = target.webFinger;
      if (domains.length === 0) return { what: "no domain: nothing could be asked for" };
      const wrong = domains.find((domain) => !dnsName.test(domain.toLowerCase()));
      return wrong === undefined ? undefined : { what: "not a domain", got: wrong };
    },
  },
  {
    field: "methods",
    check: ({ methods, target }) =>
      isDocument(target) && methods.some((method) => method !== "GET")
        ? { what: "a document is asked for by GET", got: methods, allowed: ["GET"] }
        : undefined,
  },
  {
    field: "path",
    check: ({ path, target }) =>
      isDocument(target) && isPrefix(path)
        ? { what: "a document answers one path", got: path, fix: "Leave out the `/*`" }
        : undefined,
  },
  {
    field: "document",
    check: ({ target }) =>
      isDocument(target) && !mediaType.test(target.document.mediaType)
        ? {
            what: "not a media type (RFC 6838)",
            got: target.document.mediaType,
            allowed: "such as text/xml, without parameters",
          }
        : undefined,
  },
];

const mediaType = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/;

/** Of characters that a URI has (RFC 3986). */
function isIssuer(text: string): boolean {
  return /^https?:\/\/[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]+$/.test(text) && URL.canParse(text);
}

function isHeaderValue(value: string): boolean {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(value);
}
