import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/**
 * A vitest reporter for scripts/test: says why tests were skipped, and writes `passed failed skipped` to the file
 * that `VITEST_SUMMARY` names. What fails outside a test (a file that does not load, a hook) counts as one failed.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        // A test that never came to its turn has not passed.
        if (result.state === "pending") count.failed += 1;
        else count[result.state] += 1;
        if (result.state === "skipped") {
          console.log(
            `skipped: ${test.fullName} (${module.relativeModuleId}): ${result.note ?? "no reason is given"}`,
          );
        }
      }
      const failedOutside = !module.ok() && [...module.children.allTests("failed")].length === 0;
      if (failedOutside) count.failed += 1;
    }
    const file = process.env.VITEST_SUMMARY;
    if (file) writeFileSync(file, `${count.passed} ${count.failed} ${count.skipped}\n`);
  }
}
