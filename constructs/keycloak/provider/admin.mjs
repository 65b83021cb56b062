// What Keycloak's Terraform provider cannot do, by Keycloak's admin API. Terraform runs it with values in the environment.

// Node 20's own never settles when the other side takes a connection and closes it, as Docker does for a port on which
// nothing listens yet.
import { Agent, fetch } from "undici";

const { env } = process;
const url = env.KIT_KEYCLOAK_URL;
const adminRealm = encodeURIComponent(env.KIT_KEYCLOAK_REALM);
const dispatcher = new Agent(env.KIT_KEYCLOAK_CA ? { connect: { ca: env.KIT_KEYCLOAK_CA } } : {});

const commands = {
  /** Waits until Keycloak answers. */
  async wait() {
    const end = Date.now() + Number(env.KIT_TIMEOUT_SECONDS) * 1000;
    let seen = "";
    while (Date.now() < end) {
      try {
        const response = await fetch(`${url}/realms/${adminRealm}/.well-known/openid-configuration`, {
          dispatcher,
          signal: AbortSignal.timeout(5000),
        });
        if (response.ok) return;
        seen = `it answers ${response.status}`;
      } catch (error) {
        seen = error.cause?.code ?? error.message;
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`Keycloak at ${url} does not answer: ${seen}`);
  },

  /**
   * Removes the client scopes and client registration policies that Keycloak makes in a new realm, as an import of a
   * realm with some of its own does, except those to keep. Without any scopes, the last is renamed, since Keycloak does
   * not let a realm be without scopes. Only a realm that nothing was put into yet is touched.
   */
  async empty() {
    if (env.KIT_EXISTING) return;
    const realm = `/admin/realms/${encodeURIComponent(env.KIT_REALM)}`;
    const own = JSON.parse(env.KIT_OWN_CLIENTS);
    const clients = await request("GET", `${realm}/clients`);
    const users = await request("GET", `${realm}/users/count`);
    if (users > 0 || clients.some(({ clientId }) => !own.includes(clientId))) {
      console.log(`realm ${env.KIT_REALM} is in use: its client scopes stay`);
      return;
    }
    const policies = JSON.parse(env.KIT_POLICIES);
    const isPolicy = ({ providerType }) => providerType?.endsWith(".ClientRegistrationPolicy");
    for (const { id, name, subType } of (await request("GET", `${realm}/components`)).filter(isPolicy)) {
      if (policies && !policies.includes(`${subType} ${name}`)) {
        await request("DELETE", `${realm}/components/${id}`);
      }
    }
    if (!env.KIT_KEEP) return;
    const scopes = await request("GET", `${realm}/client-scopes`);
    const keep = JSON.parse(env.KIT_KEEP);
    const removed = scopes.filter(({ name }) => !keep.includes(name));
    if (removed.length === scopes.length) {
      const last = removed.pop();
      await request("PUT", `${realm}/client-scopes/${last.id}`, { ...last, name: env.KIT_PLACEHOLDER });
    }
    for (const { id } of removed) await request("DELETE", `${realm}/client-scopes/${id}`);
    // An import makes them after Keycloak's own clients, which do not have them then.
    for (const { id, bearerOnly } of clients) {
      if (!bearerOnly) await detach(`${realm}/clients/${id}/optional-client-scopes`, keep);
    }
  },

  /** Takes optional scopes from a client, by their names: a new one has those of the realm. */
  async detach() {
    await detach(
      `/admin/realms/${encodeURIComponent(env.KIT_REALM)}/clients/${env.KIT_CLIENT}/optional-client-scopes`,
      JSON.parse(env.KIT_SCOPES),
    );
  },

  /** Removes a client scope by its name. */
  async removeScope() {
    const scopes = `/admin/realms/${encodeURIComponent(env.KIT_REALM)}/client-scopes`;
    for (const { id, name } of await request("GET", scopes)) {
      if (name === env.KIT_PLACEHOLDER) await request("DELETE", `${scopes}/${id}`);
    }
  },

  /** Takes the role that everybody has from a user. */
  async revoke() {
    const realm = `/admin/realms/${encodeURIComponent(env.KIT_REALM)}`;
    const { defaultRole } = await request("GET", realm);
    await request("DELETE", `${realm}/users/${env.KIT_USER}/role-mappings/realm`, [defaultRole]);
  },

  /** Puts fields into a client. */
  async client() {
    const clients = `/admin/realms/${encodeURIComponent(env.KIT_REALM)}/clients`;
    const [client] = await request("GET", `${clients}?clientId=${encodeURIComponent(env.KIT_CLIENT)}`);
    if (client) await request("PUT", `${clients}/${client.id}`, { ...client, ...JSON.parse(env.KIT_FIELDS) });
  },

  /** Puts fields into an object of the API. */
  async merge() {
    const path = `/admin/realms/${env.KIT_PATH}`;
    await request("PUT", path, { ...(await request("GET", path)), ...JSON.parse(env.KIT_FIELDS) });
  },

  /** Puts a secret into an object of the API. */
  async secret() {
    const path = `/admin/realms/${env.KIT_PATH}`;
    const object = await request("GET", path);
    const keys = env.KIT_FIELD.split(".");
    const last = keys.pop();
    let inner = object;
    for (const key of keys) inner = inner[key] ??= {};
    inner[last] = Array.isArray(inner[last]) ? [env.KIT_VALUE] : env.KIT_VALUE;
    await request("PUT", path, env.KIT_WHOLE === "no" ? { [keys[0]]: object[keys[0]] } : object);
  },
};

async function detach(scopes, names) {
  for (const { id, name } of await request("GET", scopes)) {
    if (names.includes(name)) await request("DELETE", `${scopes}/${id}`);
  }
}

let token;
/** When it is to be replaced: tokens of master live a minute. */
let stale = 0;

async function request(method, path, body) {
  if (Date.now() >= stale) {
    stale = Date.now() + 30_000;
    token = await login();
  }
  const response = await fetch(`${url}${path}`, {
    dispatcher,
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  // What a request that was cut off has done before is done.
  if (method === "DELETE" && response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

async function login() {
  const response = await fetch(`${url}/realms/${adminRealm}/protocol/openid-connect/token`, {
    dispatcher,
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "admin-cli",
      username: env.KIT_KEYCLOAK_USER,
      password: env.KIT_KEYCLOAK_PASSWORD,
    }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`Keycloak refuses its administrator: ${response.status}`);
  return (await response.json()).access_token;
}

// Node ends when nothing is left to wait for, also when the command is not done.
process.exitCode = 1;
commands[env.KIT_COMMAND]().then(
  () => {
    process.exitCode = 0;
  },
  (error) => console.error(error.message),
);
