import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";
import { afterEach, expect, it } from "vitest";
import { outputs } from "../../cli/commands/outputs";
import { packageRoot } from "../../kit/package-root";
import { openDeployment } from "../../operations/deployment/deployment";
import { enterProject, leaveProject, recordingOutput } from "./project";

let folder = "";
afterEach(() => leaveProject(folder));

const validate = new Ajv({ allErrors: true }).compile(
  JSON.parse(readFileSync(join(packageRoot, "schemas/outputs.schema.json"), "utf8")),
);

function told(settings: object, options = {}) {
  folder = enterProject(settings);
  openDeployment("unit").secrets.get("james-user@localhost");
  const output = recordingOutput();
  outputs("unit", options, output);
  const [{ data, text } = { data: {}, text: "" }] = output.results;
  expect(validate(data.outputs), JSON.stringify(validate.errors)).toBe(true);
  return { data: data.outputs as Record<string, unknown>, text };
}

const lines = (text: string) =>
  Object.fromEntries(text.split("\n").map((line) => [line.replace(/=.*/, ""), line.replace(/^[^=]*=/, "")]));

it("a minimal environment: every name that an application needs", () => {
  const { data, text } = told({ images: "built", ports: { imap: 1143 } });
  expect(lines(text)).toEqual({
    ENVIRONMENT: "unit",
    ADDRESS: "127.0.0.1",
    KEYCLOAK_URL: "http://sso.example.com:8080/auth",
    KEYCLOAK_ADMIN_USER: "admin",
    REALM: "oidc",
    MAIL_DOMAIN: "localhost",
    OIDC_ISSUER: "http://sso.example.com:8080/auth/realms/oidc",
    OIDC_DISCOVERY_URL: "http://sso.example.com:8080/auth/realms/oidc/.well-known/openid-configuration",
    OIDC_CLIENT_IDS: "oidc james-thunderbird",
    JMAP_SESSION_URL: "http://apisix.example.com:9080/oidc/jmap/session",
    JMAP_WEBSOCKET_URL: "ws://apisix.example.com:9080/oidc/jmap/ws",
    ...{ IMAP_HOST: "127.0.0.1", IMAP_PORT: "1143", IMAP_SECURITY: "none" },
    ...{ SMTP_HOST: "127.0.0.1", SMTP_PORT: "587", SMTP_SECURITY: "none" },
    ...{ SIEVE_HOST: "127.0.0.1", SIEVE_PORT: "4190", SIEVE_SECURITY: "none" },
    ...{ PEOPLE: "james-user@localhost", PEOPLE_COUNT: "1" },
    SECRETS_FILE: join(process.cwd(), ".kit/unit/secrets.json"),
  });
  expect(data.secrets).toBeUndefined();
});

it("many people: variables name the first hundred and say how many there are, JSON has all", () => {
  const { data, text } = told({ images: "built", people: { generate: 1000 } });
  const { PEOPLE = "", PEOPLE_COUNT } = lines(text);
  expect(PEOPLE_COUNT).toBe("1000");
  const named = PEOPLE.split(" ");
  expect([named.length, named[0], named.at(-1)]).toEqual([
    100,
    "person-001@localhost",
    "person-100@localhost",
  ]);
  // What GitLab takes of a job.
  expect(text.length).toBeLessThan(5000);
  const [{ people }] = data.realms as [{ people: object[] }];
  expect(people.at(-1)).toEqual({ mail: "person-1000@localhost", secret: "person-1000@localhost" });
});

it("several realms, TLS, and a Keycloak of somebody else", () => {
  const { data, text } = told({
    keycloak: { url: "https://login.example.org/auth", admin: { user: "kit" } },
    tls: { mode: "own" },
    domain: "example.org",
    realms: [
      {
        name: "partner-x",
        domain: "partner.example",
        hosts: { gateway: "mail.partner.example" },
        ports: { imap: 2143, smtp: 2587, sieve: 2190 },
        people: [{ mail: "amy@partner.example" }],
      },
    ],
  });
  expect(data.keycloak).toBeUndefined();
  expect(data.ownAuthority).toBe(true);
  const variables = lines(text);
  expect(variables).toMatchObject({
    OIDC_ISSUER: "https://login.example.org/auth/realms/oidc",
    IMAP_SECURITY: "SSL/TLS",
    IMAP_PORT: "993",
    PARTNER_X_JMAP_WEBSOCKET_URL: "wss://mail.partner.example:9080/oidc/jmap/ws",
    PARTNER_X_IMAP_PORT: "2143",
    PARTNER_X_IMAP_SECURITY: "STARTTLS",
    PARTNER_X_PEOPLE: "amy@partner.example",
  });
  expect(Object.keys(variables).filter((name) => !/^(?!KIT_)[A-Z][A-Z0-9_]*$/.test(name))).toEqual([]);
});

it("--secrets tells values, --dotenv so that a shell and Node read them back", () => {
  const given = "it costs $5 #now";
  const { data, text } = told(
    { images: "built", secrets: { "james-user@localhost": given } },
    { secrets: true, dotenv: true },
  );
  expect(data.secrets).toMatchObject({ "james-user@localhost": given });
  writeFileSync("read.env", `${text}\n`);
  const script = 'printf %s "$SECRET_JAMES_USER_LOCALHOST"';
  expect(execFileSync("sh", ["-c", `. ./read.env; ${script}`], { encoding: "utf8" })).toBe(given);
  const node = ["--env-file=read.env", "-p", "process.env.SECRET_JAMES_USER_LOCALHOST"];
  expect(execFileSync(process.execPath, node, { encoding: "utf8" })).toBe(`${given}\n`);
});

it.each([
  [{ secrets: true, github: true }, /no secret goes where a pipeline shows it/],
  [{ dotenv: true, gitlab: true }, /one form at a time/],
])("%j is refused", (options, what) => {
  folder = enterProject({ images: "built" });
  expect(() => outputs("unit", options, recordingOutput())).toThrow(what);
});
