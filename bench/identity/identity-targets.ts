import { seconds, table } from "../report/table";
import { duration, ratio, type Target } from "../report/target";
import { adoptedClients } from "./adoption";
import type { ClientChange } from "./client-change";
import { clientCount, realmCount } from "./realms";
import type { SynthesisSamples } from "./synthesis";

export interface IdentitySamples {
  readonly synthesis: SynthesisSamples;
  readonly change: ClientChange;
  /** Seconds of `realm adopt`. */
  readonly adoption: readonly number[];
}

const realms = `${realmCount} realms × ${clientCount} clients`;

/**
 * 100 realms with 10 clients each in under 5 s, and within 1.3 times of bindings alone; a change to a client within
 * twice of what Terraform takes for both stacks, as `up` with nothing to change is.
 */
export function identityTargets({ synthesis, change }: IdentitySamples): Target[] {
  return [
    duration(`synthesize ${realms}, the whole process`, synthesis.kitProcess, 5),
    ratio(`synthesize ${realms} / bindings alone`, synthesis.kit, synthesis.raw, 1.3),
    ...("leftOut" in change
      ? []
      : [
          ratio(
            "up, a client changed / terraform apply of both stacks",
            change.kit,
            change.terraformIdentity.map((run, index) => run + (change.terraformPlatform[index] ?? 0)),
            2,
          ),
        ]),
  ];
}

/** What the targets are made of, and what has none. */
export function identityTables({ synthesis, change, adoption }: IdentitySamples): string {
  const changed = "leftOut" in change ? undefined : change;
  const runs: [string, readonly number[]][] = [
    [`synthesize ${realms}, ${synthesis.resources.toLocaleString("en")} resources`, synthesis.kit],
    ["the same, with the start of the process and its modules", synthesis.kitProcess],
    ["the same resources by bindings alone", synthesis.raw],
    ["up, one redirect URI of a client changed", changed?.kit ?? []],
    ["terraform apply of the platform, nothing to change", changed?.terraformPlatform ?? []],
    ["terraform apply of the realm, another redirect URI changed", changed?.terraformIdentity ?? []],
    ["drift, nothing to find", changed?.drift ?? []],
    [`realm adopt, ${adoptedClients.toLocaleString("en")} clients`, adoption],
  ];
  return [
    table([
      ["each run"],
      ...runs
        .filter(([, values]) => values.length > 0)
        .map(([title, values]) => [title, ...values.map(seconds)]),
    ]),
    "leftOut" in change
      ? `The change to a client is left out: ${change.leftOut}`
      : `Each change was one resource; the ${change.containers} containers are the same as before, and none was restarted.`,
  ].join("\n");
}
