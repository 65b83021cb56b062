import { readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { changedSettings, rememberSettings } from "../../../operations/deployment/deployed-settings";
import { openDeployment } from "../../../operations/deployment/deployment";
import { enterProject, leaveProject } from "../../cli/project";

afterEach(() => vi.unstubAllEnvs());

test("tells which settings are others than at the last up, and keeps no secret", () => {
  const folder = enterProject({ images: "built", secrets: { redis: "well-known" } });
  const file = ".kit/unit/settings.json";
  expect(changedSettings(openDeployment("unit"))).toEqual([]);
  rememberSettings(openDeployment("unit"));
  expect(changedSettings(openDeployment("unit"))).toEqual([]);
  expect(readFileSync(file, "utf8")).not.toContain("well-known");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  vi.stubEnv("KIT_PORTS_IMAP", "1143");
  vi.stubEnv("KIT_HOSTS_GATEWAY", "mail.example.org");
  expect(changedSettings(openDeployment("unit")).sort()).toEqual([
    "hosts.gateway is mail.example.org instead of apisix.example.com",
    "ports.imap is 1143 instead of 143",
  ]);
  for (const broken of ["null", "{", '{ "domain": 1 }']) {
    writeFileSync(file, broken);
    expect(changedSettings(openDeployment("unit"))).toEqual([]);
  }
  leaveProject(folder);
});

test("of many people it tells how many there are", () => {
  const folder = enterProject({ images: "built", people: { generate: 1000 } });
  rememberSettings(openDeployment("unit"));
  vi.stubEnv("KIT_PEOPLE", "{ generate: 999 }");
  const [told = "", ...others] = changedSettings(openDeployment("unit"));
  expect(others).toEqual([]);
  expect(told).toMatch(
    /^people is \[.*"person-001@localhost".*… \(999 of them\) instead of .*… \(1000 of them\)$/,
  );
  expect(told.length).toBeLessThan(300);
  leaveProject(folder);
});
