/** A directive or section of httpd's configuration, as httpd reads it. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** Directives of a section. */
  readonly inner: readonly Directive[];
}

/** Reads a configuration by httpd's rules: variables first, then words and quotes, then sections. */
export function readHttpd(text: string): Directive[] {
  const variables = new Map<string, string>();
  const top: Directive[] = [];
  const open: { name: string; inner: Directive[] }[] = [{ name: "", inner: top }];
  for (const raw of text.split("\n")) {
    const line = raw.trim().replace(/\$\{(\w+)\}/g, (whole, name: string) => variables.get(name) ?? whole);
    if (line === "" || line.startsWith("#")) continue;
    const section = /^<(\/?)(\w+)\s*(.*)>$/.exec(line);
    const inner = open.at(-1)?.inner;
    if (!inner) throw new Error(`a section is closed that was not open: ${line}`);
    if (section?.[1]) {
      if (open.pop()?.name !== section[2]) throw new Error(`sections overlap at ${line}`);
    } else if (section) {
      const directive = { name: section[2] ?? "", args: words(section[3] ?? ""), inner: [] };
      inner.push(directive);
      open.push(directive);
    } else {
      const [name = "", ...args] = words(line);
      if (name === "Define") variables.set(args[0] ?? "", args[1] ?? "");
      inner.push({ name, args, inner: [] });
    }
  }
  if (open.length !== 1) throw new Error("a section is not closed");
  return top;
}

/** httpd's ap_getword_conf: inside quotes, `\\` and `\"` stand for the second character, any other backslash for itself. */
function words(line: string): string[] {
  const found = line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g);
  return [...found].map(([, quoted, plain]) => quoted?.replace(/\\(["\\])/g, "$1") ?? plain ?? "");
}

/** What mod_headers sends for a value: `%%` is a percent sign, `\\` a backslash; all else that is special is an error. */
export function headerValue(format: string): string {
  if (format.startsWith("expr=")) throw new Error(`an expression: ${format}`);
  return format.replace(/%(.)?|\\(.)?/g, (whole, percent, backslash) => {
    if (percent === "%") return "%";
    if (backslash === "\\") return "\\";
    throw new Error(`${whole} is a format`);
  });
}
