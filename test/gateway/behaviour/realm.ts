import type { Tokens } from "./behaviour";
import { type EchoUpstream, mailUser, partnerUser } from "./echo-upstream";
import { claims, realmKeyProvider } from "./forged-tokens";

/** The gateway's client in the test realms. */
export const resourceServer = {
  clientId: "james",
  // What configuration syntaxes, form encoding and HTTP Basic could each break. (Keycloak's import replaces `${…}`.)
  clientSecret: `s3cret "q\\uote" $PATH $1 %41 &=+#';<`,
};

const audience = {
  name: "audience",
  protocol: "openid-connect",
  protocolMapper: "oidc-audience-mapper",
  config: {
    "included.client.audience": resourceServer.clientId,
    "access.token.claim": "true",
    // So that only its type tells an ID token from an access token.
    "id.token.claim": "true",
    "introspection.token.claim": "true",
  },
};

/** Users that an upstream would read as others, or not at all (constructs/mail-address.ts). */
export const unspeakable = [
  "zoë@localhost",
  "a,b@localhost",
  "<a>@localhost",
  'a"b@localhost',
  "a..b@localhost",
  "bob",
];

/** Keycloak gives no user such an address; other realms may. */
function emailOf(address: string) {
  return {
    name: "email",
    protocol: "openid-connect",
    protocolMapper: "oidc-hardcoded-claim-mapper",
    config: {
      "claim.name": "email",
      "claim.value": address,
      "jsonType.label": "String",
      "access.token.claim": "true",
      "introspection.token.claim": "true",
    },
  };
}

function publicClient(clientId: string, more: object = {}) {
  return { clientId, enabled: true, publicClient: true, directAccessGrantsEnabled: true, ...more };
}

/**
 * A realm with the users `mailUser` and `partnerUser`, and client `mail`, whose tokens are for mail; `short`, whose tokens
 * live 2 s; `as-…`, whose tokens name an `unspeakable` user; `other`, whose tokens are not for mail; and `told`, like it.
 * Logouts of `mail` and `told` are sent to the upstream.
 */
export function testRealm(name: string, logoutUrl: string) {
  const told = {
    attributes: { "backchannel.logout.url": logoutUrl, "backchannel.logout.session.required": "true" },
  };
  return {
    realm: name,
    enabled: true,
    sslRequired: "none",
    components: {
      "org.keycloak.keys.KeyProvider": [
        realmKeyProvider,
        { name: "signs", providerId: "rsa-generated", config: { priority: ["100"] } },
        { name: "secrets", providerId: "hmac-generated", config: { algorithm: ["HS512"] } },
        { name: "cookies", providerId: "aes-generated", config: {} },
      ],
    },
    clients: [
      {
        clientId: resourceServer.clientId,
        secret: resourceServer.clientSecret,
        enabled: true,
        publicClient: false,
        standardFlowEnabled: false,
      },
      publicClient("mail", { protocolMappers: [audience], ...told }),
      publicClient("short", { protocolMappers: [audience], attributes: { "access.token.lifespan": "2" } }),
      publicClient("other"),
      publicClient("told", told),
      ...unspeakable.map((address, index) =>
        publicClient(`as-${index}`, {
          protocolMappers: [audience, emailOf(address)],
          // Without `email`, which has a mapper for the claim too.
          defaultClientScopes: ["basic"],
          optionalClientScopes: [],
        }),
      ),
    ],
    users: [mailUser, partnerUser].map(({ address, password }) => ({
      username: address,
      email: address,
      emailVerified: true,
      firstName: "Bob",
      lastName: "Example",
      enabled: true,
      credentials: [{ type: "password", value: password }],
    })),
  };
}

/** Logins at test realms of a Keycloak. */
export function realmClient(keycloakUrl: string) {
  const post = async (realm: string, endpoint: string, form: Record<string, string>): Promise<Response> => {
    const url = `${keycloakUrl}/realms/${realm}/protocol/openid-connect/${endpoint}`;
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(20_000),
    });
    if (!response.ok) throw new Error(`${endpoint} of ${realm}: ${response.status} ${await response.text()}`);
    return response;
  };
  const login = async (
    client: string,
    realm = "oidc",
    user = mailUser,
    scope = "openid email",
  ): Promise<Tokens> => {
    const response = await post(realm, "token", {
      grant_type: "password",
      client_id: client,
      username: user.address,
      password: user.password,
      scope,
    });
    const body = (await response.json()) as Record<"access_token" | "id_token" | "refresh_token", string>;
    return { access: body.access_token, id: body.id_token, refresh: body.refresh_token };
  };
  const logout = async ({ refresh }: Tokens, client: string, realm = "oidc"): Promise<void> => {
    await post(realm, "logout", { client_id: client, refresh_token: refresh });
  };
  return {
    login,
    loginAs: (address: string) => login(`as-${unspeakable.indexOf(address)}`, "oidc", mailUser, "openid"),
    logout,
    /** Ends a session of a client, and gives what Keycloak says of it on the back channel. */
    async logoutToken(
      { logoutTokens }: EchoUpstream,
      client = "told",
      tokens?: Tokens,
      realm?: string,
    ): Promise<string> {
      const session = tokens ?? (await login(client, realm));
      const { sid } = claims(session.access);
      await logout(session, client, realm);
      const token = logoutTokens.find((one) => claims(one).sid === sid);
      if (!token) throw new Error("Keycloak sent no logout token");
      return token;
    },
  };
}
