import { createHash } from "node:crypto";

/** A text in which nothing is secret any more. */
export interface Redacted {
  readonly text: string;
  /** Names of the secrets that were in it. */
  readonly found: ReadonlySet<string>;
}

/** What takes the place of a secret. */
const mask = "***";

/** Characters of the shortest part of a Base64 text by which a secret in it is known. */
const shortest = 10;

/** Takes secrets out of texts: as they are, and as programs write them in URLs, JSON, XML, Base64 and by their hashes. */
export class Redactor {
  /** Forms of secrets with their names by how they begin, the longest first: one may begin as another. */
  readonly #forms = new Map<string, [form: string, name: string][]>();
  /** Characters of these beginnings. */
  readonly #width: number;

  /** @param secrets values by name; of a private key each line counts */
  constructor(secrets: Iterable<readonly [name: string, value: string]>) {
    const names = new Map<string, string>();
    for (const [name, value] of secrets) {
      for (const form of partsOf(value).flatMap(formsOf)) names.set(form, names.get(form) ?? name);
    }
    const all = [...names].sort(([a], [b]) => b.length - a.length);
    this.#width = Math.min(8, all.at(-1)?.[0].length ?? 1);
    for (const one of all) {
      const beginning = one[0].slice(0, this.#width);
      const others = this.#forms.get(beginning);
      if (others) others.push(one);
      else this.#forms.set(beginning, [one]);
    }
  }

  redact(text: string): Redacted {
    const found = new Set<string>();
    const clean: string[] = [];
    let done = 0;
    for (let at = 0; at + this.#width <= text.length; ) {
      const [form, name] =
        this.#forms
          .get(text.slice(at, at + this.#width))
          ?.find(([candidate]) => text.startsWith(candidate, at)) ?? [];
      if (form === undefined || name === undefined) {
        at += 1;
        continue;
      }
      found.add(name);
      clean.push(text.slice(done, at), mask);
      at += form.length;
      done = at;
    }
    return { text: clean.length === 0 ? text : clean.join("") + text.slice(done), found };
  }
}

/** What of a secret of several lines is secret: of PEM, the lines of private keys. */
function partsOf(value: string): string[] {
  if (!value.includes("\n")) return value === "" ? [] : [value];
  const keys = [...value.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----([^-]*)-----END/g)];
  const secret = keys.length > 0 ? keys.map(([, body = ""]) => body).join("\n") : value;
  return secret.split(/\r?\n/).filter((line) => line.trim() !== "");
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const encoded = encodeURIComponent(value);
  const strict = encoded.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const urls = [encoded, strict, strict.replaceAll("%20", "+")];
  const json = JSON.stringify(value).slice(1, -1);
  const xml = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const hashes = ["md5", "sha1", "sha256", "sha512"].flatMap((algorithm) => {
    const hash = createHash(algorithm).update(bytes).digest();
    return [hash.toString("hex"), hash.toString("base64").replace(/=+$/, ""), hash.toString("base64url")];
  });
  return [
    value,
    ...urls.flatMap((url) => [url, url.replace(/%../g, (byte) => byte.toLowerCase())]),
    ...[json, json.replaceAll("/", "\\/"), JSON.stringify(json).slice(1, -1)],
    ...[xml, xml.replaceAll('"', "&quot;"), xml.replaceAll('"', "&quot;").replaceAll("'", "&apos;")],
    xml.replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    ...[bytes.toString("hex"), bytes.toString("base64").replace(/=+$/, ""), bytes.toString("base64url")],
    ...[0, 1, 2].flatMap((before) => base64Within(bytes, before)),
    ...hashes,
  ];
}

/** As it is in the Base64 of a longer text, as `user:password`: what no neighbour changes. @param before bytes ahead of it, modulo 3 */
function base64Within(bytes: Buffer, before: number): string[] {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  const form = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  return form.length < shortest ? [] : [form, form.replaceAll("+", "-").replaceAll("/", "_")];
}
