import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadEnvironment } from "../../../config/environment";
import { Secret } from "../../../constructs/workload/secret";
import { packageRoot } from "../../../kit/package-root";
import { passwordClientLines, passwordClients } from "../../../operations/keycloak/password-clients";

const own = join(packageRoot, "environments");

function lines(name: string, directory = own): string[] {
  const environment = loadEnvironment(name, { directory, env: {} });
  const secrets = { get: (name: string) => new Secret(name, `the value of ${name}`) };
  return passwordClientLines(passwordClients({ environment, secrets } as never));
}

it("of the kit's environments only `reference` has a client beside kit-smoke that takes passwords", () => {
  const smoke = "realm oidc: client kit-smoke takes passwords directly";
  expect(["local", "offline", "reference"].map((name) => [name, lines(name)])).toEqual([
    ["local", [smoke]],
    ["offline", [smoke]],
    ["reference", ["realm oidc: clients james-thunderbird, kit-smoke take passwords directly"]],
  ]);
});

it("tells of every client of every realm that is let, and of none by default", () => {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const other = { name: "app", kind: "public", redirectUris: ["org.example:/cb"] };
  const partner = {
    name: "partner",
    domain: "partner.example",
    hosts: { gateway: "apisix.partner.example" },
    ports: { imap: 1143, smtp: 1587, sieve: 14190 },
    people: [{ mail: "amy@partner.example" }],
  };
  const write = (name: string, settings: object) =>
    writeFileSync(join(directory, `${name}.yaml`), JSON.stringify(settings));
  write("none", { clients: { others: [other] }, realms: [partner] });
  expect(lines("none", directory)).toEqual([]);
  write("some", {
    clients: { oidc: { directAccessGrants: true } },
    realms: [{ ...partner, clients: { others: [{ ...other, directAccessGrants: true }] } }],
  });
  expect(lines("some", directory)).toEqual([
    "realm oidc: client oidc takes passwords directly",
    "realm partner: client app takes passwords directly",
  ]);
});
