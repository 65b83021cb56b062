import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** How the tests of a file ended. What fails outside a test (a file that does not load, a hook) counts as one failed. */
function count(module: TestModule): Count {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    // A test that never came to its turn has not passed.
    count[state === "pending" ? "failed" : state] += 1;
  }
  if (!module.ok() && count.failed === 0) count.failed = 1;
  return count;
}

/** The reasons why tests of a file were skipped, each with how many it holds for and one of them. */
function* skips(module: TestModule): Generator<string> {
  const byReason = new Map<string, string[]>();
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state !== "skipped") continue;
    const reason = result.note ?? "no reason is given";
    byReason.set(reason, [...(byReason.get(reason) ?? []), test.fullName]);
  }
  for (const [reason, [name, ...others]] of byReason) {
    yield `${name}${others.length > 0 ? ` and ${others.length} more` : ""}: ${reason}`;
  }
}

/** What failed in a file, each with the first line of why. */
function* failures(module: TestModule): Generator<string> {
  const said = (errors: readonly { message: string }[] | undefined) =>
    errors?.[0]?.message.split("\n", 1)[0] ?? "it never came to its turn";
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0) yield `${suite.fullName}: ${said(suite.errors())}`;
  }
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result();
    if (state === "failed" || state === "pending") yield `${test.fullName}: ${said(errors)}`;
  }
  if (module.errors().length > 0) yield said(module.errors());
}

/**
 * A vitest reporter for scripts/test. It ends with why tests were skipped and which failed, so that the end of a log says
 * it. In the folder that `VITEST_SUMMARY` names it adds to `counts` a line `passed failed skipped file` for each file
 * (`file` is `-` for what failed outside of all files), and to `failures` what it said of those that failed.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { message: string }[]): void {
    const counts = modules.map((module) => {
      const { passed, failed, skipped } = count(module);
      return `${passed} ${failed} ${skipped} ${module.relativeModuleId}`;
    });
    if (unhandled.length > 0) counts.push(`0 ${unhandled.length} 0 -`);
    const lines = (what: string, of: (module: TestModule) => Iterable<string>) =>
      modules.flatMap((module) =>
        [...of(module)].map((text) => `${what}: ${module.relativeModuleId}: ${text}`),
      );
    const failed = [
      ...lines("failed", failures),
      ...unhandled.map(({ message }) => `failed: outside of tests: ${message}`),
    ];
    for (const line of [...lines("skipped", skips), ...failed]) console.log(line);
    const folder = process.env.VITEST_SUMMARY;
    if (!folder) return;
    for (const [file, written] of Object.entries({ counts, failures: failed })) {
      appendFileSync(join(folder, file), written.map((line) => `${line}\n`).join(""));
    }
  }
}
