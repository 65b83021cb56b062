import { randomBytes } from "node:crypto";
import { loginSieve } from "../clients/login";
import type { Tokens } from "../clients/oidc";
import type { SaslMessage } from "../clients/sasl";
import { deleteScript, listScripts, putScript } from "../clients/sieve";
import type { SmokeContext } from "./context";
import { accepted, expect, PASSWORDS_OFF } from "./expect";
import type { Plan, Step } from "./plan";

const WITHOUT_OIDC =
  "the running James has no OIDC on ManageSieve and would hang if asked; PLAIN is used below";

export function sieveSteps(plan: Plan, context: SmokeContext, tokens: Step<Tokens>): void {
  const skip = context.target.capabilities.sieveOidc ? undefined : WITHOUT_OIDC;
  plan.step(
    {
      id: "sieve.xoauth2",
      title: "ManageSieve: script with XOAUTH2",
      services: ["james", "keycloak"],
      needs: { tokens },
      skip,
    },
    ({ tokens }) => storeScript(context, context.xoauth2(tokens.accessToken)),
  );
  plan.step(
    {
      id: "sieve.oauthbearer",
      title: "ManageSieve: login with OAUTHBEARER",
      services: ["james", "keycloak"],
      needs: { tokens },
      skip,
    },
    async ({ tokens }) =>
      accepted(await loginSieve(context.sieve, context.oauthBearer(tokens.accessToken)), "the token").close(),
  );
  plan.step(
    {
      id: "sieve.plain",
      title: "ManageSieve: script with PLAIN",
      services: ["james", "ldap"],
      skip: context.passwords.sieve ? context.nobody : PASSWORDS_OFF,
    },
    () => storeScript(context, context.plain(context.user.password.reveal())),
  );
}

/** Puts a script that does nothing, finds it in the list, deletes it. It is never made the active one. */
async function storeScript({ sieve }: SmokeContext, sasl: SaslMessage): Promise<void> {
  const name = `smoke-${randomBytes(6).toString("hex")}`;
  const lines = accepted(await loginSieve(sieve, sasl), sasl.mechanism);
  try {
    await putScript(lines, name, "keep;\r\n");
    const listed = (await listScripts(lines)).includes(name);
    await deleteScript(lines, name);
    expect(listed, "the list does not name the script that was put");
    expect(!(await listScripts(lines)).includes(name), "the script is still listed after its deletion");
  } finally {
    lines.close();
  }
}
