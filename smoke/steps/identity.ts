import { setTimeout } from "node:timers/promises";
import type { ServerMetadata } from "openid-client";
import { codeGrant, createClient, discover, passwordGrant, type Tokens } from "../clients/oidc";
import { type SmokeContext, scopeOf } from "./context";
import { expect } from "./expect";
import type { Plan, Step } from "./plan";

/**
 * Milliseconds after which Keycloak takes a second wrong password for a person's mistake. Two sooner than that lock the
 * user for a minute, and the next run of the smoke test would fail for it.
 */
const QUICK_LOGIN = 1_100;

export interface Identity {
  readonly server: Step<ServerMetadata>;
  readonly passwordTokens: Step<Tokens>;
  /** The tokens that the other steps use. */
  readonly tokens: Step<Tokens>;
}

export function identitySteps(plan: Plan, context: SmokeContext): Identity {
  const { target, http, user, nobody, provider } = context;
  const { passwordClient, codeClient } = target;

  const server = plan.step(
    { id: "sso.discovery", title: "discovery document and signing keys", services: ["keycloak"] },
    async (_, say) => {
      const metadata = await discover(http, target.ssoUrl);
      expect(
        metadata.code_challenge_methods_supported?.includes("S256") === true,
        "the server does not offer PKCE with S256",
      );
      expect(metadata.jwks_uri !== undefined, "the discovery document names no jwks_uri");
      const keys = (await (await http.fetch(metadata.jwks_uri)).json()) as { keys: { use?: string }[] };
      const signing = keys.keys.filter(({ use = "sig" }) => use === "sig").length;
      expect(signing > 0, "the server publishes no signing key");
      say(`${metadata.issuer}, ${signing} signing key${signing > 1 ? "s" : ""}`);
      return metadata;
    },
  );

  const passwordTokens = plan.step(
    {
      id: "sso.password",
      title: "token by password grant",
      services: ["keycloak", "ldap"],
      needs: { server },
      skip: passwordClient ? nobody : "no client of this environment has direct access grants",
    },
    async ({ server }) => {
      // The step is left out without it.
      const client = await createClient(http, server, passwordClient ?? codeClient);
      try {
        const tokens = await passwordGrant(client, user);
        checkAccessToken(tokens, context);
        return tokens;
      } catch (error) {
        await setTimeout(QUICK_LOGIN);
        throw error;
      }
    },
  );

  const tokens = plan.step(
    {
      id: "sso.code",
      title: "token by authorization code with PKCE",
      services: ["keycloak", "ldap"],
      needs: { server },
      // Keycloak's brute force protection refuses a user's login while another one is being checked.
      after: [passwordTokens],
      skip: nobody,
    },
    async ({ server }, say) => {
      const client = await createClient(http, server, codeClient);
      const { redirectUri } = codeClient;
      const tokens = await codeGrant(http, client, user, { redirectUri, scope: scopeOf(provider) });
      checkAccessToken(tokens, context);
      const { idToken, claims } = tokens;
      if (provider.kind === "keycloak") {
        expect(idToken.email === user.mail, `the ID token's email is ${JSON.stringify(idToken.email)}`);
        expect(idToken.sid === claims.sid, "the sid of ID token and access token differ");
      }
      say(`audience ${[claims.aud].flat().join(", ")}`);
      return tokens;
    },
  );

  return { server, passwordTokens, tokens };
}

/** What James and the gateway read of it. */
function checkAccessToken({ claims }: Tokens, { user: { mail }, provider }: SmokeContext): void {
  const { kind, userClaim } = provider;
  const claimed = claims[userClaim];
  expect(claimed === mail, `the access token's ${userClaim} is ${JSON.stringify(claimed)}, not ${mail}`);
  if (kind === "keycloak") {
    expect(typeof claims.sid === "string", "the access token has no sid, which logout needs");
  }
  expect(claims.aud !== undefined, "the access token has no audience: James and the gateway refuse it");
}
