import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { ImapFlow } from "imapflow";
import type { MailboxContent } from "../../config/mailboxes";
import { ExitCode, KitError, type Problem, reasonOf } from "../../kit/errors";
import { withFiles } from "../../kit/file-system";
import { slotsFor } from "../../kit/slots";
import type { RealmModel } from "../../platform/model/platform-model";
import type { Progress } from "../../setup/progress/progress";
import { plain } from "../../smoke/clients/sasl";
import { certificatesTaken } from "../../smoke/steps/certificates-taken";
import { withImap } from "../../smoke/steps/with-imap";
import type { Deployment } from "../deployment/deployment";
import { serversOf } from "../verify/servers";
import { smokeTarget } from "../verify/smoke-target";

/** People whose mailboxes are filled at a time. */
const atATime = 4;

/**
 * Puts into mailboxes the mail that they are to have: those that are empty, and goes on with those that have the first of it and
 * nothing else. What somebody has used is left as it is.
 *
 * @returns how many mails
 * @throws KitError that names each file that James does not take
 */
export async function fillMailboxes(deployment: Deployment, progress: Progress): Promise<number> {
  const { mailboxes, platform } = deployment.environment;
  if (mailboxes.length === 0) return 0;
  return progress.step("fill mailboxes", async (detail) => {
    await certificatesTaken(smokeTarget(deployment));
    const slots = slotsFor(atATime);
    const problems: Problem[] = [];
    let count = 0;
    const all = platform.realms.flatMap((realm) =>
      realm.people.map(({ mail }) =>
        slots(async () => {
          const own = mailboxes.filter((one) => one.mail === mail);
          if (own.length === 0) return;
          const added = () => detail(`${++count} mails`);
          problems.push(...(await fillOnesMailboxes(deployment, realm, mail, own, added)));
        }),
      ),
    );
    await Promise.all(all);
    if (problems.length === 0) return count;
    throw new KitError("mailboxes are not filled", problems, { exitCode: ExitCode.deployment });
  });
}

async function fillOnesMailboxes(
  deployment: Deployment,
  realm: RealmModel,
  mail: string,
  contents: readonly MailboxContent[],
  added: () => void,
): Promise<Problem[]> {
  const { imap } = serversOf(deployment, realm, "published");
  const problems: Problem[] = [];
  try {
    await withImap({ imap }, plain(mail, deployment.secrets.get(mail).reveal()), async (client) => {
      const listed = await client.list();
      const { delimiter = "." } = listed[0] ?? {};
      for (const [path, files] of byPath(contents, delimiter)) {
        if (!listed.some((one) => one.path === path)) await client.mailboxCreate(path);
        const problem = await fillMailbox(client, path, files, added);
        if (problem) problems.push({ ...problem, what: `${problem.what}, for ${path} of ${mail}` });
      }
    });
  } catch (error) {
    problems.push({ where: `mailboxes of ${mail}`, what: reasonOf(error) });
  }
  return problems;
}

/** What everybody gets comes before what is somebody's own. */
function byPath(contents: readonly MailboxContent[], delimiter: string): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { mailbox, files } of contents) {
    const path = mailbox.join(delimiter);
    found.set(path, [...(found.get(path) ?? []), ...files]);
  }
  return found;
}

/** In order, so that what is there tells how far it has come. @returns what has ended it */
export async function fillMailbox(
  client: Pick<ImapFlow, "mailboxOpen" | "fetchAll" | "append">,
  path: string,
  files: readonly string[],
  added: () => void,
): Promise<Problem | undefined> {
  const { exists } = await client.mailboxOpen(path, { readOnly: true });
  if (exists >= files.length) return undefined;
  const present = exists === 0 ? [] : await client.fetchAll("1:*", { size: true, headers: true });
  const begins = present.every(({ size, headers = Buffer.of() }, index) => {
    const content = readMail(files[index] as string);
    return size === content.length && headers.equals(content.subarray(0, headers.length));
  });
  if (!begins) return undefined;
  for (const file of files.slice(exists)) {
    const content = readMail(file);
    try {
      await client.append(path, content, flagsIn(path), dateOf(content));
    } catch (error) {
      const { responseText = reasonOf(error) } = error as { responseText?: string };
      return { where: relative(".", file), what: `James does not take it (${responseText})` };
    }
    added();
  }
  return undefined;
}

/** As it is; where all its lines end as in files of Unix, with the ends of lines that mail has. */
export function readMail(file: string): Buffer {
  const content = withFiles(() => readFileSync(file));
  if (content.includes("\r\n")) return content;
  return Buffer.from(content.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
}

/** When it was sent, by its header; undefined where it does not tell. */
export function dateOf(content: Buffer): Date | undefined {
  const text = content.toString("latin1");
  const header = text.slice(0, text.search(/\r\n\r\n|$/)).replace(/\r\n(?=[ \t])/g, "");
  const date = new Date(/^date:(.*)$/im.exec(header)?.[1] ?? "");
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date : undefined;
}

/** What somebody has written himself he has read. */
function flagsIn(path: string): string[] {
  if (/^sent$/i.test(path)) return ["\\Seen"];
  return /^drafts$/i.test(path) ? ["\\Seen", "\\Draft"] : [];
}
