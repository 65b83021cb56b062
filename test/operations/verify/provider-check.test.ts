import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../../constructs/workload/secret";
import { ExitCode, KitError } from "../../../kit/errors";
import type { Deployment } from "../../../operations/deployment/deployment";
import { checkProviders } from "../../../operations/verify/provider-check";

type Answer = (answer: ServerResponse) => void;

let says: { discovery?: object | Answer; introspection?: object | Answer; login?: Answer } = {};
let url = "";

const server = createServer(({ url: path = "" }, answer) => {
  const good = {
    ...{ issuer: url, jwks_uri: `${url}/jwks`, introspection_endpoint: `${url}/introspect` },
    authorization_endpoint: `${url}/login`,
  };
  const said = path.startsWith("/introspect")
    ? (says.introspection ?? { active: false })
    : path.startsWith("/login")
      ? (says.login ?? {})
      : (says.discovery ?? {});
  if (typeof said === "function") (said as Answer)(answer);
  else answer.end(JSON.stringify(path.startsWith("/.well-known") ? { ...good, ...said } : said));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function refusal(said: typeof says): Promise<KitError | undefined> {
  says = said;
  const realm = {
    ...{ provision: "nothing", existing: true, secretPrefix: "" },
    oidc: {
      ...{ issuer: url, jwksUrl: `${url}/jwks`, introspectionUrl: `${url}/introspect` },
      discoveryUrl: `${url}/.well-known/openid-configuration`,
    },
    clients: {
      oidc: { redirectUris: ["http://localhost:3000/callback"] },
      thunderbird: { redirectUris: [] },
      others: [],
    },
  };
  const secrets = { get: (name: string) => new Secret(name, "of james") };
  try {
    await checkProviders({ environment: { platform: { realms: [realm] } }, secrets } as never as Deployment);
    return undefined;
  } catch (error) {
    if (error instanceof KitError) return error;
    throw error;
  }
}

const status = (code: number, location?: string): Answer => {
  return (answer) => answer.writeHead(code, location === undefined ? {} : { location }).end("no JSON");
};

describe("an OpenID provider that is not the kit's", () => {
  it("is as the environment says", async () => {
    expect(await refusal({})).toBeUndefined();
  });

  it.each<[string, typeof says, string]>([
    ["another issuer", { discovery: { issuer: "https://other.test" } }, "the provider says otherwise"],
    ["no page to log in", { discovery: { authorization_endpoint: undefined } }, "does not say where people"],
    ["a page that is none", { discovery: { authorization_endpoint: "/login" } }, "does not say where people"],
    ["no discovery document", { discovery: status(404) }, "there is no discovery document"],
    ["another page in its place", { discovery: status(200) }, "there is no discovery document"],
    ["a client that may not ask", { introspection: status(401) }, "cannot ask about tokens"],
    ["an answer that is none", { introspection: status(200) }, "cannot ask about tokens"],
    ["whatever token is active", { introspection: { active: true } }, "cannot ask about tokens"],
    ["an unknown client", { login: status(400) }, "no login: the client is not there"],
    [
      "a refusal on the way back",
      { login: status(302, "http://localhost:3000/callback?error=unauthorized_client") },
      "no login: unauthorized_client",
    ],
  ])("%s is told", async (_, said, what) => {
    const refused = await refusal(said);
    expect(refused?.problems).toEqual([
      expect.objectContaining({ what: expect.stringContaining(what) as string }),
    ]);
    expect(refused?.exitCode).not.toBe(ExitCode.machine);
  });

  it.each<[string, typeof says, RegExp]>([
    ["an error of its own", { discovery: status(503) }, /^it answers 503$/],
    ["the same when it is asked about tokens", { introspection: status(500) }, /^it answers 500$/],
    [
      "an end amid the answer",
      { discovery: (answer) => answer.writeHead(200).write("{", () => answer.destroy()) },
      /./,
    ],
  ])("%s is no answer", async (_, said, what) => {
    const refused = await refusal(said);
    expect(refused?.summary).toBe("the OpenID provider does not answer");
    expect(refused?.problems).toEqual([
      expect.objectContaining({ what: expect.stringMatching(what) as string }),
    ]);
    expect(refused?.exitCode).toBe(ExitCode.machine);
  });
});
