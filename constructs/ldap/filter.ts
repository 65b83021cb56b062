/** Whether a text is one LDAP filter (RFC 4515), without blanks between its parts: James takes no others. */
export function isFilter(text: string): boolean {
  if (text.includes("\0") || /\\(?![0-9A-Fa-f]{2})/.test(text)) return false;
  let [rest, before] = [text, ""];
  while (rest !== before) {
    before = rest;
    // A filter that was read is one character from then on.
    rest = rest.replace(/\((?:[&|]\0*|!\0|[^()\0&|!=][^()\0]*=[^()\0]*)\)/g, "\0");
  }
  return rest === "\0";
}
