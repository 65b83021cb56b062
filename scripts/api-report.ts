import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../kit/package-root";

/** A name that a file declares or exports, and the statements that say what it is. */
interface Declaration {
  readonly name: string;
  /** File, from the folder of declarations. */
  readonly file: string;
  readonly statements: readonly string[];
}

/** One file of declarations, taken apart. */
interface Module {
  readonly declared: ReadonlyMap<string, readonly string[]>;
  /** Names that it has from other files or packages, by the name that it uses. */
  readonly imported: ReadonlyMap<string, Source>;
  /** What it exports of its own or from others, by the name outside. */
  readonly exported: ReadonlyMap<string, Source>;
  /** Files of which it exports everything. */
  readonly everythingOf: readonly string[];
}

interface Source {
  /** As the import says it. @default the file itself */
  readonly from?: string;
  /** Its name there, or `*` for all of it. */
  readonly name: string;
}

/**
 * The public API as text, a page for each path of package.json's `exports`: what it exports, then the types that this names,
 * from the compiler's declarations. Without comments and private members and ordered by name, so that a page changes when
 * what others can write changes, and not when files move. API Extractor would do, but ends at an import of JSON.
 *
 * @returns name of a file in `docs/api/` → its content
 */
export function apiReport(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-api-"));
  try {
    const options = ["--emitDeclarationOnly", "--removeComments", "--sourceMap", "false", "--outDir", folder];
    execFileSync(join(packageRoot, "node_modules/.bin/tsc"), ["-p", "tsconfig.build.json", ...options], {
      cwd: packageRoot,
      stdio: "inherit",
    });
    return apiPages(folder, JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The pages of a package whose declarations are in a folder. */
export function apiPages(
  folder: string,
  { name, exports }: { name: string; exports: Record<string, string | { types: string }> },
): Map<string, string> {
  const modules = new Modules(folder);
  const entries = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [{ path, file: target.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, "$1") }],
  );
  const paths = entries.filter(({ path }) => path !== ".");
  const pathOf = new Map(
    paths.flatMap(({ path, file }) => modules.exportsOf(file).map((found) => [keyOf(found), path.slice(1)])),
  );
  const pages = paths.map(({ path, file }): [string, string] => {
    const own = modules.exportsOf(file);
    const named = modules.namedBy(own, (found) => pathOf.has(keyOf(found)));
    const others = paths.flatMap(({ path: other }) => {
      const found = named.filter((type) => pathOf.get(keyOf(type)) === other.slice(1));
      const names = found.map((type) => `\`${type.name}\``).join(", ");
      return found.length > 0 ? [`- \`${join(name, other)}\`: ${names}`] : [];
    });
    const unexported = named.filter((type) => !pathOf.has(keyOf(type)));
    const parts = [
      codeOf(own.map(({ statements }) => statements.map((statement) => `export ${statement}`).join("\n"))),
      ...(others.length > 0 ? [`Of other paths, named above or below:\n\n${others.join("\n")}\n`] : []),
      ...(unexported.length > 0
        ? [`Exported by no path:\n\n${codeOf(unexported.map(({ statements }) => statements.join("\n")))}`]
        : []),
    ];
    return [`${path.slice(2)}.md`, `${headOf(join(name, path))}${parts.join("\n")}`];
  });
  // The whole is the sum of its parts.
  const whole = entries.filter(({ path }) => path === ".").map(({ file }) => codeOf([modules.textOf(file)]));
  return new Map([["index.md", `${headOf(name)}${whole}`], ...pages]);
}

const headOf = (path: string) =>
  `# ${path}\n\nWritten by \`npm run generate\`. What changes here changes for those who import it.\n\n`;
const codeOf = (statements: readonly string[]) => `\`\`\`ts\n${statements.join("\n\n")}\n\`\`\`\n`;
const keyOf = ({ file, name }: Declaration) => `${file} ${name}`;
const sortKeyOf = ({ name, statements }: Declaration) => `${name} ${statements.join()}`;
const byName = (a: Declaration, b: Declaration) => (sortKeyOf(a) < sortKeyOf(b) ? -1 : 1);

class Modules {
  readonly #read = new Map<string, Module>();

  constructor(readonly folder: string) {}

  textOf(file: string): string {
    return readFileSync(join(this.folder, `${file}.d.ts`), "utf8").trim();
  }

  /** What a file exports, wherever that is declared, by name. */
  exportsOf(file: string): Declaration[] {
    return [...this.#namesOf(file)].map((name) => this.#exported(file, name)).sort(byName);
  }

  /** What declarations of this project these name, and what those name in turn, unless it is explained elsewhere. */
  namedBy(
    declarations: readonly Declaration[],
    isElsewhere: (declaration: Declaration) => boolean,
  ): Declaration[] {
    const seen = new Set(declarations.map(keyOf));
    const found: Declaration[] = [];
    const look = ({ file, statements }: Declaration) => {
      for (const word of statements.flatMap(wordsOf)) {
        const named = this.#named(file, word);
        if (named === undefined || seen.has(keyOf(named))) continue;
        seen.add(keyOf(named));
        found.push(named);
        if (!isElsewhere(named)) look(named);
      }
    };
    declarations.forEach(look);
    return found.sort(byName);
  }

  #module(file: string): Module {
    let module = this.#read.get(file);
    if (module === undefined) {
      module = parse(this.textOf(file));
      this.#read.set(file, module);
    }
    return module;
  }

  #namesOf(file: string): Set<string> {
    const { exported, everythingOf } = this.#module(file);
    return new Set([
      ...exported.keys(),
      ...everythingOf.flatMap((from) => [...this.#namesOf(this.#resolve(file, from) as string)]),
    ]);
  }

  #exported(file: string, name: string): Declaration {
    const { exported, everythingOf } = this.#module(file);
    const source = exported.get(name);
    if (source) return this.#follow(file, source, name);
    const from = everythingOf
      .map((path) => this.#resolve(file, path) as string)
      .find((path) => this.#namesOf(path).has(name));
    if (from === undefined) throw new Error(`${file}.d.ts exports no ${name}`);
    return this.#exported(from, name);
  }

  /** What a word in a file is: declared there or had from elsewhere; undefined for what is of the language or a package. */
  #named(file: string, word: string): Declaration | undefined {
    const { declared, imported } = this.#module(file);
    const source = imported.get(word) ?? (declared.has(word) ? { name: word } : undefined);
    if (source === undefined) return undefined;
    const isWhole = source.name === "*";
    const found = isWhole ? undefined : this.#follow(file, source, word);
    return found && this.#isOurs(found.file) ? found : undefined;
  }

  #follow(file: string, { from, name }: Source, as: string): Declaration {
    const { declared, imported } = this.#module(file);
    if (from === undefined) {
      const had = imported.get(name);
      if (had) return this.#follow(file, had, as);
      return { name, file, statements: declared.get(name) ?? [] };
    }
    const target = this.#resolve(file, from);
    if (target === undefined) return { name: as, file: from, statements: [`{ ${as} } from "${from}";`] };
    if (name === "*") {
      const members = this.exportsOf(target).map((member) =>
        member.statements.join("\n").replace(/^/gm, "    "),
      );
      return { name: as, file: target, statements: [`namespace ${as} {\n${members.join("\n")}\n}`] };
    }
    return this.#exported(target, name);
  }

  /** A file of the folder; undefined for a package and for generated bindings. */
  #resolve(file: string, from: string): string | undefined {
    if (!from.startsWith(".") || from.includes("/bindings/")) return undefined;
    const path = join(dirname(file), from);
    return [path, join(path, "index")].find((candidate) => this.#isOurs(candidate));
  }

  #isOurs(file: string): boolean {
    return existsSync(join(this.folder, `${file}.d.ts`));
  }
}

