import * as z from "zod";
import { overrides } from "./overrides";
import { directoryBind, secretNames } from "./secrets";
import { settingsSchema } from "./settings";

/** What describes the settings to people and to their editors; `npm run generate` writes both files. */

type Node = {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Node>;
};

const schema = z.toJSONSchema(settingsSchema, { io: "input" });

/** JSON Schema of environment files, for completion in editors. */
export function environmentJsonSchema(): string {
  return `${JSON.stringify({ title: "james-oidc-kit environment", ...schema }, null, 2)}\n`;
}

/** All settings as a Markdown page. */
export function settingsReference(): string {
  const rows = overrides.map(({ path, variable }) => {
    const node = path.reduce<Node>((parent, key) => parent.properties?.[key] ?? {}, schema as Node);
    const choices = node.enum ? ` (${node.enum.map((choice) => `\`${choice}\``).join(", ")})` : "";
    const standard = node.default === undefined ? "" : `\`${JSON.stringify(node.default)}\``;
    return `| \`${path.join(".")}\` | \`${variable}\` | ${standard} | ${node.description ?? ""}${choices} |`;
  });
  return `# Settings

An environment is a file \`environments/<name>.yaml\`. Every setting has a default; an empty file is valid. A variable
overrides its setting; other values than texts are read as YAML: \`KIT_PEOPLE='[{mail: amy@example.com}]'\`,
\`KIT_PEOPLE='{generate: 50}'\`.

A mail address, which is a login name too, is one that Keycloak, LDAP, HTTP, IMAP, SMTP and ManageSieve write alike:
before the @ ASCII letters, digits and \`!#$%'*+-/=^_{|}\` or a backquote, joined by single dots, a letter, digit or \`_\`
first. Upper and lower case are the same, and Keycloak and James tell it in lower case.

Secrets are no settings: they are generated, or given by \`KIT_SECRET_<NAME>\` or \`KIT_SECRET_<NAME>_FILE\`, the name in
upper case and its words joined by \`_\`:

- ${secretNames.map((name) => `\`${name}\``).join(", ")}: \`KIT_SECRET_KEYCLOAK_ADMIN\`
- \`${directoryBind}\`, in the place of \`ldapAdmin\` with a \`directory\` of your own. It must be given, as \`redis\` with a
  \`redis\` of your own
- \`keycloakDatabase\` and \`jamesDatabase\`, the passwords of Keycloak's and of James's role in PostgreSQL, where what is in
  Keycloak, or mail, is durable; they must be given with a \`postgres\` of your own
- a person's password, named by the mail address: \`KIT_SECRET_AMY_EXAMPLE_COM\`
- \`client-<name>\`, of a confidential client of \`clients.others\`: \`KIT_SECRET_CLIENT_WEBMAIL\`

A value that is given has no control character, no space at its start or end, and at most 1024 characters; what single
services cannot take besides is told before it is stored. A variable that would give the passwords of several people
(\`a.b@\`, \`a-b@\`) is refused. \`up\` removes secrets of people, clients and realms that are no more, and says so.

Those of a further realm begin with its name: [identity.md](identity.md#several-realms).

This page is written by \`npm run generate\`.

| setting | variable | default | meaning |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
