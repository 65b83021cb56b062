import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../kit/errors";
import { fileErrorText } from "../kit/file-system";
import { normalizeMailAddress } from "../kit/mail-address";
import type { PlatformModel } from "../platform/model/platform-model";

/** What a mailbox of somebody is to have. */
export interface MailboxContent {
  /** The person. */
  readonly mail: string;
  /** Its name, from the top down: `["Archive", "2024"]`. */
  readonly mailbox: readonly string[];
  /** Files with a mail each, in their order. */
  readonly files: readonly string[];
}

/** Name of the folder whose mail everybody gets. */
const everyone = "everyone";

/**
 * Finds the mail in a folder: `<mail address>/<mailbox>/*.eml`, `everyone` in the place of an address for all people; mail that is in
 * no mailbox's folder is for INBOX.
 *
 * @param folder its path
 * @param refuse is told everything that is wrong
 */
export function readMailboxes(
  folder: string,
  { realms, services }: PlatformModel,
  refuse: (problem: Omit<Problem, "where">) => void,
): MailboxContent[] {
  if (!services.ldap.managed || !services.james.passwords.imap) {
    refuse({
      what: services.ldap.managed
        ? "IMAP takes no passwords, by which mailboxes are filled"
        : "the directory is not the kit's: it knows nobody's password",
      fix: services.ldap.managed ? "Leave it out, or passwords.imap" : "Leave it, or directory, out",
    });
    return [];
  }
  const people = realms.flatMap((realm) => realm.people.map(({ mail }) => mail));
  try {
    return entriesOf(folder).flatMap(({ name, isFolder }) => {
      const whose =
        name === everyone
          ? people
          : people.filter((mail) => normalizeMailAddress(mail) === normalizeMailAddress(name));
      if (!isFolder && !isMail(name)) return [];
      if (!isFolder || whose.length === 0) {
        refuse({
          what: isFolder ? "a folder of nobody" : "a mail in the folder of nobody",
          got: join(folder, name),
          allowed: [everyone, ...people],
        });
        return [];
      }
      const found = mailboxesIn(join(folder, name), []);
      return whose.flatMap((mail) => found.map((one) => ({ mail, ...one })));
    });
  } catch (error) {
    refuse({ what: `cannot read the folder: ${fileErrorText(error)}`, got: folder });
    return [];
  }
}

function mailboxesIn(folder: string, mailbox: readonly string[]): Omit<MailboxContent, "mail">[] {
  const entries = entriesOf(folder);
  const files = entries.filter(({ name, isFolder }) => !isFolder && isMail(name));
  return [
    ...(files.length === 0
      ? []
      : [{ mailbox: mailbox.length === 0 ? ["INBOX"] : mailbox, files: files.map(({ path }) => path) }]),
    ...entries
      .filter(({ isFolder }) => isFolder)
      .flatMap(({ name, path }) => mailboxesIn(path, [...mailbox, isInbox(name, mailbox) ? "INBOX" : name])),
  ];
}

const isInbox = (name: string, above: readonly string[]) =>
  above.length === 0 && name.toUpperCase() === "INBOX";

const isMail = (name: string) => /\.eml$/i.test(name);

/** What begins with a dot is of editors and systems. Links are followed. */
function entriesOf(folder: string): { name: string; path: string; isFolder: boolean }[] {
  const isFolder = (entry: Dirent, path: string) =>
    entry.isSymbolicLink() ? statSync(path).isDirectory() : entry.isDirectory();
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .map((entry) => {
      const path = join(folder, entry.name);
      return { name: entry.name, path, isFolder: isFolder(entry, path) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
