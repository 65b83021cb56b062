import { hasControlCharacter } from "../../kit/control-character";

/** A `$` that httpd does not read as the start of `${NAME}`; its value is defined in the configuration itself. */
const dollarName = "KIT_DOLLAR";

/** Must come before the first `quote`d text. */
export const defineDollar = `Define ${dollarName} "$"`;

/** Paths may hold %2F. A virtual host does not have it from the server. */
export const encodedSlashes = "AllowEncodedSlashes NoDecode";

/**
 * An argument of a directive, read back by httpd as exactly `text`.
 *
 * httpd replaces `${NAME}` by definitions and environment variables anywhere in a line, quoted or not, without an
 * escape for it; then it unquotes. https://httpd.apache.org/docs/2.4/configuring.html
 *
 * @throws Error when `text` has a control character: a line break would start another directive
 */
export function quote(text: string): string {
  if (hasControlCharacter(text)) throw new Error("httpd cannot be told a text with control characters");
  const escaped = text.replace(/["\\]/g, "\\$&").replaceAll("${", `\${${dollarName}}{`);
  return `"${escaped}"`;
}

/**
 * The value of `RequestHeader set`, which mod_headers reads once more: `%` starts a format, `\\` an escape.
 *
 * @throws Error when `value` starts with `expr=`, which it takes for an expression and has no escape for
 */
export function quoteHeaderValue(value: string): string {
  if (value.startsWith(expressionMark))
    throw new Error("httpd takes a header value that starts so for an expression");
  return quote(value.replaceAll("\\", "\\\\").replaceAll("%", "%%"));
}

export const expressionMark = "expr=";

/** Options in form encoding, as OAuth2 directives take them. */
export function quoteOptions(options: Readonly<Record<string, string>>): string {
  return quote(
    Object.entries(options)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join("&"),
  );
}

/** A text that a regular expression matches literally. */
export function regexLiteral(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
