import type { Problem } from "../../../config/errors";

type Found = Omit<Problem, "where"> | undefined;

const scheme = /^[a-z][a-z0-9+.-]*:/i;

/** Schemes that make a browser run what they hold. */
const dangerous = /^(javascript|data|vbscript|blob|file):/i;

export function hasWildcard(uri: string): boolean {
  return uri.includes("*");
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2; apps have schemes of their own (RFC 8252, section 7.1). */
export function redirectUriProblem(uri: string, rootUrl: string | undefined): Found {
  const allowed =
    "an absolute URI without fragment, as https://mail.example.com/back or com.example.app:/back";
  const wrong = (what: string): Found => ({ what, got: uri, allowed });
  if (/[\s\p{Cc}]/u.test(uri)) return wrong("a redirect URI with blanks or control characters");
  if (uri.includes("#")) return wrong("a redirect URI with a fragment");
  if (dangerous.test(uri)) return wrong("a redirect URI that a browser would run");
  if (uri.startsWith("/") && rootUrl !== undefined) return undefined;
  if (!scheme.test(uri)) return wrong("a redirect URI that is not absolute");
  if (!/^https?:/i.test(uri)) return undefined;
  if (!isWebUrl(uri)) return wrong("not a redirect URI");
  const { username, password } = new URL(uri);
  return username !== "" || password !== "" ? wrong("a redirect URI with a user") : undefined;
}

/** https://www.rfc-editor.org/rfc/rfc6454 */
export function originProblem(origin: string): Found {
  if (origin === "+") return undefined;
  const web = /^https?:/i.test(origin);
  const right = web
    ? URL.canParse(origin) && new URL(origin).origin === origin
    : /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/.test(origin);
  return right
    ? undefined
    : {
        what: "not an origin",
        got: origin,
        allowed:
          "scheme, host and port, as https://mail.example.com, in small letters and without a path; or +",
      };
}

export function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^\s/?#]/i.test(text) && URL.canParse(text) && !/\s/.test(text);
}
