import { defaultPorts } from "../../constructs/james/james-config";
import { run } from "../../kit/run";

/** What people have in a James that keeps mail in its memory. */
export interface JamesContents {
  /** Mails in mailboxes. */
  readonly mails: number;
  /** People who have one, in the directory or not. */
  readonly accounts: number;
  /** Folders that somebody made, beside those that everybody has. */
  readonly folders: number;
  readonly sieveScripts: number;
  /** Mails on their way. */
  readonly queued: number;
  /** Mails that could not be delivered, in the repositories that James has for them. */
  readonly undelivered: number;
  /** Addresses that forwards, aliases and groups were made for. */
  readonly forwards: number;
  /** Whether mail of those whom the directory has no longer is not among it: James alone does not tell of it. */
  readonly usersOnly: boolean;
}

/** Milliseconds that one that hangs gets to answer. */
const PATIENCE = 10_000;

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
  const [[mailboxes, queues, repositories, ...addresses], scripts] = await Promise.all([
    webadmin(container, ["/kit/mailboxes", "/mailQueues", "/mailRepositories", ...mappings]),
    inContainer(container, countSieveScripts),
  ]);
  const queuePaths = (queues as string[]).map((name) => `/mailQueues/${encodeURIComponent(name)}`);
  // These are encoded as they come.
  const repositoryPaths = (repositories as { path: string }[]).map(({ path }) => `/mailRepositories/${path}`);
  const sizes = (
    (await webadmin(container, [...queuePaths, ...repositoryPaths])) as ({ size: number } | undefined)[]
  ).map((one) => one?.size ?? 0);
  return {
    ...(mailboxes === undefined
      ? await inMailboxesOfUsers(container)
      : inMailboxes(mailboxes as readonly Mailbox[])),
    sieveScripts: Number(scripts),
    queued: sum(sizes.slice(0, queuePaths.length)),
    undelivered: sum(sizes.slice(queuePaths.length)),
    forwards: sum((addresses as unknown[][]).map(({ length }) => length)),
  };
}

type InMailboxes = Pick<JamesContents, "mails" | "accounts" | "folders" | "usersOnly">;

/** As the kit's extension of James tells them. */
interface Mailbox {
  readonly username: string;
  readonly mailboxName: string;
  readonly messages: number;
}

function inMailboxes(all: readonly Mailbox[]): InMailboxes {
  const filled = all.filter(({ messages }) => messages > 0);
  return {
    mails: sum(filled.map(({ messages }) => messages)),
    accounts: new Set(filled.map(({ username }) => username)).size,
    folders: all.filter(isSomebodys).length,
    usersOnly: false,
  };
}

/** Of a James without the kit's extension. */
async function inMailboxesOfUsers(container: string): Promise<InMailboxes> {
  const [quotas] = (await webadmin(container, ["/quota/users"])) as [
    { username: string; detail: { occupation: { count: number } } }[],
  ];
  const counts = quotas.map(({ detail }) => detail.occupation.count);
  const paths = quotas.map(({ username }) => `/users/${encodeURIComponent(username)}/mailboxes`);
  const folders = (await webadmin(container, paths)) as { mailboxName: string }[][];
  return {
    mails: sum(counts),
    accounts: counts.filter((count) => count > 0).length,
    folders: folders.flat().filter(isSomebodys).length,
    usersOnly: true,
  };
}

const isSomebodys = ({ mailboxName }: { mailboxName: string }) => !ownFolders.has(mailboxName);

const mappings = ["/address/forwards", "/address/aliases", "/address/groups"];

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Answers as JSON; undefined for what this James does not have. */
async function webadmin(container: string, paths: readonly string[]): Promise<unknown[]> {
  if (paths.length === 0) return [];
  const answers = (await inContainer(container, ask, `${paths.join("\n")}\n`)).split("\0").slice(0, -1);
  if (answers.length < paths.length) throw new Error("James's administration does not answer");
  return answers.map((answer, index) => {
    const [head = "", ...body] = answer.split("\r\n\r\n");
    if (/^HTTP\/1\.. 404 /.test(head)) return undefined;
    if (!/^HTTP\/1\.. 200 /.test(head)) {
      throw new Error(`James answers ${head.split("\r\n")[0]} to ${paths[index]}`);
    }
    return JSON.parse(body.join("\r\n\r\n"));
  });
}

async function inContainer(container: string, script: string, input = ""): Promise<string> {
  const { stdout } = await run("docker", ["exec", "--interactive", container, "bash", "-c", script], {
    input,
    timeoutMs: PATIENCE,
  });
  return stdout;
}
