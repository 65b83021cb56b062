import { ExitCode, KitError } from "../../kit/errors";
import { openDeployment } from "../../operations/deployment/deployment";
import { type ExaminedListener, examine } from "../../operations/doctor/doctor";
import type { Finding } from "../../operations/doctor/finding";
import type { Output } from "../output/output";

/**
 * Looks at an environment as people's programs find it, from this machine.
 *
 * @throws KitError (`ExitCode.findings`) when something is wrong; a warning alone is none
 */
export async function doctor(name: string, output: Output): Promise<void> {
  const deployment = openDeployment(name);
  const { environment } = deployment;
  const { listeners, findings } = await examine(deployment);
  for (const listener of listeners) output.result({ event: "listener", ...listener }, listenerText(listener));
  for (const one of findings) output.result({ event: "finding", ...one }, findingText(one));
  const errors = findings.filter(({ severity }) => severity === "error");
  const warnings = findings.length - errors.length;
  const summary = `environment ${environment.name}: ${count(errors.length, "error")}, ${count(warnings, "warning")}`;
  if (errors.length > 0) {
    throw new KitError(
      summary,
      errors.map(({ severity: _, check: __, ...problem }) => problem),
      { exitCode: ExitCode.findings, reported: true },
    );
  }
  output.result({ command: "doctor", environment: environment.name, errors: 0, warnings }, summary);
}

function listenerText({ where, at, tls }: ExaminedListener): string {
  if (at === null) return `${where.padEnd(40)} not reached`;
  const shown = tls
    ? `${tls.version}, certificate of ${tls.certificate.issuer} until ${tls.certificate.notAfter.slice(0, 10)} (${tls.certificate.daysLeft} days)`
    : "without TLS";
  return `${where.padEnd(40)} ${at.padEnd(22)} ${shown}`;
}

function findingText({ severity, where, what, got, allowed, fix }: Finding): string {
  const sentences = [
    `${severity} ${where}: ${what}`,
    ...(got === undefined ? [] : [`Got ${words(got)}`]),
    ...(allowed === undefined ? [] : [`Allowed: ${words(allowed)}`]),
    ...(fix === undefined ? [] : [fix]),
  ];
  return `${sentences.join(". ")}.`;
}

function words(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : `${value}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
