import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { pcreProblem } from "../../../constructs/apisix/values/pcre";

const compiled = [
  "^/api/(.*)$",
  "^/(?<name>[^/]+)/\\k<name>(?P=name)$",
  "^/(?P<a>x)(?'b'y)(?P>a)(?&b)\\1\\g{2}\\g{-1}",
  "[]a]+[^]b][a-z-9][\\w-][[:alpha:][:^digit:]_]",
  "[\\w-][\\d\\-z][-\\w][[:alpha:]-][\\\\-a]",
  "(?<=ab|c{2})(?<!d(?=e+))f(?<=(?:gh))",
  "(?J)(?<n>a)|(?<n>b)",
  "(?i)a(?-i:b)(?s-m:c)(?>d|e)(?|f|(g))(?#comment )h",
  "a++b*+c?+d{2,3}+e{1}?f{,3}{",
  "(?=a)(?!b)(?<=c)(?<!d)(?(?=x)y|z)",
  "(a)(?(1)b|c)(?R)?",
  "\\Q(not a group\\E\\A\\z\\h\\R\\K\\x{41}\\x41\\cA\\N\\p{Lu}\\PL",
  "^x*$|(*FAIL)|\\/|}",
  "[\\Q]\\E]",
  "(?x) a # ( b",
  "\\p{L&}\\p{^Nd}\\P{Greek}[\\p{Han}\\pL]\\p{Any}\\p{Xwd}\\p{Old_Italic}",
];

const refused: readonly [string, string][] = [
  ["(a", "a `(` that is not closed"],
  ["a)", "a `)` that nothing opens"],
  ["[a-", "a `[` that is not closed"],
  ["[]", "a `[` that is not closed"],
  ["*a", "nothing for `*` to repeat"],
  ["a|+b", "nothing for `+` to repeat"],
  ["a**", "nothing for `*` to repeat"],
  ["(?i)*", "nothing for `*` to repeat"],
  ["a{3,1}", "`{3,1}` ends before it begins"],
  ["a{70000}", "`{70000}` is too large"],
  ["[z-a]", "the range `z-a` ends before it begins"],
  ["[\\w-.]", "`-.` after what stands for several characters"],
  ["[[:alpha:]-z]", "`-z` after what stands for several characters"],
  ["(?<=a+)b", "`+` in `(?<=`, which must have a length"],
  ["(?<!(a|b{2,}))c", "`{2,}` in `(?<!`, which must have a length"],
  ["(?<n>a)(?<n>b)", "there are two groups `n`"],
  ["[[:letter:]]", "there is no class `[:letter:]`"],
  ["a\\", "a `\\` at the end"],
  ["\\y", "`\\y` means nothing"],
  ["\\p{Foo}", "there is no property `\\p{Foo}`"],
  ["[\\P{^IsLatin}]", "there is no property `\\P{^IsLatin}`"],
  ["\\p{Letter}", "there is no property `\\p{Letter}`"],
  ["\\pA", "there is no property `\\pA`"],
  ["(?<1>a)", "`(?<1` begins no group"],
  ["(a)\\2", "there is no group 2"],
  ["(?<a>b)(?&c)", "there is no group `c`"],
];

describe("a regular expression, to PCRE", () => {
  test.each(compiled)("%s compiles", (pattern) => {
    expect(pcreProblem(pattern)).toBeUndefined();
  });

  test.each(refused)("%s does not: %s", (pattern, problem) => {
    expect(pcreProblem(pattern)).toBe(problem);
  });

  // grep's own judgement: 2 for what its PCRE does not compile.
  const status = (pattern: string) => spawnSync("grep", ["-P", "-e", pattern], { input: "" }).status;
  const canAsk = status("(?=a)") === 1;

  test.skipIf(!canAsk)("grep -P judges alike (skipped where grep has no PCRE)", () => {
    expect(compiled.filter((pattern) => status(pattern) === 2)).toEqual([]);
    expect(refused.filter(([pattern]) => status(pattern) !== 2)).toEqual([]);
  });
});
