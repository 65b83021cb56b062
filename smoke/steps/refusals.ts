import { randomBytes } from "node:crypto";
import type { PasswordProtocol } from "../../constructs/james/james-config";
import { loginImap, loginImapByCommand, loginSieve, loginSmtp } from "../clients/login";
import type { Tokens } from "../clients/oidc";
import { bearer, type SmokeContext } from "./context";
import { expect, refused } from "./expect";
import { notRefused, statusOf } from "./gateway-probe";
import type { Plan, Step } from "./plan";

/** Who must stay outside. Last, so that what is refused on purpose is not in the logs that explain other failures. */
export function refusalSteps(plan: Plan, context: SmokeContext, tokens: Step<Tokens>): void {
  const { passwords, target } = context;
  const { mail, password } = context.user;
  const session = passwords.jmap ? 401 : 404;
  const after = [...plan.steps];

  plan.step(
    {
      id: "refused.password",
      title: "wrong password refused everywhere, any password where none is taken",
      services: ["james", "gateway", "ldap"],
      after,
      skip: context.nobody,
    },
    async (_, say) => {
      const wrong = `wrong-${randomBytes(6).toString("hex")}`;
      const shown = (protocol: PasswordProtocol) => (passwords[protocol] ? wrong : password.reveal());
      const status = await statusOf(context, "/jmap/session", {
        headers: { authorization: context.basic(shown("jmap")) },
      });
      expect(status === session, `GET /jmap/session answered ${status}`);
      refused(await loginImapByCommand(context.imap, mail, shown("imap")), "IMAP LOGIN");
      refused(await loginImap(context.imap, context.plain(shown("imap"))), "IMAP PLAIN");
      refused(await loginSmtp(context.smtp, context.plain(shown("smtp"))), "SMTP PLAIN");
      const sieve = passwords.sieve || target.capabilities.sieveOidc;
      if (sieve) refused(await loginSieve(context.sieve, context.plain(shown("sieve"))), "ManageSieve PLAIN");
      say(`Basic, IMAP, SMTP${sieve ? ", ManageSieve" : ""}`);
    },
  );

  plan.step(
    { id: "refused.no-token", title: "no token: 401 at the gateway", services: ["gateway"], after },
    async () => expectNone(await notRefused(context, undefined)),
  );

  plan.step(
    {
      id: "refused.tampered",
      title: "token with a wrong signature refused",
      services: ["gateway", "james"],
      needs: { tokens },
      after,
    },
    async ({ tokens }, say) => {
      const token = tamper(tokens.accessToken);
      expectNone(await notRefused(context, bearer(token)));
      refused(await loginImap(context.imap, context.xoauth2(token)), "IMAP XOAUTH2");
      refused(await loginSmtp(context.smtp, context.xoauth2(token)), "SMTP XOAUTH2");
      say("gateway, IMAP, SMTP");
    },
  );

  plan.step(
    {
      id: "refused.x-user",
      title: "forged X-User not believed",
      services: ["gateway", "james"],
      needs: { tokens },
      after,
    },
    async ({ tokens }) => {
      const forged = { "x-user": mail, "x-user-secret": "guess", "x-userinfo": "e30=" };
      expectNone(await notRefused(context, undefined, forged));
      const status = await statusOf(context, "/jmap/session", { headers: forged });
      expect(status === session, `GET /jmap/session answered ${status} to X-User without credentials`);

      const other = { ...forged, "x-user": `someone-else@${mail.slice(mail.indexOf("@") + 1)}` };
      await expectNotOther(context, "/oidc/jmap/session", bearer(tokens.accessToken), other);
      if (passwords.jmap) await expectNotOther(context, "/jmap/session", context.basic(), other);
    },
  );
}

/** With good credentials of one user and a forged header naming another: refused, or the session of the first. */
async function expectNotOther(
  { http, target, user }: SmokeContext,
  path: string,
  authorization: string,
  forged: Record<string, string>,
): Promise<void> {
  const url = `${target.gatewayUrl}${path}`;
  const probe = await http.fetch(url, { headers: { ...forged, authorization } });
  const text = await probe.text();
  if ([400, 401, 403].includes(probe.status)) return;
  expect(probe.status === 200, `GET ${path} answered ${probe.status}`);
  const { username } = JSON.parse(text) as { username: string };
  expect(username === user.mail, `X-User made GET ${path} a session of ${username}`);
}

function expectNone(problems: readonly string[]): void {
  expect(problems.length === 0, problems.join("; "));
}

/** Another first letter of the signature: the last ones may hold bits that do not count. */
function tamper(jwt: string): string {
  const at = jwt.lastIndexOf(".") + 1;
  return `${jwt.slice(0, at)}${jwt[at] === "A" ? "B" : "A"}${jwt.slice(at + 1)}`;
}