/** Words of a statement that may name a type: not those in texts, and not the names of members. */
function wordsOf(statement: string): string[] {
  const text = statement.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\b[\w$]+\??(?=:)/g, "");
  return [...new Set(text.match(/[A-Za-z_$][\w$]*/g))];
}

/** The compiler writes a statement from the first column on, and indents what belongs to it. */
function parse(text: string): Module {
  const declared = new Map<string, string[]>();
  const imported = new Map<string, Source>();
  const exported = new Map<string, Source>();
  const everythingOf: string[] = [];
  for (const statement of text.split(/\n(?=[a-z])/)) {
    const from = /from "([^"]+)";$/.exec(statement)?.[1];
    const list = /^(import|export)(?: type)?(?: [\w$]+,)? \{([^}]*)\}(?: from "[^"]+")?;$/.exec(statement);
    const whole = /^(import|export)(?: type)? \*(?: as ([\w$]+))? from/.exec(statement);
    const declaration =
      /^(export )?(?:declare )?((?:abstract )?(?:class|interface|type|const|let|function|enum|namespace) ([\w$]+).*)$/s.exec(
        statement,
      );
    if (list) {
      for (const item of (list[2] as string).split(",").map((words) => words.trim().replace(/^type /, ""))) {
        if (item === "") continue;
        const [name, as = name] = item.split(" as ") as [string, string?];
        (list[1] === "import" ? imported : exported).set(as, { name, ...(from !== undefined && { from }) });
      }
    } else if (whole && from !== undefined) {
      const [, kind, as] = whole;
      if (as === undefined) everythingOf.push(from);
      else (kind === "import" ? imported : exported).set(as, { name: "*", from });
    } else if (declaration) {
      const [, isExported, body, name] = declaration as unknown as [
        string,
        string | undefined,
        string,
        string,
      ];
      declared.set(name, [...(declared.get(name) ?? []), withoutPrivate(body)]);
      if (isExported) exported.set(name, { name });
    } else if (!/^import /.test(statement)) {
      throw new Error(`no part of the API report: ${statement}`);
    }
  }
  return { declared, imported, exported, everythingOf };
}

function withoutPrivate(statement: string): string {
  return statement
    .trimEnd()
    .split("\n")
    .filter((line) => !/^ {4}(#private;|private (?!constructor))/.test(line))
    .join("\n");
}
