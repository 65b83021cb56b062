import type { Problem } from "../../kit/errors";

/** What is asked; stable, for programs. */
export type CheckId =
  | "name"
  | "port"
  | "tls"
  | "protocol"
  | "certificate"
  | "key"
  | "clock"
  | "hsts"
  | "redirect"
  | "login"
  | "issuer"
  | "headers"
  | "cors"
  | "cleartext"
  | "backup";

/** Something that people's programs stumble over (error), or will or could (warning). */
export interface Finding extends Problem {
  readonly severity: "error" | "warning";
  readonly check: CheckId;
  readonly where: string;
}

/** An `error`, or a `warning`, of a check. */
export function finding(
  severity: Finding["severity"],
  check: CheckId,
  where: string,
  problem: Omit<Problem, "where">,
): Finding {
  return { severity, check, where, ...problem };
}
