import type { Json } from "../../../../kit/json";
import { asList, asMap, asText, type Configuration, type PluginUse } from "../configuration/configuration";
import { at, type Found, type Key } from "../configuration/finding";
import { type HeaderChange, headersOf, requestRewriters } from "../configuration/headers";

/** Secrets that go to clients, and secrets that everybody has who can read the file. */
export function secretFindings({ pluginUses, entries }: Configuration): Found[] {
  return [
    ...pluginUses
      .filter(({ name, disabled }) => name === "response-rewrite" && !disabled)
      .flatMap(secretsInAnswers),
    ...entries.flatMap((entry) =>
      clearSecrets(entry.value, []).map(
        (path): Found => ({
          severity: "warning",
          at: at(entry, ...path),
          what: "a secret in clear",
          why: "whoever can read the file, its copies and its history has it",
          fix: "Write ${{NAME}}, and set the environment variable NAME for APISIX",
        }),
      ),
    ),
  ];
}

const secretName = /secret|passw(or)?d|token|credential|api-?key|private-?key|^x-userinfo$|^authorization$/i;

/** Headers that say `token` or `credentials` and are meant for clients. */
const harmlessName = /^access-control-|csrf|xsrf/i;

function secretsInAnswers({ config, holder, name }: PluginUse): Found[] {
  const body = asText(config.body);
  const inBody = body && variableIn(body);
  return [
    ...headersOf(config)
      .filter(({ action }) => action !== "remove")
      .flatMap((header) =>
        secretInHeader(header).map((found) => ({
          ...found,
          at: at(holder, "plugins", name, ...header.path),
        })),
      ),
    ...(inBody
      ? [
          {
            severity: secretName.test(inBody) ? "error" : "warning",
            at: at(holder, "plugins", name, "body"),
            what: `the environment variable ${inBody} is part of the body that clients get`,
            why: "if it is a secret, every client has it",
            fix: "Leave it out",
          } as const,
        ]
      : []),
  ];
}

function secretInHeader({ name, value }: HeaderChange): Omit<Found, "at">[] {
  const variable = variableIn(asText(value) ?? "");
  const isSecret =
    (secretName.test(name) && !harmlessName.test(name)) ||
    (variable !== undefined && secretName.test(variable));
  if (!isSecret && variable === undefined) return [];
  const fix = "Set it on the request to the upstream, by proxy-rewrite, or leave it out";
  if (!isSecret) {
    const what = `the environment variable ${variable} is told to clients, in the header ${name}`;
    return [{ severity: "warning", what, why: "if it is a secret, every client has it", fix }];
  }
  return [
    {
      severity: "error",
      what: `response-rewrite tells clients a secret, in the header ${name}`,
      why: "it is set on the answer, not on the request to the upstream: every client has the secret, and can do what only the gateway should",
      fix,
    },
  ];
}

function variableIn(text: string): string | undefined {
  return /\$\{\{\s*(\w+)/.exec(text)?.[1];
}

const secretOption = /(^|_)(secret|password|passwd|private_key|client_key)$|^client_rsa_private_key$/;
const secretHeader = /^(x-user-secret|(proxy-)?authorization)$/i;

/** The paths of texts that are secrets by their name, and are neither variables nor references. */
function clearSecrets(value: Json | undefined, path: readonly Key[]): Key[][] {
  const items = asList(value);
  if (items) return items.flatMap((item, index) => clearSecrets(item, [...path, index]));
  return Object.entries(asMap(value) ?? {}).flatMap(([key, inner]) => {
    const text = asText(inner);
    if (text === undefined) return clearSecrets(inner, [...path, key]);
    const [, plugin, option] = path;
    const isRequestHeader =
      requestRewriters.includes(String(plugin)) && option === "headers" && secretHeader.test(key);
    // A text that begins with `$` is looked up when it is used.
    return text !== "" && !text.startsWith("$") && (secretOption.test(key) || isRequestHeader)
      ? [[...path, key]]
      : [];
  });
}
