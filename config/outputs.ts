import * as z from "zod";
import { localAddress } from "../kit/local-address";
import { type MailServer, mailServersOf } from "../platform/model/mail-servers";
import type { PlatformModel, RealmModel } from "../platform/model/platform-model";
import type { Environment } from "./environment";
import { snakeCase } from "./overrides";
import { secretOfClient } from "./secrets";

/** What an application that uses an environment must be told. `npm run generate` writes its JSON Schema. */

const mailServer = z
  .strictObject({
    host: z.string(),
    port: z.int(),
    security: z
      .enum(["SSL/TLS", "STARTTLS", "none"])
      .describe("TLS from the first byte on, by a command of the protocol, or not at all"),
    startTlsPort: z
      .int()
      .optional()
      .describe("With SSL/TLS: the port of programs that have STARTTLS only. Default: there is none"),
  })
  .describe("A mail server, as mail programs are told of it");
const secretName = z.string().describe("Name of a secret, in `secretsFile`");

const realm = z.strictObject({
  name: z.string(),
  mailDomain: z.string(),
  oidc: z.strictObject({
    issuer: z.string().describe("The `iss` of its tokens"),
    discoveryUrl: z.string(),
  }),
  clients: z
    .array(z.strictObject({ id: z.string(), secret: secretName.optional() }))
    .describe("Those whose tokens James and the gateway take; `secret` is missing where there is none"),
  jmap: z.strictObject({ sessionUrl: z.string(), websocketUrl: z.string() }),
  imap: mailServer,
  smtp: mailServer.describe("Submission, as mail programs are told of it"),
  sieve: mailServer.optional().describe("ManageSieve. Default: nobody can log in there"),
  people: z
    .array(z.strictObject({ mail: z.string(), secret: secretName }))
    .describe("Who has a mailbox by the environment file, and the password"),
});

export const outputsSchema = z.strictObject({
  environment: z.string().describe("Its name on the engine"),
  address: z.string().describe("Of this machine, at which host names are found that do not resolve"),
  keycloak: z
    .strictObject({ url: z.string(), adminUser: z.string(), secret: secretName })
    .optional()
    .describe("Default: it is not the environment's"),
  ownAuthority: z
    .boolean()
    .describe("Whether certificates are of the environment's own authority, which `ca show` prints"),
  realms: z.array(realm).min(1),
  secretsFile: z.string().describe("JSON, secrets by name, mode 0600"),
  secrets: z
    .record(z.string(), z.string())
    .optional()
    .describe("Values by name, with `--secrets`. Default: none is told"),
});

/** Where an environment is found. Nothing of it is secret but `secrets`. */
export type Outputs = z.output<typeof outputsSchema>;

/** @param secretsFile its path, which need not be there */
export function outputsOf(
  { name, bind, platform }: Pick<Environment, "name" | "bind" | "platform">,
  secretsFile: string,
): Outputs {
  const { keycloak } = platform.services;
  const { managed, admin, url } = keycloak;
  const address = localAddress(bind);
  return {
    environment: name,
    address,
    ...(managed && admin && { keycloak: { url, adminUser: admin.user, secret: "keycloakAdmin" } }),
    ownAuthority: platform.certificates.some(
      ({ from, listener }) => from === "own" && listener !== "internal",
    ),
    realms: platform.realms.map((realm) => realmOutputs(platform, realm, address)),
    secretsFile,
  };
}

function realmOutputs(
  platform: PlatformModel,
  realm: RealmModel,
  address: string,
): Outputs["realms"][number] {
  const { imap, submission, sieve } = mailServersOf(platform, realm, address);
  const { oidc, gatewayUrl } = realm;
  return {
    name: realm.name,
    mailDomain: realm.domain,
    oidc: { issuer: oidc.issuer, discoveryUrl: oidc.discoveryUrl },
    clients: realm.loginClients.map((id) => {
      const secret = secretOfClient(realm, id);
      return { id, ...(secret !== undefined && { secret }) };
    }),
    jmap: {
      sessionUrl: `${gatewayUrl}/oidc/jmap/session`,
      websocketUrl: `${gatewayUrl.replace(/^http/, "ws")}/oidc/jmap/ws`,
    },
    ...{ imap, smtp: submission, ...(sieve && { sieve }) },
    people: realm.people.map(({ mail }) => ({ mail, secret: mail })),
  };
}

/** The same as variables. Names of a further realm begin with its own; lists are words. None begins with `KIT_`: these are settings. */
export function outputVariables({
  realms,
  secrets = {},
  ...outputs
}: Outputs): [name: string, value: string][] {
  const { keycloak } = outputs;
  return [
    ["ENVIRONMENT", outputs.environment],
    ["ADDRESS", outputs.address],
    ...(keycloak
      ? ([
          ["KEYCLOAK_URL", keycloak.url],
          ["KEYCLOAK_ADMIN_USER", keycloak.adminUser],
        ] satisfies [string, string][])
      : []),
    ...realms.flatMap((realm, index) => {
      // No name of a variable begins with a digit.
      const prefix = index === 0 ? "" : `${snakeCase(realm.name).replace(/^\d/, "_$&")}_`;
      return realmVariables(realm).map(([name, value]): [string, string] => [prefix + name, value]);
    }),
    ["SECRETS_FILE", outputs.secretsFile],
    ...Object.entries(secrets).map(([name, value]): [string, string] => [`SECRET_${snakeCase(name)}`, value]),
  ];
}

/** In a variable: GitLab takes 5 KB for all that a job tells. */
const mostPeople = 100;

function realmVariables({
  oidc,
  jmap,
  clients,
  people,
  ...realm
}: Outputs["realms"][number]): [string, string][] {
  const server = (
    name: string,
    { host, port, security }: Pick<MailServer, "host" | "port" | "security">,
  ): [string, string][] => [
    [`${name}_HOST`, host],
    [`${name}_PORT`, String(port)],
    [`${name}_SECURITY`, security],
  ];
  return [
    ["REALM", realm.name],
    ["MAIL_DOMAIN", realm.mailDomain],
    ["OIDC_ISSUER", oidc.issuer],
    ["OIDC_DISCOVERY_URL", oidc.discoveryUrl],
    ["OIDC_CLIENT_IDS", clients.map(({ id }) => id).join(" ")],
    ["JMAP_SESSION_URL", jmap.sessionUrl],
    ["JMAP_WEBSOCKET_URL", jmap.websocketUrl],
    ...server("IMAP", realm.imap),
    ...server("SMTP", realm.smtp),
    ...(realm.sieve ? server("SIEVE", realm.sieve) : []),
    [
      "PEOPLE",
      people
        .slice(0, mostPeople)
        .map(({ mail }) => mail)
        .join(" "),
    ],
    ["PEOPLE_COUNT", String(people.length)],
  ];
}

/** JSON Schema of what `outputs --json` tells. */
export function outputsJsonSchema(): string {
  return `${JSON.stringify({ title: "james-oidc-kit outputs", ...z.toJSONSchema(outputsSchema) }, null, 2)}\n`;
}
