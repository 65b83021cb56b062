/** What a browser would send for a login page. */
export interface LoginForm {
  readonly action: URL;
  /** Hidden fields with their values. */
  readonly fields: URLSearchParams;
  /** Names of the fields that people fill in. */
  readonly user: string;
  readonly password: string;
}

/**
 * Finds the form with a password field in an HTML page; the user's is the last text field before it. Enough of HTML for login
 * pages; not a parser.
 *
 * @throws with what the page says when there is no such form
 */
export function parseLoginForm(html: string, pageUrl: URL): LoginForm {
  for (const [, attributes = "", content = ""] of html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)) {
    const inputs = [...content.matchAll(/<input\b([^>]*)>/gi)].map(([, text = ""]) => ({
      type: attribute(text, "type")?.toLowerCase() ?? "text",
      name: attribute(text, "name") ?? "",
      value: attribute(text, "value") ?? "",
    }));
    const at = inputs.findIndex(({ type }) => type === "password");
    const user = inputs.slice(0, Math.max(at, 0)).findLast(({ type }) => ["text", "email"].includes(type));
    const password = inputs[at];
    if (!user || !password) continue;
    const fields = new URLSearchParams();
    for (const { type, name, value } of inputs) if (name && type === "hidden") fields.set(name, value);
    return {
      action: new URL(attribute(attributes, "action") ?? "", pageUrl),
      ...{ fields, user: user.name, password: password.name },
    };
  }
  throw new Error(`no login form with a field for the user and one for the password: ${messageOfPage(html)}`);
}

/** The error that a login page shows, or else its title. */
export function messageOfPage(html: string): string {
  const shown =
    /<[^>]*\b(?:id="input-error[^"]*"|class="[^"]*(?:kc-feedback-text|alert-error|instruction)[^"]*")[^>]*>(.*?)<\/(?:span|div|p)>/is.exec(
      html,
    )?.[1] ?? /<title>(.*?)<\/title>/is.exec(html)?.[1];
  const text = decodeEntities((shown ?? "").replace(/<[^>]*>/g, " "))
    .replace(/\s+/g, " ")
    .trim();
  return text ? `the page says "${text}"` : "an unknown page";
}

function attribute(tag: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : decodeEntities(value);
}

function decodeEntities(text: string): string {
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return named[name] ?? entity;
  });
}
