/**
 * The configuration of an mbsync that fetches a whole mailbox.
 *
 * @param account lines of the IMAP account: where it is, who logs in and how
 * @param folder where the mails are put
 */
export function mbsyncConfiguration(account: string, folder: string): string {
  return `
IMAPAccount james
${account}

IMAPStore remote
Account james

MaildirStore local
Path ${folder}/
Inbox ${folder}/INBOX

Channel james
Far :remote:
Near :local:
Create Near
`;
}
