import { loginImap, loginSmtp } from "../clients/login";
import { codeGrant, createClient, discover, logOut } from "../clients/oidc";
import { xoauth2 } from "../clients/sasl";
import { bearer, providerOf, type SmokeContext, scopeOf } from "./context";
import { expect, refused } from "./expect";
import { notRefused, statusOf } from "./gateway-probe";
import type { Plan } from "./plan";

/** With several realms: somebody of another one must stay outside, with a good token and with a good password. */
export function otherRealmSteps(plan: Plan, context: SmokeContext): void {
  const { target, http } = context;
  const { stranger } = target;
  if (!stranger) return;

  plan.step(
    {
      id: "refused.other-realm",
      title: "token and password of another realm refused",
      services: ["gateway", "james", "keycloak"],
      after: [...plan.steps],
    },
    async (_, say) => {
      const { user, codeClient } = stranger;
      const server = await discover(http, stranger.ssoUrl);
      const client = await createClient(http, server, codeClient);
      const provider = providerOf(stranger);
      const { redirectUri } = codeClient;
      const tokens = await codeGrant(http, client, user, { redirectUri, scope: scopeOf(provider) });
      const { accessToken } = tokens;
      try {
        const problems = await notRefused(context, bearer(accessToken));
        expect(problems.length === 0, problems.join("; "));
        // As oneself, and as the user of this realm.
        for (const mail of [user.mail, context.user.mail]) {
          const message = xoauth2(mail, accessToken);
          refused(await loginImap(context.imap, message), `the token for ${mail}, by IMAP,`);
          refused(await loginSmtp(context.smtp, message), `the token for ${mail}, by SMTP,`);
        }
      } finally {
        await logOut(http, server, codeClient, tokens, provider.kind);
      }
      const credentials = Buffer.from(`${user.mail}:${user.password.reveal()}`, "utf8").toString("base64");
      const headers = { authorization: `Basic ${credentials}` };
      const status = await statusOf(context, "/jmap/session", { headers });
      expect(
        status === (context.passwords.jmap ? 401 : 404),
        `GET /jmap/session answered ${status} to the password`,
      );
      say(`${user.mail}: gateway, IMAP, SMTP; Basic`);
    },
  );
}
