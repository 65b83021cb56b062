import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { portSetting } from "../../config/platform-settings";
import { secretOfClient } from "../../config/secrets";
import { KitError } from "../../kit/errors";

const partner = (change: object = {}) => ({
  name: "partner",
  domain: "partner.example",
  hosts: { gateway: "apisix.partner.example" },
  ports: { imap: 1143, smtp: 1587, sieve: 14190 },
  people: [{ mail: "amy@partner.example" }],
  ...change,
});

/** What of a third realm differs from the second one. */
const other = {
  name: "other",
  domain: "other.example",
  hosts: { gateway: "apisix.other.example" },
  ports: { imap: 2143, smtp: 2587, sieve: 24190 },
};

function load(settings: object, env: NodeJS.ProcessEnv = {}) {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(directory, "test.yaml"), JSON.stringify(settings));
  return loadEnvironment("test", { directory, env });
}

function problems(settings: object): string[] {
  try {
    load(settings);
    return [];
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return error.problems.map(({ where = "", what }) => `${where.replace(/^\S+ /, "")}: ${what}`);
  }
}

const confidential = (name: string) => ({
  name,
  kind: "confidential",
  redirectUris: ["https://web.test/cb"],
});

describe("realms", () => {
  it("minimal: beside the environment's own, with clients as there and secrets of their own", () => {
    const [own, further, ...more] = load({ realms: [partner()] }).platform.realms;
    expect(more).toEqual([]);
    expect(own).toMatchObject({ name: "oidc", domain: "localhost", secretPrefix: "" });
    const { hosts, ...rest } = partner();
    expect(further).toMatchObject({
      ...rest,
      gatewayUrl: `http://${hosts.gateway}:9080`,
      clients: own.clients,
      template: { realm: "oidc" },
      secretPrefix: "partner/",
    });
  });

  it("maximal: clients with secrets, which the environment may give", () => {
    const environment = load({
      realms: [partner({ clients: { others: [confidential("web")] } })],
      secrets: { "partner/client-web": "x", "partner/jamesClient": "y", "amy@partner.example": "z" },
    });
    const { realms, publishedPorts } = environment.platform;
    const [, further] = realms;
    const names = ["james", "james-thunderbird", "web", "oidc"].map(
      (client) => further && secretOfClient(further, client),
    );
    expect(names).toEqual([
      "partner/jamesClient",
      "partner/thunderbirdClient",
      "partner/client-web",
      undefined,
    ]);
    expect(publishedPorts.map((one) => [portSetting(one), one.port])).toContainEqual([
      "realms.0.ports.imap",
      1143,
    ]);
  });

  it("come by a variable too, as every list", () => {
    const environment = load({}, { KIT_REALMS: JSON.stringify([partner()]) });
    expect(environment.platform.realms.map(({ name }) => name)).toEqual(["oidc", "partner"]);
  });

  it.each<[string, object, RegExp[]]>([
    ["the name of the first", { realms: [partner({ name: "oidc" })] }, [/realms\.0\.name: realm\.name has/]],
    ["the name master", { realms: [partner({ name: "master" })] }, [/realms\.0\.name/]],
    [
      "a domain of another",
      {
        realms: [
          partner(),
          partner({ ...other, domain: "partner.example", people: [{ mail: "bob@partner.example" }] }),
        ],
      },
      [/realms\.1\.domain: realms\.0\.domain has/],
    ],
    [
      "a domain that James cannot be told",
      { realms: [partner({ domain: "3m.example", people: [{ mail: "a@3m.example" }] })] },
      [/realms\.0\.domain: James cannot keep apart/],
    ],
    [
      "the gateway's host",
      { realms: [partner({ hosts: { gateway: "apisix.example.com" } })] },
      [/realms\.0\.hosts\.gateway: hosts\.gateway has/],
    ],
    [
      "a port of the first",
      { realms: [partner({ ports: { imap: 143, smtp: 9080, sieve: 14190 } })] },
      [/realms\.0\.ports\.imap: ports\.imap has/, /realms\.0\.ports\.smtp: ports\.gateway has/],
    ],
    [
      "somebody of another domain",
      { realms: [partner({ people: [{ mail: "bob@localhost" }] })] },
      [/realms\.0\.people\.0\.mail: not in the mail domain/],
    ],
    [
      "a client of a name that the kit has",
      { realms: [partner({ clients: { others: [confidential("james")] } })] },
      [/realms\.0\.clients\.others\.0\.name: the name is taken/],
    ],
    [
      "a template that is not there",
      { realms: [partner({ template: "none.json" })] },
      [/realms\.0\.template: .*ENOENT/],
    ],
    [
      "secrets of one variable",
      {
        clients: { others: [confidential("james-client")] },
        realms: [partner({ name: "client" })],
      },
      [
        /realms\.0\.name: secrets client-james-client and client\/jamesClient .*KIT_SECRET_CLIENT_JAMES_CLIENT/,
      ],
    ],
    [
      "names that differ in case",
      { realms: [partner(), partner({ ...other, name: "Partner", people: [{ mail: "a@other.example" }] })] },
      [
        /realms\.1\.name: secrets partner\/jamesClient/,
        /realms\.1\.name: secrets partner\/thunderbirdClient/,
      ],
    ],
    ["nobody in it", { realms: [partner({ people: [] })] }, [/realms\.0\.people/]],
    [
      "several things, all told at once",
      {
        realms: [
          partner({ name: "oidc", domain: "localhost", ports: { imap: 143, smtp: 587, sieve: 4190 } }),
        ],
      },
      [/name/, /domain/, /imap/, /smtp/, /sieve/, /people/],
    ],
  ])("refuses %s", (_, settings, expected) => {
    const found = problems(settings);
    expect(found).toHaveLength(expected.length);
    expected.forEach((problem, index) => {
      expect(found[index]).toMatch(problem);
    });
  });
});
