import type { Problem } from "./errors";
import { isWebUrl } from "./web-url";

type Found = Omit<Problem, "where"> | undefined;

/** Schemes that make a browser run or show what they hold. */
const executed = /^(javascript|data|vbscript|blob|file|about):/i;
/** Schemes that a browser does not go to from a login. */
const unreachable = /^(wss?|ftp):/i;

export function wildcardProblem(uri: string): Found {
  return uri.includes("*")
    ? {
        what: "a wildcard: tokens could be had by whoever has a page there",
        got: uri,
        allowed: "exact ones",
      }
    : undefined;
}

/** What a wildcard at its end leaves of a redirect URI. */
export function withoutTail(uri: string): string {
  return uri.replace(/\/\*$/, "/");
}

/**
 * Of a wildcard that somebody has allowed: only pages below a path are let in, of one host.
 *
 * @param rootUrl of the client, to which a path is relative
 */
export function tailProblem(uri: string, rootUrl = ""): Found {
  const exact = withoutTail(uri);
  const absolute = exact.startsWith("/") ? `${rootUrl.replace(/\/$/, "")}${exact}` : exact;
  return exact.includes("*") || (exact !== uri && !/^https?:\/\/[^/]+\/[^/?#]+\/([^?#]*)$/i.test(absolute))
    ? {
        what: "a wildcard elsewhere than at the end of a path",
        got: uri,
        allowed: "a page's folder, as https://mail.example.com/app/*",
      }
    : undefined;
}

/**
 * What is wrong with a redirect URI, which may have a wildcard where the client may.
 *
 * @param options.rootUrl of the client, to which a path is relative
 * @param options.allowWildcards @default false
 */
export function redirectUriProblem(
  uri: string,
  { rootUrl, allowWildcards = false }: { readonly rootUrl?: string; readonly allowWildcards?: boolean } = {},
): Found {
  if (!uri.includes("*")) return exactUriProblem(uri, rootUrl);
  if (!allowWildcards) return wildcardProblem(uri);
  return tailProblem(uri, rootUrl) ?? exactUriProblem(withoutTail(uri), rootUrl);
}

/**
 * https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2; apps have schemes of their own (RFC 8252, section 7.1). Keycloak
 * refuses what is no URI by RFC 3986, and the whole import with it.
 */
function exactUriProblem(uri: string, rootUrl?: string): Found {
  const allowed =
    "an absolute URI without fragment, as https://mail.example.com/back or com.example.app:/back";
  const wrong = (what: string): Found => ({ what, got: uri, allowed });
  if (/[\s\p{Cc}]/u.test(uri)) return wrong("a redirect URI with blanks or control characters");
  if (/[\\"<>^`|]|%(?![\da-f]{2})/i.test(uri)) return wrong("a redirect URI with characters that no URI has");
  if (uri.includes("#")) return wrong("a redirect URI with a fragment");
  if (executed.test(uri)) return wrong("a redirect URI that a browser would run");
  if (unreachable.test(uri)) return wrong("a redirect URI that no browser goes to");
  if (uri.startsWith("/") && rootUrl !== undefined) return undefined;
  if (!/^[a-z][a-z0-9+.-]*:./i.test(uri)) return wrong("a redirect URI that is not absolute");
  const valid = /^https?:/i.test(uri) ? isWebUrl(uri) : URL.canParse(uri);
  if (!valid) return wrong("not a redirect URI");
  const { username, password } = new URL(uri);
  return username !== "" || password !== "" ? wrong("a redirect URI with a user") : undefined;
}

/** https://www.rfc-editor.org/rfc/rfc6454; web views and extensions have schemes of their own. */
export function originProblem(origin: string): Found {
  const web = /^https?:/i.test(origin);
  const right = web
    ? URL.canParse(origin) && new URL(origin).origin === origin
    : /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#\\@]+$/.test(origin) &&
      !executed.test(origin) &&
      !unreachable.test(origin);
  return right
    ? undefined
    : {
        what: "not an origin",
        got: origin,
        allowed: "scheme, host and port, as https://mail.example.com, in small letters and without a path",
      };
}
