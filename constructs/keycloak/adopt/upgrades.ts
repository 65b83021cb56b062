import { bareRealm } from "../compare/bare-realm";
import { componentType } from "../component-type";
import type { Editable } from "./shape";

/** What newer releases add to older realms, so that they go on working: what Keycloak does at such an import. */
interface Upgrade {
  /** First major version that has it. */
  readonly since: number;
  readonly apply: (realm: Editable) => string | undefined;
}

const upgrades: readonly Upgrade[] = [
  { since: 18, apply: (realm) => addScope(realm, "acr") },
  { since: 25, apply: (realm) => addScope(realm, "basic") },
  { since: 20, apply: addViewGroups },
  { since: 26, apply: addRequiredActions },
  { since: 26, apply: makeAdminTokensLight },
  {
    since: 24,
    apply: (realm) => {
      const type = componentType.userProfile;
      const components = (realm.components ?? {}) as Record<string, unknown>;
      if (type in components) return undefined;
      realm.components = {
        ...components,
        [type]: [
          {
            providerId: "declarative-user-profile",
            config: { "kc.user.profile.config": [JSON.stringify(openUserProfile)] },
          },
        ],
      };
      return "user profile: attributes that it does not name stay possible, as before release 24";
    },
  },
];

/**
 * Adds what Keycloak adds when it imports a realm of an older release, in place.
 *
 * @param major release that exported it
 * @returns what was added
 */
export function upgrade(realm: Editable, major: number): string[] {
  return upgrades.flatMap(({ since, apply }) => (major < since ? (apply(realm) ?? []) : []));
}

/** Keycloak's own user profile, open to attributes that it does not name. */
const openUserProfile = {
  attributes: ["username", "email", "firstName", "lastName"].map((name) => ({
    name,
    displayName: `\${${name}}`,
    validations: validations(name),
    ...(name !== "username" && { required: { roles: ["user"] } }),
    permissions: { view: ["admin", "user"], edit: ["admin", "user"] },
    multivalued: false,
  })),
  groups: [
    {
      name: "user-metadata",
      displayHeader: "User metadata",
      displayDescription: "Attributes, which refer to user metadata",
    },
  ],
  unmanagedAttributePolicy: "ENABLED",
};

function validations(attribute: string): object {
  switch (attribute) {
    case "username":
      return {
        length: { min: 3, max: 255 },
        "username-prohibited-characters": {},
        "up-username-not-idn-homograph": {},
      };
    case "email":
      return { email: {}, length: { max: 255 } };
    default:
      return { length: { max: 255 }, "person-name-prohibited-characters": {} };
  }
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

function addRequiredActions(realm: Editable): string | undefined {
  const actions = realm.requiredActions as Editable[] | undefined;
  if (!actions) return undefined;
  const missing = ["delete_credential", "idp_link"].filter(
    (alias) => !actions.some((one) => one.alias === alias),
  );
  const own = (bareRealm("").requiredActions ?? []) as unknown as Editable[];
  realm.requiredActions = [...actions, ...own.filter(({ alias }) => missing.includes(String(alias)))];
  return missing.length > 0 ? `required actions ${missing.join(", ")}` : undefined;
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
