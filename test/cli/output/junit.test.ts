import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { commandSuite, junitReport, reported, smokeSuite } from "../../../cli/output/junit";
import { KitError } from "../../../kit/errors";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const steps = [
  { id: "a", title: 'token & "so on"', ok: true, ms: 1500 },
  { id: "b", title: "JMAP", ok: false, ms: 20, error: "401 <no>", log: ["one ${x}", "two\u0001"] },
  { id: "c", title: "Mailbox/get", ok: false, ms: 0, skipped: 'needs "JMAP"' },
  { id: "d", title: "left out", ok: true, ms: 0, skipped: "no user" },
];

it("a report has a case a step; what fails has its reason and its lines, as XML holds them", () => {
  const problems = [{ what: "taken", where: "ports.imap" }];
  const failed = new KitError("environment unit does not fit this machine", problems);
  const timings = [
    { title: "plan", seconds: 0.5, ok: true },
    { title: "deploy", seconds: 2, ok: false },
  ];
  expect(junitReport([commandSuite("up", timings, failed), smokeSuite("smoke", steps)])).toBe(
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="james-oidc-kit" tests="7" failures="3" errors="0" time="4.020">
  <testsuite name="up" tests="3" failures="2" errors="0" time="2.500" skipped="0">
    <testcase classname="up" name="plan" time="0.500"/>
    <testcase classname="up" name="deploy" time="2.000">
      <failure message="the step failed" type="failure"/>
    </testcase>
    <testcase classname="up" name="up" time="0.000">
      <failure message="environment unit does not fit this machine" type="failure">${failed.message.replaceAll("\n", "&#10;")}</failure>
    </testcase>
  </testsuite>
  <testsuite name="smoke" tests="4" failures="1" errors="0" time="1.520" skipped="2">
    <testcase classname="smoke" name="token &#38; &#34;so on&#34;" time="1.500"/>
    <testcase classname="smoke" name="JMAP" time="0.020">
      <failure message="401 &#60;no&#62;" type="failure">one $ {x}&#10;two\ufffd</failure>
    </testcase>
    <testcase classname="smoke" name="Mailbox/get" time="0.000">
      <skipped message="needs &#34;JMAP&#34;"/>
    </testcase>
    <testcase classname="smoke" name="left out" time="0.000">
      <skipped message="no user"/>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
});

it("the report is written though the command fails, with what there was by then", async () => {
  const file = join(folder, "smoke.xml");
  const work = reported(file, async (add) => {
    add(smokeSuite("smoke", steps));
    throw new KitError("the smoke test failed");
  });
  await expect(work).rejects.toThrow("the smoke test failed");
  expect(readFileSync(file, "utf8")).toContain('<testsuite name="smoke" tests="4" failures="1"');
});

it("a file that cannot be written is told before anything is done", async () => {
  let ran = false;
  const file = join(folder, "nowhere/smoke.xml");
  const work = reported(file, async () => {
    ran = true;
  });
  await expect(work).rejects.toThrow(/the report cannot be written(.|\n)*--junit/);
  expect([ran, existsSync(file)]).toEqual([false, false]);
});
