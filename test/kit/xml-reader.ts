/** An XML element as its reader sees it. */
export interface Read {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Read[];
  readonly text: string;
}

/**
 * Reads the XML that the kit writes, as James's reader was seen to: it trims text, unless xml:space says otherwise.
 * Throws on anything that is not well-formed in that subset.
 */
export function readXml(document: string): Read {
  let rest = document.replace(/^<\?xml [^?]*\?>/, "");
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest);
    if (found?.index !== 0) return undefined;
    rest = rest.slice(found[0].length);
    return found;
  };
  function element(): Read {
    take(/\s*/);
    const start = take(/<([\w.-]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/);
    if (!start) throw new Error(`not an element: ${rest.slice(0, 80)}`);
    const [, name = "", attributesText = "", empty] = start;
    const attributes = Object.fromEntries(
      [...attributesText.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        unescapeXml(value ?? ""),
      ]),
    );
    const children: Read[] = [];
    let text = "";
    while (!empty && !take(new RegExp(`</${name}>`))) {
      if (take(/<!--.*?-->/s)) continue;
      const characters = take(/[^<]+/);
      if (characters) text += unescapeXml(characters[0]);
      else children.push(element());
    }
    return { name, attributes, children, text: attributes["xml:space"] === "preserve" ? text : text.trim() };
  }
  const root = element();
  if (rest.trim() !== "") throw new Error(`after the root: ${rest.slice(0, 80)}`);
  return root;
}

/** The element below `element` by names, as `imapserver.auth`; undefined when it is not there. */
export function at(element: Read, path: string): Read | undefined {
  return path
    .split(".")
    .reduce<Read | undefined>((found, name) => found?.children.find((child) => child.name === name), element);
}

function unescapeXml(text: string): string {
  return text.replace(/&([^;]*);/g, (_, entity: string) => {
    const code = /^#(\d+)$/.exec(entity)?.[1];
    if (!code) throw new Error(`entity ${entity}`);
    return String.fromCodePoint(Number(code));
  });
}
