import { someOf } from "./some-of";

/** The exit codes of every command but `drift`. */
export const ExitCode = {
  ok: 0,
  unexpected: 1,
  badInput: 2,
  machine: 3,
  deployment: 4,
  smoke: 5,
  busy: 6,
  findings: 7,
  wentBack: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What `--help` says of them; docs/commands.md has the same table. */
export const exitCodeMeanings: Readonly<Record<keyof typeof ExitCode, string>> = {
  ok: "it worked",
  unexpected: "a bug, or something nobody foresaw: a stack trace is shown",
  badInput: "arguments or configuration are wrong; nothing was changed",
  machine: "the machine lacks something: engine, tool, disk space, a free port",
  deployment: "the deployment failed, or is not healthy: up again continues it, down removes it",
  smoke: "everything is deployed, the smoke test failed",
  busy: "another command of the kit is at work on the same thing",
  findings: "doctor has found what people's programs stumble over",
  wentBack: "the upgrade failed, and what ran before runs again",
  interrupted: "ended by Ctrl-C (by SIGTERM: 143)",
};

/** One thing that is wrong, in the order in which it is told. */
export interface Problem {
  /** What happened, as a sentence without its final stop. */
  readonly what: string;
  /** Where: a path in the configuration, a construct path, a file, a command. */
  readonly where?: string;
  /** What was found there. Never a secret. */
  readonly got?: unknown;
  /** What would have been accepted: a phrase, or the list of values. */
  readonly allowed?: string | readonly unknown[];
  /** What to do about it, as a sentence. */
  readonly fix?: string;
  /** Lines that explain it, as the tail of a log. */
  readonly lines?: readonly string[];
}

/**
 * An error that a user can cause and can repair, as opposed to a bug. It tells every problem at once.
 *
 * @example throw new KitError("the environment is not valid", [{ what: "unknown key", where: "ports.impa", fix: "…" }])
 */
export class KitError extends Error {
  override readonly name = "KitError";
  readonly exitCode: ExitCode;
  /** Whether what was printed before has shown people the problems already. */
  readonly reported: boolean;

  constructor(
    readonly summary: string,
    readonly problems: readonly Problem[] = [],
    options: { exitCode?: ExitCode; cause?: unknown; reported?: boolean } = {},
  ) {
    super(renderProblems(summary, problems), options.cause === undefined ? {} : { cause: options.cause });
    this.exitCode = options.exitCode ?? ExitCode.badInput;
    this.reported = options.reported ?? false;
  }

  /** For `--json`. */
  toJSON(): { error: string; exitCode: ExitCode; problems: readonly Problem[] } {
    return { error: this.summary, exitCode: this.exitCode, problems: this.problems };
  }
}

/** What went wrong, in a line, with its causes: `fetch failed` alone says nothing. */
export function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // A connection that is tried on several addresses fails with an error that has no words.
    const [first] = cause instanceof AggregateError ? cause.errors : [];
    const reason =
      cause.message ||
      (first === undefined ? undefined : reasonOf(first)) ||
      (cause as NodeJS.ErrnoException).code ||
      cause.name;
    const saysNothing = reason === "fetch failed" && cause.cause instanceof Error;
    if (!saysNothing && !reasons.some((known) => known.includes(reason))) reasons.push(reason);
  }
  return reasons.join(": ") || String(error);
}

/** The message: the summary, then one paragraph a problem. */
function renderProblems(summary: string, problems: readonly Problem[]): string {
  return [summary, ...problems.map(renderProblem)].join("\n");
}

function renderProblem(problem: Problem): string {
  const sentences = [problem.where ? `${problem.where}: ${problem.what}` : problem.what];
  if (problem.got !== undefined) sentences.push(`Got ${show(problem.got)}`);
  if (problem.allowed !== undefined && problem.allowed.length > 0)
    sentences.push(`Allowed: ${allowed(problem.allowed)}`);
  if (problem.fix) sentences.push(problem.fix);
  const text = `  - ${sentences.map(withStop).join(" ")}`;
  return [text, ...(problem.lines ?? []).map((line) => `      | ${line}`)].join("\n");
}

function allowed(value: string | readonly unknown[]): string {
  return typeof value === "string" ? value : someOf(value.map(show), 50);
}

/** Characters of a value that a person is shown: more would hide the rest of the message. */
const shownLength = 500;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}

function withStop(sentence: string): string {
  return /[.!?:]$/.test(sentence) ? sentence : `${sentence}.`;
}
