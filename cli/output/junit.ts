import { writeFileSync } from "node:fs";
import { KitError } from "../../kit/errors";
import { fileErrorText } from "../../kit/file-system";
import { isXmlText, renderXml, xml } from "../../kit/xml";
import type { Timing } from "../../setup/progress/progress";
import type { StepResult } from "../../smoke";

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

export interface JunitCase {
  readonly name: string;
  /** In seconds. */
  readonly seconds: number;
  /** What it was that failed, and the lines that explain it. @default it did not */
  readonly failure?: { readonly message: string; readonly lines?: readonly string[] };
  /** Why it did not run. @default it did */
  readonly skipped?: string;
}

/**
 * A report as JUnit's users have agreed on, which GitLab, GitHub's actions and Jenkins show:
 * https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
 */
export function junitReport(suites: readonly JunitSuite[]): string {
  return renderXml(
    xml(
      "testsuites",
      { name: "james-oidc-kit", ...counts(suites.flatMap(({ cases }) => cases)) },
      ...suites.map(({ name, cases }) =>
        xml(
          "testsuite",
          { name: carried(name), ...counts(cases), skipped: cases.filter(({ skipped }) => skipped).length },
          ...cases.map((one) => testCase(name, one)),
        ),
      ),
    ),
  );
}

function testCase(suite: string, { name, seconds, failure, skipped }: JunitCase) {
  return xml(
    "testcase",
    { classname: carried(suite), name: carried(name), time: seconds.toFixed(3) },
    failure &&
      xml(
        "failure",
        { message: carried(failure.message), type: "failure" },
        ...(failure.lines && failure.lines.length > 0 ? [carried(failure.lines.join("\n"))] : []),
      ),
    skipped === undefined ? undefined : xml("skipped", { message: carried(skipped) }),
  );
}

function counts(cases: readonly JunitCase[]) {
  return {
    tests: cases.length,
    failures: cases.filter(({ failure }) => failure).length,
    errors: 0,
    time: cases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3),
  };
}

/** What XML cannot hold is shown as such. */
function carried(text: string): string {
  return isXmlText(text)
    ? text
    : Array.from(text.replaceAll("${", "$ {"), (character) => (isXmlText(character) ? character : "�")).join(
        "",
      );
}

/** A realm's smoke test. What could not run, since what it needs failed, did not fail itself. */
export function smokeSuite(name: string, steps: readonly StepResult[]): JunitSuite {
  return {
    name,
    cases: steps.map(({ title, ms, ok, skipped, error, log }) => ({
      ...{ name: title, seconds: ms / 1000 },
      ...(skipped !== undefined && { skipped }),
      ...(!ok &&
        skipped === undefined && { failure: { message: error ?? "it failed", ...(log && { lines: log }) } }),
    })),
  };
}

/** The steps of a command. @param error what ended it */
export function commandSuite(name: string, timings: readonly Timing[], error: unknown): JunitSuite {
  const [message, lines] =
    error instanceof KitError ? [error.summary, error.message.split("\n")] : [String(error), []];
  return {
    name,
    cases: [
      ...timings.map(({ title, seconds, ok }) => ({
        ...{ name: title, seconds },
        ...(!ok && { failure: { message: "the step failed" } }),
      })),
      { name, seconds: 0, ...(error !== undefined && { failure: { message, lines } }) },
    ],
  };
}

/** @throws KitError when it cannot be written */
export function writeJunit(file: string, suites: readonly JunitSuite[]): void {
  try {
    writeFileSync(file, junitReport(suites));
  } catch (error) {
    throw new KitError("the report cannot be written", [
      { where: file, what: fileErrorText(error), fix: "Choose another file by --junit" },
    ]);
  }
}

/**
 * Runs a command that tells what is to be reported, and writes it whether it fails or not.
 *
 * @param file undefined: no report is wanted
 * @param work is given what it adds its suites to
 * @param own the suite of the command itself, at its end. @default none
 * @throws KitError before anything is done, when the file cannot be written
 */
export async function reported(
  file: string | undefined,
  work: (add: (suite: JunitSuite) => void) => Promise<void>,
  own?: (error: unknown) => JunitSuite,
): Promise<void> {
  const suites: JunitSuite[] = [];
  if (file !== undefined) writeJunit(file, suites);
  let ended: unknown;
  try {
    await work((suite) => suites.push(suite));
  } catch (error) {
    ended = error;
    throw error;
  } finally {
    if (file !== undefined) writeJunit(file, [...(own ? [own(ended)] : []), ...suites]);
  }
}
