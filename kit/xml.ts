/** An element: its name, attributes, and content in order; `undefined` and `false` are left out. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, Scalar | undefined>>;
  readonly children: readonly XmlChild[];
}

type Scalar = string | number | boolean;
type XmlChild = XmlElement | Scalar | Comment;
interface Comment {
  readonly comment: string;
}

/** @example xml("bind", {}, "0.0.0.0:143") */
export function xml(
  name: string,
  attributes: XmlElement["attributes"] = {},
  ...children: readonly (XmlChild | undefined)[]
): XmlElement {
  return { name, attributes, children: children.filter((child) => child !== undefined) };
}

export function xmlComment(comment: string): Comment {
  return { comment: comment.replaceAll("--", "- -") };
}

/** A document of one element, also for a reader that resolves `${…}` and trims text: Apache Commons Configuration, which James has. */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderElement(root, "")}\n`;
}

function renderElement({ name, attributes, children }: XmlElement, indent: string): string {
  const [first, ...more] = children;
  const isText = more.length === 0 && first !== undefined && typeof first !== "object";
  const text = isText ? escapeXml(String(first)) : "";
  const shown = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join("");
  const preserve = isText && String(first) !== String(first).trim() ? ' xml:space="preserve"' : "";
  const start = `${indent}<${name}${shown}${preserve}`;
  if (isText) return `${start}>${text}</${name}>`;
  if (children.length === 0) return `${start}/>`;
  const inner = children.map((child) => renderChild(child, `${indent}  `)).join("\n");
  return `${start}>\n${inner}\n${indent}</${name}>`;
}

function renderChild(child: XmlChild, indent: string): string {
  if (typeof child !== "object") throw new Error("text beside elements is not what the kit writes");
  return "comment" in child ? `${indent}<!-- ${child.comment} -->` : renderElement(child, indent);
}

/** Whether XML 1.0 (section 2.2) and that reader can carry the text: no control characters, no `${`. */
export function isXmlText(text: string): boolean {
  return !/[\p{Cs}\ufffe\uffff]|(?![\t\n\r])\p{Cc}|\$\{/u.test(text);
}

function escapeXml(text: string): string {
  if (!isXmlText(text)) throw new Error("text that the kit's XML cannot hold");
  return text.replace(/[&<>"\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`);
}
