import { ExitCode } from "../../kit/errors";

/**
 * Exit codes of `drift`, which programs tell apart: they are its own. Errors that have codes elsewhere are all
 * `error` here.
 */
export const DriftExit = {
  none: ExitCode.ok,
  error: ExitCode.unexpected,
  drift: ExitCode.badInput,
  unreachable: ExitCode.machine,
} as const;
