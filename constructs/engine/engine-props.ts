import { isIP } from "node:net";
import type { Rule } from "../terraform/rules";
import type { Secret } from "../workload/secret";

/** What every engine is told of an environment. */
export interface EngineProps {
  /** Prefix of every container, network and volume name, unique on the engine: a-z, 0-9 and -, a letter first. */
  readonly name: string;
  /** Keys the hashes of files, so that what shows them gives no secret away. At least 128 random bits. */
  readonly fingerprintKey: Secret;
  /** Address that published ports listen on. @default "127.0.0.1" */
  readonly bindAddress?: string;
}

export const defaultBindAddress = "127.0.0.1";

export const engineRules: readonly Rule<EngineProps>[] = [
  {
    prop: "name",
    check: ({ name }) =>
      /^[a-z][a-z0-9-]*$/.test(name)
        ? undefined
        : { what: "no prefix of names", got: name, allowed: "a-z, 0-9 and -, a letter first" },
  },
  {
    prop: "bindAddress",
    check: ({ bindAddress = defaultBindAddress }) =>
      isIP(bindAddress) > 0
        ? undefined
        : { what: "not an IP address", got: bindAddress, allowed: "as 127.0.0.1 or 0.0.0.0" },
  },
];
