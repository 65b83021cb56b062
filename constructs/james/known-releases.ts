import { isAtLeast } from "../../kit/release";
import { hasExtension } from "./capabilities";
import { type JamesFlavour, JamesRelease } from "./james-release";

/** Something that a James lacks or does wrong, whoever runs it. */
export interface JamesFault {
  /** Short, for a table. */
  readonly name: string;
  /** As a sentence without its final stop. */
  readonly what: string;
  /** Whether the kit refuses to run such a James, or tells of it. */
  readonly outcome: "refused" | "told";
  /** What to do about it, as a sentence. */
  readonly fix: string;
}

/** A fault, and who has it. */
interface KnownFault extends JamesFault {
  /** @default all */
  readonly flavours?: readonly JamesFlavour[];
  /** The first release with it. @default the oldest that the kit knows */
  readonly since?: string;
  /** The first release without it. @default none is known */
  readonly mendedIn?: string;
  /** Whether the kit's extension for the release mends it. */
  readonly extensionMends: boolean;
}

/** Flavours for which the kit writes no files. */
const unwritten: readonly JamesFlavour[] = ["distributed", "cassandra"];

const faults: readonly KnownFault[] = [
  {
    name: "IMAP garbled",
    what: "IMAP mixes up the bodies that are fetched: a literal comes after its parenthesis, the OK before the data",
    outcome: "refused",
    since: "3.9.0",
    extensionMends: true,
    fix: "Run 3.8.2 of the memory flavour, or 3.9.0 of that for PostgreSQL with the kit's extension",
  },
  {
    name: "no JMAP",
    what: "it has no JMAP, which the gateway serves",
    outcome: "refused",
    flavours: ["jpa"],
    extensionMends: false,
    fix: "Run another flavour",
  },
  {
    name: "no files of the kit",
    what: "the kit writes no files for this flavour",
    outcome: "refused",
    flavours: unwritten,
    extensionMends: false,
    fix: "Run the memory flavour",
  },
  {
    name: "CVE-2024-37358",
    what: "CVE-2024-37358: literals of IMAP, of strangers too, take memory without end",
    outcome: "told",
    mendedIn: "3.8.2",
    extensionMends: true,
    fix: "Run 3.8.2",
  },
  {
    name: "CVE-2024-45626",
    what: "CVE-2024-45626: text made of somebody's HTML takes memory without end",
    outcome: "told",
    mendedIn: "3.8.2",
    extensionMends: true,
    fix: "Run 3.8.2",
  },
];

/** What is wrong with a James, what is refused first. */
export function faultsOf(release: JamesRelease): JamesFault[] {
  const { flavour, version, extended } = release;
  return faults.filter(
    ({ flavours, since = "0", mendedIn, extensionMends }) =>
      (flavours === undefined || flavours.includes(flavour)) &&
      isAtLeast(version, since) &&
      (mendedIn === undefined || !isAtLeast(version, mendedIn)) &&
      !(extended && extensionMends),
  );
}

/** How far a James was run. */
export type RunWith =
  /** With the kit's files: smoke test, and what the kit's tests ask of it. */
  | "the kit's files"
  /** By hand, with files of its own. */
  | "other files";

const runs: Readonly<Record<string, RunWith>> = {
  "memory-3.8.1": "the kit's files",
  "memory-3.8.1+kit": "the kit's files",
  "memory-3.8.2+kit": "the kit's files",
  "memory-3.9.0": "the kit's files",
  "memory-3.10.0": "the kit's files",
  "postgres-3.9.0": "other files",
  "postgres-3.9.0+kit": "the kit's files",
  "postgres-3.10.0": "other files",
  "jpa-3.8.1": "other files",
  "cassandra-3.8.1": "other files",
  "distributed-3.8.1": "other files",
};

/** @returns undefined where nobody ran it. 3.10.0 was not released then: its development of August 2026 was run */
export function runWith(release: JamesRelease): RunWith | undefined {
  return runs[`${release}`];
}

/** Flavours that not all releases have. */
const lifetimes: Partial<Record<JamesFlavour, { readonly since?: string; readonly goneIn?: string }>> = {
  postgres: { since: "3.9.0" },
  cassandra: { goneIn: "3.10.0" },
};

/** Whether there is such a James. */
export function exists({ flavour, version }: JamesRelease): boolean {
  const { since = "0", goneIn } = lifetimes[flavour] ?? {};
  return isAtLeast(version, since) && (goneIn === undefined || !isAtLeast(version, goneIn));
}

/** Releases of which something is known, oldest first. */
export const knownVersions = ["3.8.1", "3.8.2", "3.9.0", "3.10.0"] as const;

/** What is known of a James as released, and with the kit's extension where there is one, in a few words. */
export function knownOf(flavour: JamesFlavour, version: string): string {
  const released = new JamesRelease(flavour, version);
  if (!exists(released)) return "–";
  const verdict = verdictOf(released);
  const extended = hasExtension(released) ? verdictOf(released.withExtension()) : verdict;
  return extended === verdict ? verdict : `${extended} with the kit's extension; without ${verdict}`;
}

function verdictOf(release: JamesRelease): string {
  const found = (wanted: JamesFault["outcome"]) =>
    faultsOf(release).flatMap(({ name, outcome }) => (outcome === wanted ? [name] : []));
  const refused = found("refused");
  if (refused.length > 0) return `refused: ${refused.join(", ")}`;
  return [...(runWith(release) ? [] : ["not run"]), ...found("told")].join(", ") || "good";
}

/** What whoever runs a James should know of it, a sentence each; nothing of one that is good. */
export function toldOf(release: JamesRelease): string[] {
  return [
    ...faultsOf(release).map(({ what, fix }) => `${what}. ${fix}`),
    ...(runWith(release) === "the kit's files"
      ? []
      : ["nobody has run the kit's files on it: the smoke test tells whether it does"]),
  ];
}

/** That, a line each. */
export function jamesLines(release: JamesRelease): string[] {
  return toldOf(release).map((told) => `james        ${release}: ${told}`);
}
