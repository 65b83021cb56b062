import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { databaseNameProblem } from "../../constructs/postgres/database-name";
import { PostgresServer } from "../../constructs/postgres/postgres-server";
import { certificateProblems } from "../../constructs/workload/certificate-problems";
import { image, internalTls, secret, synth, testStack } from "../template";

describe("PostgresServer", () => {
  const given = (directory: string, file: string) =>
    readFileSync(join(directory, "postgres/etc/postgresql/kit", file), "utf8");

  it("minimal: a volume, a name, reachable by the environment's containers only; whoever has no database reaches nothing", () => {
    const { stack, engine } = testStack();
    const postgres = new PostgresServer(stack, "postgres", { engine, image });
    const template = synth(stack);
    expect(postgres).toMatchObject({ host: "postgres.example.com", port: 5432 });
    expect(template.names("docker_volume")).toEqual(["unit-postgres-data"]);
    expect(template.resource("docker_container")).toMatchObject({ ports: [], memory: 256 });
    expect(template.text).toContain("local all postgres peer\\n");
    expect(template.text).not.toContain("scram-sha-256\\n");
  });

  it("maximal: a database and a role for each who has one, the password in a private file, caches by its memory", () => {
    const { stack, engine, privateDirectory } = testStack();
    const tls = internalTls("postgres");
    const props = { engine, image, tls, host: "db.test", memoryMb: 1024, cpus: 1 };
    const postgres = new PostgresServer(stack, "postgres", props);
    const keycloak = postgres.addDatabase("keycloak", { password: secret("first password") });
    postgres.addDatabase("james", { password: secret("second password"), connections: 30 });
    expect(keycloak).toMatchObject({ server: postgres, name: "keycloak", user: "keycloak" });
    expect(postgres).toMatchObject({ tls: true, ca: tls.ca });
    const template = synth(stack);
    expect(template.resource("docker_container")).toMatchObject({ memory: 1024 });
    expect(template.text).toContain('hostssl \\"keycloak\\" \\"keycloak\\" all scram-sha-256\\n');
    expect(template.text).toContain('hostssl \\"james\\" \\"james\\" all scram-sha-256\\n');
    expect(template.text).not.toMatch(/\\nhost |(first|second) password/);
    expect(template.text).toContain("max_connections = 60\\n");
    expect(template.text).toContain(
      "shared_buffers = '256MB'\\neffective_cache_size = '512MB'\\nwork_mem = '4MB'",
    );
    expect(given(privateDirectory, "passwords/james")).toBe("second password");
  });

  it.each([["too little memory", { memoryMb: 32 }, /postgres\.memoryMb.*64 or more/s]])(
    "refuses %s",
    (_, props, message) => {
      const { stack, engine } = testStack();
      expect(() => new PostgresServer(stack, "postgres", { engine, image, ...props })).toThrow(message);
    },
  );

  it.each([
    ["twice the same", "keycloak", {}, /is there already/],
    ["a name of PostgreSQL's own", "template1", {}, /no name of a database/],
    ["a line break in the password", "james", { password: secret("a\nb") }, /line break/],
    ["no connections", "james", { connections: 0 }, /no number of connections/],
  ])("refuses a database: %s", (_, name, props, message) => {
    const { stack, engine } = testStack();
    const postgres = new PostgresServer(stack, "postgres", { engine, image });
    postgres.addDatabase("keycloak", { password: secret("x") });
    expect(() => postgres.addDatabase(name, { password: secret("x"), ...props })).toThrow(message);
  });
});

it.each(["all", "replication", "postgres", "pg_catalog", "Keycloak", "a b", 'a"b', ""])(
  "%j names no database",
  (name) => {
    expect(databaseNameProblem(name)).toMatchObject({ got: name });
  },
);

it("a PostgreSQL by TLS is known by its name; a certificate is of no use without", () => {
  const server = { host: "192.0.2.7", port: 5432 };
  expect(certificateProblems({ ...server, tls: true })).toMatchObject([{ prop: "host" }]);
  expect(certificateProblems({ ...server, ca: "PEM" })).toMatchObject([{ prop: "ca" }]);
  expect(certificateProblems({ ...server, host: "db.test", tls: true })).toEqual([]);
});
