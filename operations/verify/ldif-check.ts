import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LocatedEntry, renderEntry } from "../../constructs/ldap/ldif";
import { domainSuffix } from "../../constructs/ldap/naming";
import { renderSlapdSchema } from "../../constructs/ldap/slapd-configuration";
import type { Image } from "../../constructs/workload/image";
import { ExitCode, KitError, type Problem } from "../../kit/errors";
import { RunError, run } from "../../kit/run";
import type { Progress } from "../../setup/progress/progress";
import type { Deployment } from "../deployment/deployment";

/**
 * Asks the server that will read them whether it takes the entries of LDIF files, before anything is changed: its own
 * `slapadd -u`, in a container that is thrown away. Entries that it took before are not asked about again.
 *
 * @throws KitError that names the lines of the files that it does not take
 */
export async function checkLdif(
  { environment, directory }: Pick<Deployment, "environment" | "directory">,
  image: Image,
  progress: Progress,
): Promise<void> {
  const { entries, domain } = environment;
  if (entries.length === 0) return;
  const configuration = renderSlapdSchema(domainSuffix(domain));
  const texts = entries.map(renderEntry);
  const stamp = createHash("sha256")
    .update(JSON.stringify([image.reference, configuration, texts]))
    .digest("hex");
  const stampFile = join(directory, "ldif.checked");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  const problems = await progress.step("ask the directory's server about the LDIF files", () =>
    dryRun(image, configuration, texts, entries),
  );
  if (problems === undefined) return;
  if (problems.length > 0)
    throw new KitError("the directory's server does not take the LDIF files", problems);
  writeFileSync(stampFile, stamp);
}

/** Reads the configuration, up to an empty line, then the entries. */
const program = `set -u
mkdir -p /tmp/slapd
while IFS= read -r line && [ -n "$line" ]; do printf '%s\\n' "$line"; done >/tmp/kit-slapd.conf
slapadd -u -c -f /tmp/kit-slapd.conf 2>&1
code=$?
((code < 126)) || exit $code
echo "exit $code"`;

/** @returns undefined when the image cannot be had: a deployment then says so itself */
async function dryRun(
  { reference, user }: Image,
  configuration: string,
  texts: readonly string[],
  entries: readonly LocatedEntry[],
): Promise<Problem[] | undefined> {
  const options = [
    "--rm",
    "--interactive",
    "--network",
    "none",
    "--ulimit",
    "nofile=1024",
    "--entrypoint",
    "bash",
  ];
  try {
    const { stdout } = await run(
      "docker",
      ["run", ...options, ...(user === undefined ? [] : ["--user", user]), reference, "-c", program],
      { input: `${configuration}\n${texts.join("\n")}` },
    );
    const problems = slapaddProblems(stdout, texts, entries);
    // It refuses something that is in none of the entries.
    if (problems.length === 0 && !/^exit 0$/m.test(stdout))
      throw cannotBeAsked(reference, "slapadd fails", lastLines(stdout));
    return problems;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    // What `docker run` answers when there is no container to run it in.
    if (error.exitCode === 125) return undefined;
    throw cannotBeAsked(reference, error.reason, error.tail, error);
  }
}

const lastLines = (text: string) => text.trim().split("\n").slice(-20);

function cannotBeAsked(reference: string, what: string, lines: readonly string[], cause?: Error): KitError {
  return new KitError(
    "the directory's server cannot be asked about the LDIF files",
    [
      {
        where: `image ${reference}`,
        what,
        fix: "It needs bash, slapadd and OpenLDAP's own schemas: name another one by imageReferences.ldap",
        lines,
      },
    ],
    { exitCode: ExitCode.machine, cause },
  );
}

/**
 * What `slapadd` says, about the lines that the entries came from.
 *
 * @param texts the entries as it read them, an empty line between each two
 */
export function slapaddProblems(
  output: string,
  texts: readonly string[],
  entries: readonly LocatedEntry[],
): Problem[] {
  const starts: number[] = [];
  let next = 1;
  for (const text of texts) {
    starts.push(next);
    next += text.split("\n").length;
  }
  const entryAt = (line: number) => entries[starts.findLastIndex((start) => start <= line)];
  const problems: Problem[] = [];
  // Some errors come in two lines, the reason before the place.
  let reason = "";
  for (const line of output.split("\n")) {
    const place = /^slapadd: .*?\(?line[ =](\d+)\)?:? ?(.*)$/.exec(line);
    if (!place) {
      reason = /^(?:<= )?str2entry: (.*)$/.exec(line)?.[1] ?? reason;
      continue;
    }
    const entry = entryAt(Number(place[1]));
    const what = (place[2] || reason || line).replace(/^\(\d+\) /, "");
    reason = "";
    if (!entry) continue;
    const attribute = /^str2ad\(([^)]+)\)/.exec(what)?.[1]?.toLowerCase();
    const index = entry.attributes.findIndex(([name]) => name.toLowerCase() === attribute);
    problems.push({
      where: `${entry.source}:${entry.lines[index] ?? entry.line}`,
      what: `${entry.dn}: ${what.replace(/^str2ad\(([^)]+)\): attribute type undefined$/, "no schema has attribute $1")}`,
    });
  }
  return problems;
}
