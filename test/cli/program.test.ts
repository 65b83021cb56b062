import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { program } from "../../cli/program";
import { packageRoot } from "../../kit/package-root";

/** `up --allow-loss --no-smoke`: a command that does something, with its options in order. */
function usages({ commands, options }: Command, path: readonly string[] = []): string[] {
  return commands.length > 0
    ? commands.flatMap((command) => usages(command, [...path, command.name()]))
    : [[...path, ...options.map(({ long }) => long).sort()].join(" ")];
}

it("docs/commands.md names every command that --help does, with its options, and no other", () => {
  const text = readFileSync(join(packageRoot, "docs/commands.md"), "utf8");
  const [, rows = ""] = /^\| command .*\n\| -.*\n((?:\|.*\n)+)/m.exec(text) ?? [];
  const firstCells = rows.split("\n").map((row) => /^\| (.*?)(?<!\\) *\|/.exec(row)?.[1] ?? "");
  const documented = firstCells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, usage = ""]) => {
      const [path = ""] = /^[a-z]+( [a-z]+)*/.exec(usage) ?? [];
      return [path, ...(usage.match(/--[a-z-]+/g) ?? []).sort()].join(" ");
    }),
  );
  expect(documented.sort()).toEqual(usages(program).sort());
});
