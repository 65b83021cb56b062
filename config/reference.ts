import * as z from "zod";
import { overrides } from "./overrides";
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
overrides its setting; values of lists and numbers are read as YAML. Secrets are no settings: they are generated, or
given by \`KIT_SECRET_<NAME>\` or \`KIT_SECRET_<NAME>_FILE\`.

This page is written by \`npm run generate\`.

| setting | variable | default | meaning |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}
