import type { Secret } from "../constructs/workload/secret";
import type { Template } from "./template";

/**
 * What `expect` can say of a template, after `expect.extend(stackMatchers)`, in Vitest and Jest. TypeScript is told once:
 * `declare module "vitest" { interface Matchers<T> extends StackMatchers<T> {} }`.
 */
export interface StackMatchers<R = unknown> {
  /**
   * There is one container whose name ends so.
   *
   * @param attributes of it, in the words of Terraform's provider; others it may have
   */
  toHaveContainer(name: string, attributes?: Readonly<Record<string, unknown>>): R;
  /** These ports of the machine lead into containers, and no other: `443` at whatever address, `"127.0.0.1:9000"` at this one. */
  toPublishOnly(ports: readonly (number | string)[]): R;
  /** Secrets are not in what Terraform is given, which others may read. */
  toHaveNoSecretInClear(...secrets: readonly (Secret | string)[]): R;
}

/** What Vitest and Jest give matchers. */
interface MatcherContext {
  equals(a: unknown, b: unknown): boolean;
  readonly utils: { printReceived(value: unknown): string; printExpected(value: unknown): string };
}

interface Verdict {
  readonly pass: boolean;
  message(): string;
}

type Container = Readonly<Record<string, unknown>> & {
  readonly ports?: readonly { readonly external: number; readonly ip?: string }[];
};

const containers = (template: Template) =>
  template.names("docker_container").map((name) => ({
    name,
    container: template.resource("docker_container", name) as Container,
  }));

/** For `expect.extend()`. */
export const stackMatchers = {
  toHaveContainer(
    this: MatcherContext,
    template: Template,
    name: string,
    attributes: Readonly<Record<string, unknown>> = {},
  ): Verdict {
    const all = containers(template);
    const found = all.filter((candidate) => candidate.name.endsWith(name));
    const [only] = found;
    if (!only || found.length > 1) {
      const names = all.map((candidate) => candidate.name).join(", ") || "none";
      return verdict(false, `${found.length} containers end with "${name}", of: ${names}`);
    }
    const { printReceived, printExpected } = this.utils;
    const different = Object.entries(attributes).filter(
      ([key, value]) => !this.equals(only.container[key], value),
    );
    const lines = different.map(
      ([key, value]) =>
        `  ${key}: expected ${printExpected(value)}, received ${printReceived(only.container[key])}`,
    );
    return different.length > 0
      ? verdict(false, [`container ${only.name} is otherwise:`, ...lines].join("\n"))
      : verdict(true, `container ${only.name} is so, and was expected not to be`);
  },

  toPublishOnly(this: MatcherContext, template: Template, ports: readonly (number | string)[]): Verdict {
    const published = containers(template).flatMap(({ name, container }) =>
      (container.ports ?? []).map(({ external, ip }) => ({
        text: `${ip === undefined ? "" : `${ip}:`}${external} is published, by ${name}`,
        names: [String(external), `${ip}:${external}`],
      })),
    );
    const wanted = ports.map(String);
    const wrong = [
      ...published
        .filter(({ names }) => !names.some((name) => wanted.includes(name)))
        .map(({ text }) => text),
      ...wanted
        .filter((port) => !published.some(({ names }) => names.includes(port)))
        .map((port) => `${port} is not published`),
    ];
    return wrong.length > 0
      ? verdict(false, ["other ports are published than expected:", ...wrong].join("\n  "))
      : verdict(true, `only ${ports.join(", ") || "no port"} published, and expected otherwise`);
  },

  toHaveNoSecretInClear(
    this: MatcherContext,
    template: Template,
    ...secrets: readonly (Secret | string)[]
  ): Verdict {
    const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
    const found = secrets.filter((secret) => {
      const value = typeof secret === "string" ? secret : secret.reveal();
      if (value === "") throw new Error("an empty secret is in every text");
      const forms = [value, inJson(value), inJson(inJson(value)), Buffer.from(value).toString("base64")];
      return forms.some((form) => template.text.includes(form));
    });
    // Which, without telling it.
    const which = found.map((secret) => (typeof secret === "string" ? "a value" : secret.name)).join(", ");
    return found.length > 0
      ? verdict(false, `in clear in the Terraform JSON: ${which}`)
      : verdict(true, "no secret is in the Terraform JSON");
  },
};

const verdict = (pass: boolean, message: string): Verdict => ({ pass, message: () => message });
