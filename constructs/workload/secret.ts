import { inspect } from "node:util";

/**
 * A secret value that nothing prints by accident: text conversion, JSON and `console.log` show its name only.
 * `reveal()` is the one way to its value; call it only where a private file is rendered.
 */
export class Secret {
  readonly #value: string;

  constructor(
    readonly name: string,
    value: string,
    /** Counts the values it has had, from 1. */
    readonly version = 1,
  ) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[secret ${this.name}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
