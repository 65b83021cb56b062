import { randomBytes } from "node:crypto";
import type { ImapFlow } from "imapflow";
import { callJmap, type JmapSession } from "../clients/jmap";
import { loginImap, loginImapByCommand, loginSmtp } from "../clients/login";
import type { Tokens } from "../clients/oidc";
import { type Mail, sendMail } from "../clients/send-mail";
import { bearer, type SmokeContext } from "./context";
import { accepted, expect, NO_OAUTHBEARER, PASSWORDS_OFF, within } from "./expect";
import type { Plan, Step } from "./plan";
import { withImap } from "./with-imap";

const subjectStart = "james-oidc-kit smoke ";

/** Seconds that a mail may take from submission to mailbox. */
const DELIVERY = 10;

/** One mail on its way: submitted, read by IMAP and JMAP, deleted. And the OAuth mechanism that each protocol has left. */
export function mailSteps(
  plan: Plan,
  context: SmokeContext,
  tokens: Step<Tokens>,
  session: Step<JmapSession>,
): void {
  const { capabilities } = context.target;
  const { user } = context;
  const skip = capabilities.oauthbearerRfc7628 ? undefined : NO_OAUTHBEARER;

  const mail = plan.step(
    {
      id: "smtp.xoauth2",
      title: "SMTP: mail submitted with XOAUTH2",
      services: ["james", "keycloak"],
      needs: { tokens },
    },
    async ({ tokens }): Promise<Mail> => {
      const mark = randomBytes(8).toString("hex");
      const mail = { subject: `${subjectStart}${mark}`, text: `Sent by the smoke test: ${mark}` };
      await sendMail(context.smtp, user.mail, tokens.accessToken, mail);
      return mail;
    },
  );

  const readByImap = plan.step(
    {
      id: "imap.oauthbearer",
      title: "IMAP: mail read with OAUTHBEARER",
      services: ["james", "keycloak"],
      needs: { tokens, mail },
      skip,
    },
    async ({ tokens, mail }) => {
      await withImap(context, context.oauthBearer(tokens.accessToken), async (imap) => {
        const source = await within(DELIVERY, async () => {
          const uid = await findInInbox(imap, mail.subject);
          const message = await imap.fetchOne(`${uid}`, { source: true }, { uid: true });
          return message ? (message.source?.toString("utf8") ?? "") : "";
        });
        expect(source.includes(mail.text), "the mail that arrived has another text");
      });
    },
  );

  const readByJmap = plan.step(
    {
      id: "jmap.mail",
      title: "JMAP: mail found by subject",
      services: ["james", "gateway"],
      needs: { tokens, session, mail },
    },
    async ({ tokens, session, mail }) => {
      const { accountId } = session;
      const call = (name: string, args: Record<string, unknown>) =>
        callJmap(context.http, session, bearer(tokens.accessToken), [name, { accountId, ...args }]);
      const id = await within(DELIVERY, async () => {
        const { ids } = await call("Email/query", { filter: { subject: mail.subject } });
        const [id] = ids as string[];
        expect(id !== undefined, "Email/query does not find the mail");
        return id;
      });
      const { list } = await call("Email/get", {
        ids: [id],
        properties: ["subject", "from", "bodyValues", "textBody"],
        fetchTextBodyValues: true,
      });
      const email = (list as { subject: string; from: { email: string }[] }[])[0];
      expect(email?.subject === mail.subject, `Email/get answered the subject ${email?.subject}`);
      expect(email.from[0]?.email === user.mail, `the mail is from ${email.from[0]?.email}`);
      expect(JSON.stringify(email).includes(mail.text), "the mail found has another text");
    },
  );

  plan.step(
    {
      id: "imap.xoauth2",
      title: "IMAP: mail deleted with XOAUTH2",
      services: ["james", "keycloak"],
      needs: { tokens, mail },
      after: [readByImap, readByJmap],
    },
    async ({ tokens, mail }) => {
      await withImap(context, context.xoauth2(tokens.accessToken), async (imap) => {
        const uid = await within(DELIVERY, () => findInInbox(imap, mail.subject));
        await imap.messageDelete(`${uid}`, { uid: true });
        // Of runs that were interrupted: a person's mail would not be counted rightly with them.
        await imap.messageDelete({ subject: subjectStart }, { uid: true });
        expect((await search(imap, mail.subject)) === undefined, "the mail is still there");
      });
    },
  );
  plan.step(
    {
      id: "smtp.oauthbearer",
      title: "SMTP: login with OAUTHBEARER",
      services: ["james", "keycloak"],
      needs: { tokens },
      skip,
    },
    async ({ tokens }) =>
      accepted(await loginSmtp(context.smtp, context.oauthBearer(tokens.accessToken)), "the token").close(),
  );
}

/** IMAP and SMTP with user name and password. */
export function basicMailSteps(plan: Plan, context: SmokeContext): void {
  const { user, nobody } = context;
  const password = user.password.reveal();
  plan.step(
    {
      id: "basic.imap",
      title: "Password: IMAP LOGIN and PLAIN",
      services: ["james", "ldap"],
      skip: context.passwords.imap ? nobody : PASSWORDS_OFF,
    },
    async () => {
      accepted(await loginImapByCommand(context.imap, user.mail, password), "LOGIN").close();
      accepted(await loginImap(context.imap, context.plain(password)), "AUTHENTICATE PLAIN").close();
    },
  );
  plan.step(
    {
      id: "basic.smtp",
      title: "Password: SMTP PLAIN",
      services: ["james", "ldap"],
      skip: context.passwords.smtp ? nobody : PASSWORDS_OFF,
    },
    async () => accepted(await loginSmtp(context.smtp, context.plain(password)), "AUTH PLAIN").close(),
  );
}

/**
 * Selects the inbox anew each time. A user's first mail and first login make the inbox at the same moment, and James then
 * answers NO to one of them; and it finds a mail that came after the selection before it lets it be fetched.
 */
async function findInInbox(imap: ImapFlow, subject: string): Promise<number> {
  await imap.mailboxOpen("INBOX");
  const uid = await search(imap, subject);
  expect(uid !== undefined, "the mail did not arrive");
  return uid;
}

async function search(imap: ImapFlow, subject: string): Promise<number | undefined> {
  const uids = await imap.search({ subject }, { uid: true });
  return uids ? uids[0] : undefined;
}
