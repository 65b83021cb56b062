import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

/** The folders of the project, from the ground up: each imports itself and those before it. */
const floors = [
  "kit",
  "constructs",
  "setup",
  "platform",
  "config",
  "stacks",
  "smoke",
  "testing",
  "operations",
  "cli",
  "exports",
] as const;

/** Files above all floors: what other projects import, and what `cdktf` runs. */
const top = ["index.ts", "main.ts"];

/** One file that imports another; paths from the project's folder. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Code that `npm run generate bindings` makes. */
const isGenerated = (path: string) => path.includes("/bindings/");

/** The source text of every file that people write, by path. */
export function sourceTexts(project: string): Map<string, string> {
  const paths = floors.flatMap((floor) =>
    readdirSync(join(project, floor), { recursive: true, encoding: "utf8" })
      .map((path) => join(floor, path))
      .filter((path) => path.endsWith(".ts") && !isGenerated(path)),
  );
  return new Map([...top, ...paths].map((path) => [path, readFileSync(join(project, path), "utf8")]));
}

/** Every import of a file of the project, a generated one too: of values and of types, exports from, and imports while it runs. */
export function importsOf(texts: ReadonlyMap<string, string>): Import[] {
  const importing = /\b(?:from|import|require)\s*\(?\s*(["'`])(\.\.?(?:\/[^"'`]*)?)\1/g;
  return [...texts].flatMap(([from, text]) =>
    [...text.matchAll(importing)]
      .map(([, , path]) => normalize(join(dirname(from), (path as string).replace(/\.js$/, ""))))
      .map((target) => {
        const candidates = [target, `${target}.ts`, `${target}.d.ts`, join(target, "index.ts")];
        return { from, to: candidates.find((candidate) => texts.has(candidate)) ?? target };
      }),
  );
}

/** Imports against the direction of the floors. */
export function againstFloors(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    if (heightOf(to) <= heightOf(from)) return [];
    const floor = floorOf(from);
    const allowed = floors.slice(0, heightOf(from) + 1).join(", ");
    return [`${from} imports ${to}, but ${floor}/ may import only ${allowed}`];
  });
}

function floorOf(path: string): string {
  return path.slice(0, path.indexOf("/"));
}

/** Place among the floors. What is on none of them, as `test/`, is for nobody to import. */
function heightOf(path: string): number {
  if (top.includes(path)) return floors.length;
  const height = floors.findIndex((floor) => path.startsWith(`${floor}/`));
  return height === -1 ? Number.POSITIVE_INFINITY : height;
}

/** Circles of files, one sentence each. */
export function circlesOfFiles(imports: readonly Import[]): string[] {
  return circles(imports, (path) => path).map((found) => `circle of files:${listed(found)}`);
}

/**
 * Circles of folders, one sentence each: in no folder do its own files and its sub-folders, each with all below it, import
 * one another in a circle.
 */
export function circlesOfFolders(imports: readonly Import[]): string[] {
  const folders = new Set(imports.flatMap(({ from, to }) => [...parentsOf(from), ...parentsOf(to)]));
  return [...folders].sort().flatMap((folder) => {
    const inside = imports.filter(({ from, to }) => isBelow(from, folder) && isBelow(to, folder));
    const room = (path: string) => {
      const [first, ...rest] = relative(folder, path).split("/");
      return rest.length === 0 ? join(folder, "*.ts") : join(folder, first as string);
    };
    return circles(inside, room).map((found) => {
      const names = [...found, found[0] as Import].map(({ from }) => room(from)).join(" → ");
      return `circle of folders, ${names}:${listed(found)}`;
    });
  });
}

function listed(imports: readonly Import[]): string {
  return imports.map(({ from, to }) => `\n  ${from} imports ${to}`).join("");
}

/** The folders that a file is in, the project's own among them. */
function parentsOf(path: string): string[] {
  const folder = dirname(path);
  return folder === "." ? ["."] : [folder, ...parentsOf(folder)];
}

function isBelow(path: string, folder: string): boolean {
  return folder === "." || path.startsWith(`${folder}/`);
}

/** Shortest circles, until every node that is in a circle is in one of these; each as one import for an arrow. */
function circles(imports: readonly Import[], nodeOf: (path: string) => string): Import[][] {
  const arrows = new Map<string, Map<string, Import>>();
  for (const one of imports) {
    const [from, to] = [nodeOf(one.from), nodeOf(one.to)];
    if (from === to) continue;
    const leaving = arrows.get(from) ?? new Map<string, Import>();
    arrows.set(from, leaving.has(to) ? leaving : leaving.set(to, one));
  }
  const found: Import[][] = [];
  const seen = new Set<string>();
  for (const node of [...arrows.keys()].sort()) {
    const circle = seen.has(node) ? undefined : shortestWayBack(arrows, node);
    if (!circle) continue;
    found.push(circle);
    for (const { from } of circle) seen.add(nodeOf(from));
  }
  return found;
}

/** The arrows of a shortest way from a node to itself, by breadth-first search. */
function shortestWayBack(
  arrows: ReadonlyMap<string, ReadonlyMap<string, Import>>,
  start: string,
): Import[] | undefined {
  const ways = new Map<string, Import[]>([[start, []]]);
  for (const [node, way] of ways) {
    for (const [next, one] of arrows.get(node) ?? []) {
      if (next === start) return [...way, one];
      if (!ways.has(next)) ways.set(next, [...way, one]);
    }
  }
  return undefined;
}
