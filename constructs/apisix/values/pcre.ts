/**
 * Why PCRE, which APISIX has, does not compile a regular expression; undefined where it does, or where that is not
 * certain. https://www.pcre.org/current/doc/html/pcre2pattern.html
 */
export function pcreProblem(pattern: string): string | undefined {
  // With it, blanks and what follows a `#` mean nothing.
  if (/\(\?[a-zA-Z^]*x/.test(pattern)) return undefined;
  try {
    new PcreReader(pattern).read();
    return undefined;
  } catch (error) {
    if (error instanceof PcreFault) return error.message;
    throw error;
  }
}

class PcreFault extends Error {}

/** Openings of groups that hold alternatives: plain, without a number, assertions, conditions, named. */
const opening =
  /\((?:\?(?:[:|>=!*]|<[=!*]|[imnsUJ^]*(?:-[imnsUJ]*)?:|P?<(?<name>[A-Za-z_]\w*)>|'(?<quoted>[A-Za-z_]\w*)'|(?=\()))?(?![?*])/y;
/** What looks like a group and holds nothing: comments, settings, calls of groups, verbs. */
const closedGroup =
  /\(\?#[^)]*\)|(?<setting>\(\?[imnsUJ^]*(?:-[imnsUJ]*)?\))|\(\?(?:R|[+-]\d+|(?<number>\d+)|(?:&|P[>=])(?<name>\w+))\)|\(\?C\d*\)|(?<verb>\(\*[^)]*\))/y;
const condition = /\((?:[+-]?\d+|R\d*|R&\w+|<\w+>|'\w+'|\w+)\)/y;
const quantifier = /(?:[*+?]|\{(?<least>\d+)(?:,(?<most>\d*))?\})[+?]?/y;
const escapeSequence =
  /\\(?:x\{[\dA-Fa-f]+\}|x[\dA-Fa-f]{0,2}|o\{[0-7]+\}|c[ -~]|[pP](?:\{[^}]*\}|[A-Za-z])|[gk](?:\{[^}]*\}|<[^>]*>|'[^']*')|g[+-]?\d+|N(?!\{[A-Z])|\d+|[ABCDEGHKQRSVWXZabdefhnrstvwz]|[^A-Za-z\d])/y;
const lookaround = /^\(\?<?[=!*]/;
const severalCharacters = /\\[dDhHsSvVwWpP]/y;
const posixClass = /\[:\^?(?<name>[a-z]+):\]/y;
const posixNames = [
  "alnum",
  "alpha",
  "ascii",
  "blank",
  "cntrl",
  "digit",
  "graph",
  "lower",
  "print",
  "punct",
  "space",
  "upper",
  "word",
  "xdigit",
];

/** Categories of characters, and what PCRE adds to them. */
const category =
  /^(?:C[cfnos]?|L(?:[cltmou]|&)?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|Any|X(?:an|ps|sp|uc|wd))$/i;

/**
 * Whether no PCRE has such a property of characters. Newer ones have more of them and take them written in more ways: what
 * one could mean by a name is not judged.
 */
function isNoProperty(text: string): boolean {
  const name = text.replace(/^\^/, "");
  if (category.test(name) || /[:=]/.test(name)) return false;
  const takes = (property: string) => {
    try {
      RegExp(`\\p{${property}}`, "u");
      return true;
    } catch {
      return false;
    }
  };
  const words = name.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [];
  const title = words.map((word) => word[0]?.toUpperCase() + word.slice(1).toLowerCase()).join("_");
  // A category that has its name written out, which PCRE does not know.
  if ([name, title].some((one) => takes(`General_Category=${one}`))) return true;
  if ([name, title].some((one) => takes(`Script=${one}`) || takes(one))) return false;
  const isOneLongWord = words.length === 1 && name.length > 6;
  return !isOneLongWord && !/^[a-z]{3,}$/.test(name);
}

class PcreReader {
  #at = 0;
  /** Openings of the groups around. */
  readonly #open: string[] = [];
  #groups = 0;
  #highest = 0;
  readonly #names = new Set<string>();
  readonly #called = new Set<string>();
  /** Whether a quantifier may follow. */
  #repeatable = false;

  constructor(readonly pattern: string) {}

  read(): void {
    while (this.#at < this.pattern.length) this.#item();
    if (this.#open.length > 0) throw new PcreFault("a `(` that is not closed");
    const unknown = [...this.#called].find((name) => !this.#names.has(name));
    if (unknown !== undefined) throw new PcreFault(`there is no group \`${unknown}\``);
    if (this.#highest > this.#groups) throw new PcreFault(`there is no group ${this.#highest}`);
  }

  #item(): void {
    const { pattern } = this;
    switch (pattern[this.#at]) {
      case "\\":
        this.#escape();
        return;
      case "[":
        this.#class();
        this.#repeatable = true;
        return;
      case "(":
        this.#group();
        return;
      case ")":
        if (this.#open.pop() === undefined) throw new PcreFault("a `)` that nothing opens");
        this.#at++;
        this.#repeatable = true;
        return;
      case "|":
        this.#at++;
        this.#repeatable = false;
        return;
      default: {
        const found = this.#take(quantifier);
        if (found) this.#quantify(found);
        else {
          this.#at++;
          this.#repeatable = true;
        }
      }
    }
  }

  #quantify([text, least, most]: RegExpExecArray): void {
    if (!this.#repeatable) throw new PcreFault(`nothing for \`${text}\` to repeat`);
    if (Number(least ?? 0) > 65_535 || Number(most || 0) > 65_535)
      throw new PcreFault(`\`${text}\` is too large`);
    if (most && Number(most) < Number(least)) throw new PcreFault(`\`${text}\` ends before it begins`);
    const around = this.#open.findLast((group) => lookaround.test(group));
    if (around?.startsWith("(?<") && (/^[*+]/.test(text) || most === "")) {
      throw new PcreFault(`\`${text}\` in \`${around}\`, which must have a length`);
    }
    this.#repeatable = false;
  }

  #group(): void {
    const closed = this.#take(closedGroup);
    if (closed) {
      const { setting, verb, name, number } = closed.groups ?? {};
      if (name !== undefined) this.#called.add(name);
      this.#highest = Math.max(this.#highest, Number(number ?? 0));
      if (setting !== undefined || verb !== undefined) this.#repeatable = false;
      else if (!closed[0].startsWith("(?#")) this.#repeatable = true;
      return;
    }
    const found = this.#take(opening);
    if (!found) throw new PcreFault(`\`${this.pattern.slice(this.#at, this.#at + 4)}\` begins no group`);
    const isCondition = found[0] === "(?";
    if (isCondition && !this.#take(condition)) {
      // An assertion, which counts as its own group.
      if (!/^\((?:\?<?[=!*]|\*)/.test(this.pattern.slice(this.#at))) throw new PcreFault("not a condition");
    }
    const name = found.groups?.name ?? found.groups?.quoted;
    if (name !== undefined) this.#name(name);
    if (found[0] === "(" || name !== undefined) this.#groups++;
    this.#open.push(found[0]);
    this.#repeatable = false;
  }

  #name(name: string): void {
    // Alternatives may share one.
    const isAllowed = /\(\?(?:\||[a-zA-Z^]*J)/.test(this.pattern);
    if (this.#names.has(name) && !isAllowed) throw new PcreFault(`there are two groups \`${name}\``);
    this.#names.add(name);
  }

  #escape(): void {
    const [text] = this.#escaped();
    if (text === "\\Q") {
      const end = this.pattern.indexOf("\\E", this.#at);
      if (end !== this.#at) this.#repeatable = true;
      this.#at = end === -1 ? this.pattern.length : end + 2;
    } else if (text !== "\\E") {
      this.#repeatable = true;
    }
    // Two digits or more may also be a character.
    const number = /^\\(?:([1-9])|g\{?(\d+)\}?)$/.exec(text);
    if (number) this.#highest = Math.max(this.#highest, Number(number[1] ?? number[2]));
    const name = /^\\(?:k.|g\{)([A-Za-z_]\w*).$/.exec(text)?.[1];
    if (name !== undefined) this.#called.add(name);
  }

  #escaped(): RegExpExecArray {
    const found = this.#take(escapeSequence);
    if (found) {
      const property = /^\\[pP](?:\{(.*)\}|(.))$/.exec(found[0]);
      if (property && isNoProperty(property[1] ?? property[2] ?? "")) {
        throw new PcreFault(`there is no property \`${found[0]}\``);
      }
      return found;
    }
    const text = this.pattern.slice(this.#at, this.#at + 2);
    throw new PcreFault(text === "\\" ? "a `\\` at the end" : `\`${text}\` means nothing`);
  }

  #class(): void {
    const { pattern } = this;
    this.#at += pattern[this.#at + 1] === "^" ? 2 : 1;
    /** The character before, when a range may begin with it. */
    let before: string | undefined;
    for (let isFirst = true; isFirst || pattern[this.#at] !== "]"; isFirst = false) {
      if (this.#at >= pattern.length) throw new PcreFault("a `[` that is not closed");
      const posix = this.#take(posixClass);
      if (posix) {
        const name = posix.groups?.name ?? "";
        if (!posixNames.includes(name)) throw new PcreFault(`there is no class \`[:${name}:]\``);
        before = undefined;
        this.#noRange();
        continue;
      }
      const isSeveral = this.#looksAt(severalCharacters);
      const isRange = before !== undefined && pattern[this.#at] === "-" && pattern[this.#at + 1] !== "]";
      if (isRange) this.#at++;
      const character = this.#classCharacter();
      if (isRange && before !== undefined && character !== undefined && character < before) {
        throw new PcreFault(`the range \`${before}-${character}\` ends before it begins`);
      }
      before = isRange ? undefined : character;
      if (isSeveral) this.#noRange();
    }
    this.#at++;
  }

  /** What stands for several characters begins no range. */
  #noRange(): void {
    const next = this.pattern.slice(this.#at, this.#at + 2);
    if (/^-[^\]]/.test(next)) throw new PcreFault(`\`${next}\` after what stands for several characters`);
  }

  /** A character of a class; undefined where it is another thing, or several. */
  #classCharacter(): string | undefined {
    const { pattern } = this;
    if (pattern[this.#at] !== "\\") return pattern[this.#at++];
    if (pattern.startsWith("\\Q", this.#at)) {
      const end = pattern.indexOf("\\E", this.#at);
      if (end === -1) throw new PcreFault("a `[` that is not closed");
      this.#at = end + 2;
      return undefined;
    }
    const [text] = this.#escaped();
    return /^\\[^A-Za-z\d]$/.test(text) ? text[1] : undefined;
  }

  #looksAt(expression: RegExp): boolean {
    expression.lastIndex = this.#at;
    return expression.test(this.pattern);
  }

  #take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.pattern) ?? undefined;
    if (found) this.#at += found[0].length;
    return found;
  }
}
