import { defaultPorts } from "../constructs/james/james-config";
import { run } from "../setup/run";

/** What people have in a James that keeps mail in its memory. */
export interface JamesContents {
  /** Mails in mailboxes. */
  readonly mails: number;
  /** People who have one. */
  readonly accounts: number;
  /** Folders that somebody made, beside those that everybody has. */
  readonly folders: number;
  readonly sieveScripts: number;
  /** Mails on their way. */
  readonly queued: number;
  /** Addresses that forwards, aliases and groups were made for. */
  readonly forwards: number;
}

/** Folders that James makes by itself. */
const ownFolders = new Set([
  "INBOX",
  "Archive",
  "Drafts",
  "Outbox",
  "Restored-Messages",
  "Sent",
  "Spam",
  "Templates",
  "Trash",
]);

/** Asks webadmin, on the container's loopback, for each path of its input; the answers end with NUL. */
const ask = `while IFS= read -r path; do
  exec 3<>/dev/tcp/127.0.0.1/${defaultPorts.webadmin}
  printf 'GET %s HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' "$path" >&3
  cat <&3
  printf '\\0'
done`;

/** James keeps them below its working directory, a folder a user. */
const countSieveScripts = "shopt -s nullglob; scripts=(sieve/*/*); echo ${#scripts[@]}";

/**
 * Counts through James's administration API, whether it is published or not.
 *
 * @param container name or id of one that runs
 * @throws Error when James does not answer, or answers otherwise than it should
 */
export async function jamesContents(container: string): Promise<JamesContents> {
  const [[accounts, queues, ...addresses], scripts] = await Promise.all([
    webadmin(container, ["/quota/users", "/mailQueues", ...mappings]),
    inContainer(container, countSieveScripts),
  ]);
  const quotas = accounts as { username: string; detail: { occupation: { count: number } } }[];
  const users = quotas.map(({ username }) => encodeURIComponent(username));
  const [folders, waiting] = await Promise.all([
    webadmin(
      container,
      users.map((user) => `/users/${user}/mailboxes`),
    ),
    webadmin(
      container,
      (queues as string[]).map((queue) => `/mailQueues/${encodeURIComponent(queue)}`),
    ),
  ]);
  const counts = quotas.map(({ detail }) => detail.occupation.count);
  return {
    mails: sum(counts),
    accounts: counts.filter((count) => count > 0).length,
    folders: (folders as { mailboxName: string }[][])
      .flat()
      .filter(({ mailboxName }) => !ownFolders.has(mailboxName)).length,
    sieveScripts: Number(scripts),
    queued: sum((waiting as { size: number }[]).map(({ size }) => size)),
    forwards: sum((addresses as unknown[][]).map(({ length }) => length)),
  };
}

const mappings = ["/address/forwards", "/address/aliases", "/address/groups"];

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

async function webadmin(container: string, paths: readonly string[]): Promise<unknown[]> {
  if (paths.length === 0) return [];
  const answers = (await inContainer(container, ask, `${paths.join("\n")}\n`)).split("\0").slice(0, -1);
  if (answers.length < paths.length) throw new Error("James's administration does not answer");
  return answers.map((answer, index) => {
    const [head = "", ...body] = answer.split("\r\n\r\n");
    if (!/^HTTP\/1\.. 200 /.test(head)) {
      throw new Error(`James answers ${head.split("\r\n")[0]} to ${paths[index]}`);
    }
    return JSON.parse(body.join("\r\n\r\n"));
  });
}

async function inContainer(container: string, script: string, input = ""): Promise<string> {
  const { stdout } = await run("docker", ["exec", "--interactive", container, "bash", "-c", script], {
    input,
    timeoutMs: 60_000,
  });
  return stdout;
}
