import type { SmokeReport } from "./run";
import type { StepResult } from "./steps/plan";

/** One line for a step; below a failed one, what was wrong and the log lines that explain it. */
export function formatStep(step: StepResult): string {
  const mark = step.ok ? (step.skipped ? "-" : "✓") : "✗";
  const time = step.skipped ? "" : `${step.ms} ms`;
  const note = step.skipped ?? step.detail ?? "";
  const line = `${mark} ${step.title.padEnd(48)} ${time.padStart(8)}  ${note}`.trimEnd();
  const below: string[] = [];
  if (step.error) below.push(`    ${step.error}`);
  if (step.service && step.log)
    below.push(
      step.log.length > 0
        ? `    log of ${step.service}:`
        : `    the log of ${step.service} tells nothing about it`,
      ...step.log.map((text) => `      ${text}`),
    );
  return [line, ...below].join("\n");
}

/** `smoke test: 29 steps succeeded in 3.2 s; failed: imap.oauthbearer; 3 left out` */
export function formatReport({ steps, ms }: SmokeReport): string {
  const succeeded = steps.filter(({ ok, skipped }) => ok && skipped === undefined).length;
  const failed = steps.filter(({ ok, skipped }) => !ok && skipped === undefined).map(({ id }) => id);
  const notRun = steps.filter(({ ok, skipped }) => !ok && skipped !== undefined).length;
  const leftOut = steps.filter(({ ok, skipped }) => ok && skipped !== undefined).length;
  const parts = [`${succeeded} step${succeeded === 1 ? "" : "s"} succeeded in ${(ms / 1000).toFixed(1)} s`];
  if (failed.length > 0) parts.push(`failed: ${failed.join(", ")}`);
  if (notRun > 0) parts.push(`${notRun} could not run`);
  if (leftOut > 0) parts.push(`${leftOut} left out`);
  return `smoke test: ${parts.join("; ")}`;
}
