import { isAtLeast } from "../../../../kit/release";
import { bareRealm } from "../../compare/bare-realm";
import { componentType } from "../../representation/component-type";
import { type Editable, forEachObject } from "../export/representation-objects";
import { separateAlternatives } from "./flow-upgrade";

/** What newer releases add to older realms, so that they go on working: what Keycloak does at such an import. */
interface Upgrade {
  /** First release that has it. */
  readonly since: string;
  readonly apply: (realm: Editable) => string | undefined;
}

const upgrades: readonly Upgrade[] = [
  { since: "8.0.2", apply: separateAlternatives },
  { since: "9.0.0", apply: addAccountConsole },
  { since: "18.0.0", apply: (realm) => addScope(realm, "acr") },
  { since: "20.0.0", apply: addViewGroups },
  { since: "24.0.3", apply: (realm) => addRequiredAction(realm, "delete_credential") },
  { since: "25.0.0", apply: (realm) => addScope(realm, "basic") },
  { since: "26.0.0", apply: makeAdminTokensLight },
  { since: "26.3.0", apply: (realm) => addRequiredAction(realm, "idp_link") },
  { since: "26.7.0", apply: keepLdapValueForms },
  { since: "26.7.0", apply: askForEmailFirst },
];

/**
 * Adds what Keycloak adds when it imports a realm of an older release, in place.
 *
 * @returns what was added
 */
export function upgrade(realm: Editable, release: string): string[] {
  return upgrades.flatMap(({ since, apply }) => (isAtLeast(release, since) ? [] : (apply(realm) ?? [])));
}

function addViewGroups(realm: Editable): string | undefined {
  const roles = (realm.roles as { client?: Record<string, Editable[]> } | undefined)?.client;
  if (!roles?.account || roles.account.some(({ name }) => name === "view-groups")) return undefined;
  roles.account = [
    ...roles.account,
    { name: "view-groups", description: "${role_view-groups}", clientRole: true },
  ];
  const mappings = (realm.clientScopeMappings as Record<string, Editable[]> | undefined)?.account;
  const console = mappings?.find(({ client }) => client === "account-console");
  if (console) console.roles = [...((console.roles as string[] | undefined) ?? []), "view-groups"];
  return "role view-groups of client account, which the account console needs";
}

function addRequiredAction(realm: Editable, alias: string): string | undefined {
  const actions = realm.requiredActions as Editable[] | undefined;
  if (!actions || actions.some((one) => one.alias === alias)) return undefined;
  const own = (bareRealm("").requiredActions ?? []) as unknown as Editable[];
  realm.requiredActions = [...actions, ...own.filter((one) => one.alias === alias)];
  return `required action ${alias}`;
}

/** The account console of releases from 9 on, and what its API asks for. */
function addAccountConsole(realm: Editable): string | undefined {
  const clients = realm.clients as Editable[] | undefined;
  const isThere = (clientId: string) => clients?.some((one) => one.clientId === clientId);
  if (!clients || !isThere("account")) return undefined;
  const bare = bareRealm(String(realm.realm));
  const missing = ["view-applications", "view-consent", "manage-consent"];
  realm.roles ??= {};
  const roles = realm.roles as { client?: Record<string, Editable[]> };
  const own = roles.client?.account ?? [];
  const added = ((bare.roles?.client as unknown as Record<string, Editable[]>)?.account ?? []).filter(
    ({ name }) => missing.includes(String(name)) && !own.some((role) => role.name === name),
  );
  roles.client = { ...roles.client, account: [...own, ...added] };
  if (isThere("account-console")) return undefined;
  const console = bare.clients?.find(({ clientId }) => clientId === "account-console");
  const { defaultClientScopes: _, optionalClientScopes: __, ...client } = console as unknown as Editable;
  realm.clients = [...clients, client];
  const mappings = (realm.clientScopeMappings ?? {}) as Record<string, Editable[]>;
  const mapping = { client: "account-console", roles: ["manage-account"] };
  realm.clientScopeMappings = { ...mappings, account: [...(mappings.account ?? []), mapping] };
  return "client account-console";
}

/** A new user's address is verified before anything else is set up. */
function askForEmailFirst(realm: Editable): undefined {
  const actions = (realm.requiredActions ?? []) as Editable[];
  const of = (alias: string) => actions.find((one) => one.alias === alias);
  const [email, ...later] = ["VERIFY_EMAIL", "CONFIGURE_TOTP", "UPDATE_PASSWORD"].map(of);
  if (!email) return;
  const [otp, password] = later.map((action) => Number(action?.priority));
  if (email.priority === 50 && otp === 10 && password === 30) {
    for (const [index, action] of later.entries()) Object.assign(action ?? {}, { priority: [54, 57][index] });
    return;
  }
  const taken = new Set(actions.map(({ priority }) => Number(priority)));
  let next = Number(email.priority);
  for (const action of later.filter((one) => one !== undefined)) {
    do next += 1;
    while (taken.has(next));
    action.priority = next;
  }
}

/** Newer mappers read values as older ones did only where their configuration says so. */
function keepLdapValueForms(realm: Editable): undefined {
  forEachObject(realm, (kind, object, path) => {
    if (kind !== "component" || !path.includes(`[${componentType.ldapMapper}]`)) return;
    const config = { ...(object.config as Record<string, string[]> | undefined) };
    if (object.providerId === "group-ldap-mapper") config["decode.group.uuid.attribute"] ??= ["false"];
    if (object.providerId === "user-attribute-ldap-mapper" && config["is.binary.attribute"]?.[0] === "true") {
      config["binary.attribute.decoder"] ??= ["base64"];
    }
    object.config = config;
  });
}

/** Administrators' tokens would otherwise outgrow a header: https://www.keycloak.org/docs/latest/upgrading/ */
function makeAdminTokensLight(realm: Editable): string | undefined {
  const clients = ((realm.clients ?? []) as Editable[]).filter(
    ({ clientId, fullScopeAllowed }) =>
      (clientId === "admin-cli" || clientId === "security-admin-console") && fullScopeAllowed === false,
  );
  for (const client of clients) {
    client.fullScopeAllowed = true;
    client.attributes = {
      ...(client.attributes as Editable | undefined),
      "client.use.lightweight.access.token.enabled": "true",
    };
  }
  return clients.length > 0 ? "lightweight tokens of Keycloak's own consoles" : undefined;
}

/** A client scope of Keycloak's own that all clients have by default: without it tokens lack what they had. */
function addScope(realm: Editable, name: string): string | undefined {
  const scopes = realm.clientScopes as Editable[] | undefined;
  if (!scopes || scopes.some((scope) => scope.name === name)) return undefined;
  const own = bareRealm("").clientScopes?.find((scope) => scope.name === name);
  realm.clientScopes = [...scopes, structuredClone(own)];
  realm.defaultDefaultClientScopes = [
    ...((realm.defaultDefaultClientScopes as string[] | undefined) ?? []),
    name,
  ];
  for (const client of (realm.clients ?? []) as Editable[]) {
    const isOpenid = client.protocol === undefined || client.protocol === "openid-connect";
    if (isOpenid && client.bearerOnly !== true && Array.isArray(client.defaultClientScopes)) {
      client.defaultClientScopes = [...client.defaultClientScopes, name];
    }
  }
  return `client scope ${name}, which all clients have by default`;
}
