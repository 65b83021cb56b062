import { describe, expect, it } from "vitest";
import { Secret } from "../../constructs/workload/secret";
import { formatReport, formatStep, runSmoke, type SmokeTarget, type StepResult } from "../../smoke";

const nowhere = { host: "127.0.0.1", port: 2 };

/** A platform of which nothing runs: every port is closed. */
const target: SmokeTarget = {
  publishedAt: "127.0.0.1",
  isLocal: true,
  ssoUrl: "http://sso.invalid:8080/auth/realms/oidc",
  gatewayUrl: "http://gateway.invalid:9080",
  ...{ sso: nowhere, gateway: nowhere, imap: nowhere, smtp: nowhere, sieve: nowhere },
  ports: { inside: {}, cleartext: [] },
  user: { username: "u@localhost", mail: "u@localhost", password: new Secret("user", "not-to-be-seen") },
  codeClient: { clientId: "oidc", redirectUri: "http://localhost/" },
  capabilities: { sieveOidc: false, oauthbearerRfc7628: false, xUserSecret: false },
  containers: {
    keycloak: "smoke-test-none",
    gateway: "smoke-test-none",
    james: "smoke-test-none",
    ldap: "smoke-test-none",
    redis: "smoke-test-none",
  },
};

describe("runSmoke against nothing", () => {
  it("fails what it tried, names the service, and does not run what depends on it", async () => {
    const told: StepResult[] = [];
    const report = await runSmoke(target, {
      onStep: (step) => told.push(step),
      explain: async ([service]) => ({ service, log: ["WARN password not-to-be-seen"] }),
    });
    const step = (id: string) => report.steps.find((step) => step.id === id);

    expect(report.ok).toBe(false);
    expect(told).toEqual(report.steps);
    expect(step("sso.discovery")).toMatchObject({ ok: false, service: "keycloak" });
    expect(step("sso.discovery")?.error).toContain("connect ECONNREFUSED 127.0.0.1:2");
    expect(step("sso.password")).toMatchObject({
      ok: true,
      skipped: expect.stringContaining("direct access grants"),
    });
    expect(step("jmap.session")).toMatchObject({
      ok: false,
      skipped: expect.stringContaining("not run: needs"),
    });
    expect(step("sieve.xoauth2")).toMatchObject({
      ok: true,
      skipped: expect.stringContaining("no OIDC on ManageSieve"),
    });
    expect(step("basic.imap")).toMatchObject({ ok: false, service: "james" });
    expect(step("logout.gateway")?.ok).toBe(false);
    expect(report.steps.filter(({ ok, skipped }) => ok && !skipped)).toEqual([]);
    expect(JSON.stringify(report)).not.toContain("not-to-be-seen");
  });
});

it("knows of other realms only where there are some, and tells none of their secrets", async () => {
  const stranger = {
    ...{ ssoUrl: target.ssoUrl, codeClient: target.codeClient },
    user: { username: "s", mail: "s@other", password: new Secret("stranger", "nor-this") },
  };
  const run = (target: SmokeTarget) =>
    runSmoke(target, { explain: async ([service]) => ({ service, log: ["password nor-this"] }) });
  const [one, several] = await Promise.all([run(target), run({ ...target, stranger })]);
  const ids = ({ steps }: typeof one) => steps.map(({ id }) => id);
  expect(ids(several).filter((id) => !ids(one).includes(id))).toEqual(["refused.other-realm"]);
  expect(JSON.stringify(several)).not.toContain("nor-this");
});

it("leaves out what needs a person where nobody is known, says why, and tries the rest", async () => {
  const { user: _, ...nobody } = target;
  const { ldap: __, ...containers } = target.containers;
  const { steps } = await runSmoke(
    { ...nobody, containers, passwordClient: { clientId: "kit-smoke" } },
    { explain: async ([service]) => ({ service, log: [] }) },
  );
  const tried = steps.filter(({ skipped }) => skipped === undefined).map(({ id }) => id);
  expect(tried).toEqual(["sso.discovery", "refused.no-token", "hidden.routes", "hidden.ports"]);
  for (const id of [
    "sso.code",
    "sso.password",
    "jmap.session",
    "basic.imap",
    "sieve.plain",
    "refused.password",
  ]) {
    expect(steps.find((step) => step.id === id)).toMatchObject({
      ok: true,
      skipped: expect.stringContaining("nobody is known"),
    });
  }
});

describe("format", () => {
  it.each<[StepResult, string]>([
    [{ id: "a", title: "good", ok: true, ms: 12, detail: "seen" }, `✓ good${" ".repeat(48)}12 ms  seen`],
    [{ id: "a", title: "left out", ok: true, ms: 0, skipped: "why" }, `- left out${" ".repeat(51)}why`],
    [
      { id: "a", title: "bad", ok: false, ms: 1234, error: "broken", service: "james", log: ["WARN x"] },
      `✗ bad${" ".repeat(47)}1234 ms\n    broken\n    log of james:\n      WARN x`,
    ],
    [
      { id: "a", title: "bad", ok: false, ms: 1, error: "broken", service: "james", log: [] },
      `✗ bad${" ".repeat(50)}1 ms\n    broken\n    the log of james tells nothing about it`,
    ],
  ])("shows %j", (step, text) => {
    expect(formatStep(step)).toBe(text);
  });

  it("sums up", () => {
    const steps: StepResult[] = [
      { id: "a", title: "a", ok: true, ms: 1 },
      { id: "b", title: "b", ok: false, ms: 1, error: "x" },
      { id: "c", title: "c", ok: false, ms: 0, skipped: "not run" },
      { id: "d", title: "d", ok: true, ms: 0, skipped: "why" },
    ];
    expect(formatReport({ ok: false, ms: 1234, steps })).toBe(
      "smoke test: 1 step succeeded in 1.2 s; failed: b; 1 could not run; 1 left out",
    );
  });
});
