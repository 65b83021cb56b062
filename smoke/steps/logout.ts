import { loginImap, loginSieve, loginSmtp } from "../clients/login";
import { canRefresh, createClient, logOut } from "../clients/oidc";
import { bearer, type SmokeContext } from "./context";
import { expect, refused, within } from "./expect";
import { notRefused } from "./gateway-probe";
import type { Identity } from "./identity";
import type { Plan, Step } from "./plan";

/** Ends the session, after everything else, and tries the same access token everywhere once more. */
export function logoutSteps(plan: Plan, context: SmokeContext, identity: Identity): void {
  const { target, http, provider } = context;
  const { server, tokens, passwordTokens } = identity;
  const delay = target.revocationDelay ?? 0;
  const after = [...plan.steps];

  const { passwordClient } = target;
  plan.step(
    {
      id: "logout.password",
      title: "logout of the password grant's session: 401 at the gateway",
      services: ["keycloak", "gateway"],
      needs: { server, passwordTokens },
      after,
    },
    async ({ server, passwordTokens }) => {
      const client = passwordClient ?? target.codeClient;
      expectNoContent(await logOut(http, server, client, passwordTokens));
      await within(delay, () => expectRefused(context, passwordTokens.accessToken));
    },
  );

  const loggedOut: Step<string> = plan.step(
    {
      id: "logout",
      title:
        provider.kind === "keycloak"
          ? "logout with the refresh token"
          : "logout as a browser, with the ID token",
      services: ["keycloak", "gateway"],
      needs: { server, tokens },
      after,
      skip: provider.hearsLogouts
        ? undefined
        : "nobody can be asked about this provider's tokens: they are good until they expire",
    },
    async ({ server, tokens }, say) => {
      const { codeClient } = target;
      const status = await logOut(http, server, codeClient, tokens, provider.kind);
      if (provider.kind === "keycloak") expectNoContent(status);
      else expect(status < 500, `the provider answered ${status}`);
      const { refreshToken } = tokens;
      if (refreshToken !== undefined) {
        const client = await createClient(http, server, codeClient);
        expect(!(await canRefresh(client, refreshToken)), "the refresh token still works");
      }
      say(delay > 0 ? `${status}; the token may live ${delay} s longer` : `${status}`);
      return tokens.accessToken;
    },
  );

  const needs = { token: loggedOut };
  plan.step(
    {
      id: "logout.gateway",
      title: "same token: 401 at the gateway",
      services: ["gateway", "keycloak"],
      needs,
    },
    async ({ token }, say) => {
      await within(delay, () => expectRefused(context, token));
      say("session, API, upload, download, WebSocket");
    },
  );
  for (const [id, name, login] of [
    ["imap", "IMAP", loginImap],
    ["smtp", "SMTP", loginSmtp],
    ["sieve", "ManageSieve", loginSieve],
  ] as const) {
    const unable = id === "sieve" && !target.capabilities.sieveOidc;
    plan.step(
      {
        id: `logout.${id}`,
        title: `same token: refused by ${name}`,
        services: ["james", "keycloak"],
        needs,
        skip: unable ? "the running James takes no tokens on ManageSieve" : undefined,
      },
      async ({ token }, say) => {
        const mechanisms = [
          context.xoauth2(token),
          ...(target.capabilities.oauthbearerRfc7628 ? [context.oauthBearer(token)] : []),
        ];
        for (const sasl of mechanisms)
          await within(delay, async () =>
            refused(await login(context[id], sasl), `the token with ${sasl.mechanism}`),
          );
        say(mechanisms.map(({ mechanism }) => mechanism).join(", "));
      },
    );
  }
}

async function expectRefused(context: SmokeContext, token: string): Promise<void> {
  const problems = await notRefused(context, bearer(token));
  expect(problems.length === 0, problems.join("; "));
}

function expectNoContent(status: number): void {
  expect(status === 204, `Keycloak answered ${status}, not 204`);
}
