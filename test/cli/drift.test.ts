import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { drift, isAllowed } from "../../cli/commands/drift";
import { DriftExit } from "../../cli/output/drift-exit";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { openDeployment } from "../../operations/deployment/deployment";
import { wantedRealms } from "../../stacks/wanted-realms";
import { enterProject, type FakeKeycloak, fakeKeycloak, leaveProject, recordingOutput } from "./project";

let keycloak: FakeKeycloak;
let folder: string;
let wanted: RealmRepresentation;

beforeAll(async () => {
  keycloak = await fakeKeycloak();
  folder = enterProject({
    ports: { keycloak: keycloak.port },
    drift: { allow: ["client oidc.description", "client scope extra*"] },
  });
  const { environment, secrets } = openDeployment("unit");
  wanted = wantedRealms(environment, secrets)[0].representation;
});

afterAll(() => {
  keycloak.close();
  leaveProject(folder);
});

/** The running realm: the wanted one, changed. */
function run(change: (realm: RealmRepresentation) => void = () => {}): void {
  const realm = structuredClone(wanted);
  change(realm);
  keycloak.answers.set("GET /admin/realms/oidc", { realm: "oidc" });
  keycloak.answers.set("POST /admin/realms/oidc/partial-export", realm);
  keycloak.answers.set("GET /admin/realms/oidc/clients", realm.clients);
}

const client = ({ clients = [] }: RealmRepresentation, id: string) =>
  clients.find(({ clientId }) => clientId === id) as NonNullable<typeof clients>[number];

beforeEach(() => run());

describe("drift", () => {
  test("none: no exception, exit code 0", async () => {
    const output = recordingOutput();
    await drift("unit", output);
    expect(output.results).toMatchObject([{ data: { drift: false, objects: [] }, text: "no drift" }]);
  });

  test("grouped by realm and object, exit code 2; secrets are compared, not shown", async () => {
    run((realm) => {
      client(realm, "oidc").redirectUris = ["https://evil.test/*"];
      client(realm, "james").secret = "of somebody else";
      realm.clientScopes = realm.clientScopes?.filter(({ name }) => name !== "mail") ?? [];
      realm.clients?.push({ clientId: "by-hand" });
    });
    const output = recordingOutput();
    await expect(drift("unit", output)).rejects.toMatchObject({ exitCode: 2 });
    const [result] = output.results;
    expect(result?.text.split("\n")).toEqual([
      "realm oidc",
      "  client by-hand",
      "    is not of the environment",
      "  client james",
      "    secret: another one than wanted",
      "  client oidc",
      '    redirectUris: wanted ["http://localhost:3000/callback"], found ["https://evil.test/*"]',
      "  client scope mail",
      "    is missing",
      "4 differences",
    ]);
    expect(result?.data).toMatchObject({ drift: true, differences: 4, allowed: 0 });
    expect(JSON.stringify(result)).not.toContain("of somebody else");
    expect(JSON.stringify(result)).not.toContain(client(wanted, "james").secret);
  });

  test("what the environment allows is counted, and is no drift", async () => {
    run((realm) => {
      client(realm, "oidc").description = "changed";
      realm.clientScopes?.push({ name: "extra one", protocol: "openid-connect" });
    });
    const output = recordingOutput();
    await drift("unit", output);
    expect(output.results).toMatchObject([
      { data: { drift: false, allowed: 2 }, text: "no drift, 2 allowed" },
    ]);
  });

  test("a realm that is gone is drift", async () => {
    keycloak.answers.delete("GET /admin/realms/oidc");
    const output = recordingOutput();
    await expect(drift("unit", output)).rejects.toMatchObject({ exitCode: 2 });
    expect(output.results[0]?.text).toBe("realm oidc\n  realm\n    is missing\n1 difference");
  });

  test.each([
    ["the password is refused", 401, 1, /administrator/],
    ["Keycloak is starting", 503, 3, /does not answer/],
  ])("%s: exit code of its own", async (_, status, exitCode, summary) => {
    const path = "POST /realms/master/protocol/openid-connect/token";
    const token = keycloak.answers.get(path);
    keycloak.answers.set(path, status);
    const summaryMatching = expect.stringMatching(summary);
    await expect(drift("unit", recordingOutput())).rejects.toMatchObject({
      exitCode,
      summary: summaryMatching,
    });
    keycloak.answers.set(path, token);
  });

  test("an environment that is not valid is an error, and no drift: exit code 1", async () => {
    await expect(drift("nowhere", recordingOutput())).rejects.toMatchObject({ exitCode: 1 });
  });
});

test("a provider whose clients others make has drifted where nobody can log in by it; one that is away is told apart", async () => {
  const server = createServer((_, response) => response.writeHead(404).end("{}"));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://0.0.0.0:${port}`;
  writeFileSync("environments/others.yaml", JSON.stringify({ keycloak: { url } }));
  await expect(drift("others", recordingOutput())).rejects.toMatchObject({ exitCode: DriftExit.drift });
  server.close();
  await expect(drift("others", recordingOutput())).rejects.toMatchObject({ exitCode: DriftExit.unreachable });
});

test.each([
  ["client web.description", true],
  ["client web", true],
  ["client *.description", true],
  ["*", true],
  ["client web.name", false],
  ["client we", false],
  ["client.web.description", false],
  ["lient web.description", false],
])("drift.allow: %s", (pattern, allowed) => {
  expect(isAllowed({ object: "client web", path: "description" }, [pattern])).toBe(allowed);
});
