import { bareRealm } from "../compare/bare-realm";
import { isObject } from "../compare/json";
import { type Editable, forEachObject, type ObjectKind } from "./shape";

/** What became of a field of the source that is not in the result as it was. */
export interface Note {
  /** The field, or what holds it. */
  readonly path: string;
  readonly kind: "translated" | "default" | "inexpressible";
  readonly reason: string;
}

type Verdict = Omit<Note, "path">;

const translated = (reason: string): Verdict => ({ kind: "translated", reason });
const ignored = (reason: string): Verdict => ({ kind: "default", reason });
const gone = (reason: string): Verdict => ({ kind: "inexpressible", reason });

/** A field that Keycloak 26 has no more, or reads otherwise. */
interface Rule {
  readonly kind: ObjectKind;
  readonly field: string;
  /** Changes the object; undefined when there is nothing to do. */
  readonly apply: (object: Editable, value: never, realm: Editable) => Verdict | undefined;
}

/** Moves a field's value to another name, unless that is given too. */
function renamed(kind: ObjectKind, from: string, to: string, why = ""): Rule {
  return {
    kind,
    field: from,
    apply: (object, value: unknown) => {
      delete object[from];
      object[to] ??= value;
      return translated(`it is called ${to} now${why}`);
    },
  };
}

function removed(kind: ObjectKind, field: string, reason: string): Rule {
  return {
    kind,
    field,
    apply: (object) => {
      delete object[field];
      return ignored(reason);
    },
  };
}

const residentKey: Readonly<Record<string, string>> = { Yes: "required", No: "discouraged" };

/** Keycloak writes the old field beside its successor. */
function residentKeyRule(prefix: string): Rule {
  const [from, to] = [`${prefix}RequireResidentKey`, `${prefix}ResidentKey`];
  return {
    kind: "realm",
    field: from,
    apply: (realm, value: string) => {
      delete realm[from];
      if (realm[to] !== undefined) return ignored(`${to} says it`);
      if (!Object.hasOwn(residentKey, value)) return ignored("it decided nothing");
      realm[to] = residentKey[value];
      return translated(`it is called ${to} now`);
    },
  };
}

const themeSuccessors: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  adminTheme: { keycloak: "keycloak.v2", base: "keycloak.v2", "rh-sso": "keycloak.v2" },
  accountTheme: {
    keycloak: "keycloak.v3",
    base: "keycloak.v3",
    "keycloak.v2": "keycloak.v3",
    "rh-sso": "keycloak.v3",
    "rh-sso.v2": "keycloak.v3",
  },
  loginTheme: { "rh-sso": "keycloak", base: "keycloak" },
  emailTheme: { "rh-sso": "keycloak", base: "keycloak" },
};

const themeRules: Rule[] = Object.entries(themeSuccessors).map(([field, successors]) => ({
  kind: "realm",
  field,
  apply: (realm, value: string) => {
    const successor = successors[value];
    if (successor === undefined) return undefined;
    realm[field] = successor;
    return translated(`Keycloak has ${successor} instead of ${value}`);
  },
}));

/** Composite roles of the role that every user has. */
function addToDefaultRole(realm: Editable, where: "realm" | "client", names: string[], client = ""): void {
  realm.roles ??= {};
  const roles = realm.roles as { realm?: Editable[] };
  roles.realm ??= [];
  const name = String(
    (realm.defaultRole as Editable | undefined)?.name ?? `default-roles-${String(realm.realm).toLowerCase()}`,
  );
  let role = roles.realm.find((one) => one.name === name);
  if (!role) {
    role = usualDefaultRole(realm, name);
    roles.realm.push(role);
  }
  realm.defaultRole ??= { name, description: "${role_default-roles}" };
  role.composites ??= {};
  const composites = role.composites as { realm?: string[]; client?: Record<string, string[]> };
  if (where === "realm") {
    composites.realm = [...new Set([...(composites.realm ?? []), ...names])];
  } else {
    composites.client = {
      ...composites.client,
      [client]: [...new Set([...(composites.client?.[client] ?? []), ...names])],
    };
  }
}

/**
 * The default role with what Keycloak 26 puts into it when it imports an old realm: offline_access always, the others
 * unless the export has their role or client.
 */
function usualDefaultRole(realm: Editable, name: string): Editable {
  const { realm: own = [] } = realm.roles as { realm?: Editable[] };
  const bare = bareRealm(String(realm.realm));
  const usual = (bare.roles?.realm as unknown as Editable[]) ?? [];
  const missing = usual.filter(
    (role) =>
      ["offline_access", "uma_authorization"].includes(String(role.name)) && !hasNamed(own, role.name),
  );
  own.push(...missing);
  const standard = usual.find((role) => String(role.name).startsWith("default-roles-"))
    ?.composites as Editable;
  const clients = (realm.clients ?? []) as Editable[];
  return {
    name,
    description: "${role_default-roles}",
    composite: true,
    composites: {
      realm: [...new Set(["offline_access", ...missing.map((role) => role.name)])],
      ...(!clients.some(({ clientId }) => clientId === "account") && { client: standard.client }),
    },
  };
}

function hasNamed(list: readonly Editable[], name: unknown): boolean {
  return list.some((one) => one.name === name);
}

/** Clients of Keycloak 1: `name` was what `clientId` is. */
function clientsFrom(realm: Editable, field: string, more: Editable): Verdict {
  const old = realm[field] as Editable[];
  const clients = old.map(({ name, clientId, claims: _, ...rest }) => ({
    clientId: clientId ?? name,
    ...rest,
    ...more,
  }));
  realm.clients = [...((realm.clients as Editable[] | undefined) ?? []), ...clients];
  delete realm[field];
  return translated("they are clients now; which claims a token has is said by protocol mappers");
}

function toLists(config: unknown): Record<string, string[]> {
  return isObject(config)
    ? Object.fromEntries(Object.entries(config).map(([key, value]) => [key, [String(value)]]))
    : {};
}

/** What older exports have, and what Keycloak 26 has instead (its upgrading guide; observed imports). */
export const rules: readonly Rule[] = [
  {
    kind: "realm",
    field: "applications",
    apply: (realm) => clientsFrom(realm, "applications", {}),
  },
  {
    kind: "realm",
    field: "oauthClients",
    apply: (realm) => clientsFrom(realm, "oauthClients", { consentRequired: true }),
  },
  renamed("realm", "applicationScopeMappings", "clientScopeMappings"),
  renamed("realm", "clientTemplates", "clientScopes"),
  {
    kind: "realm",
    field: "defaultRoles",
    apply: (realm, names: string[]) => {
      delete realm.defaultRoles;
      addToDefaultRole(realm, "realm", names);
      return translated("they are in the composite role default-roles-… now");
    },
  },
  {
    kind: "realm",
    field: "socialProviders",
    apply: (realm, values: Record<string, string>) => {
      delete realm.socialProviders;
      const names = [...new Set(Object.keys(values).map((key) => key.split(".")[0] ?? ""))];
      const providers = names.map((alias) => ({
        alias,
        providerId: alias,
        enabled: true,
        config: { clientId: values[`${alias}.key`] ?? "", clientSecret: values[`${alias}.secret`] ?? "" },
      }));
      realm.identityProviders = [...((realm.identityProviders as unknown[] | undefined) ?? []), ...providers];
      return translated("they are identity providers now");
    },
  },
  removed("realm", "social", "identity providers are enabled one by one"),
  removed("realm", "updateProfileOnInitialSocialLogin", "the first broker login flow decides it"),
  removed("realm", "requiredCredentials", "Keycloak does not read it"),
  removed("realm", "passwordCredentialGrantAllowed", "every client says so for itself"),
  removed("realm", "codeSecret", "Keycloak does not read it"),
  {
    kind: "realm",
    field: "userFederationProviders",
    apply: (realm, old: Editable[]) => {
      const mappers = (realm.userFederationMappers ?? []) as Editable[];
      delete realm.userFederationProviders;
      delete realm.userFederationMappers;
      const federations = old.map((provider) => ({
        name: provider.displayName ?? provider.providerName,
        providerId: provider.providerName,
        config: {
          ...toLists(provider.config),
          ...toLists({
            priority: provider.priority ?? 0,
            fullSyncPeriod: provider.fullSyncPeriod ?? -1,
            changedSyncPeriod: provider.changedSyncPeriod ?? -1,
          }),
        },
        subComponents: {
          "org.keycloak.storage.ldap.mappers.LDAPStorageMapper": mappers
            .filter((mapper) => mapper.federationProviderDisplayName === provider.displayName)
            .map((mapper) => ({
              name: mapper.name,
              providerId: mapper.federationMapperType,
              config: toLists(mapper.config),
            })),
        },
      }));
      const type = "org.keycloak.storage.UserStorageProvider";
      const components = (realm.components ?? {}) as Record<string, unknown[]>;
      realm.components = { ...components, [type]: [...(components[type] ?? []), ...federations] };
      return translated("they are components now");
    },
  },
  residentKeyRule("webAuthnPolicy"),
  residentKeyRule("webAuthnPolicyPasswordless"),
  ...themeRules,
  {
    kind: "realm",
    field: "attributes",
    apply: (realm, attributes: Record<string, string>) => {
      if (!("userProfileEnabled" in attributes)) return undefined;
      const { userProfileEnabled: _, ...rest } = attributes;
      realm.attributes = rest;
      return undefined;
    },
  },
  {
    kind: "client",
    field: "defaultRoles",
    apply: (client, names: string[], realm) => {
      delete client.defaultRoles;
      addToDefaultRole(realm, "client", names, String(client.clientId));
      return translated("they are in the composite role default-roles-… now");
    },
  },
  {
    kind: "client",
    field: "directGrantsOnly",
    apply: (client, only: boolean) => {
      delete client.directGrantsOnly;
      if (!only) return ignored("standardFlowEnabled says it");
      client.directAccessGrantsEnabled ??= true;
      client.standardFlowEnabled ??= false;
      return translated("standardFlowEnabled and directAccessGrantsEnabled say it");
    },
  },
  {
    kind: "client",
    field: "clientTemplate",
    apply: (client, template: string) => {
      delete client.clientTemplate;
      client.defaultClientScopes = [
        ...((client.defaultClientScopes as string[] | undefined) ?? []),
        template,
      ];
      return translated("the template is a default client scope now");
    },
  },
  ...["useTemplateConfig", "useTemplateMappers", "useTemplateScope"].map((field) =>
    removed("client", field, "client scopes always give their mappers and roles"),
  ),
  removed("protocolMapper", "consentRequired", "client scopes ask for consent"),
  removed("protocolMapper", "consentText", "client scopes ask for consent"),
  removed("role", "scopeParamRequired", "client scopes decide it"),
  renamed("roles", "application", "client"),
  renamed("composites", "application", "client"),
  renamed("scopeMapping", "clientTemplate", "clientScope"),
  renamed("user", "applicationRoles", "clientRoles"),
  removed("user", "totp", "it follows from the credentials"),
  removed("user", "origin", "it follows from the federation"),
  {
    kind: "user",
    field: "socialLinks",
    apply: (user, links: { socialProvider: string; socialUserId: string; socialUsername: string }[]) => {
      delete user.socialLinks;
      user.federatedIdentities ??= links.map((link) => ({
        identityProvider: link.socialProvider,
        userId: link.socialUserId,
        userName: link.socialUsername,
      }));
      return translated("they are federatedIdentities now");
    },
  },
  {
    kind: "credential",
    field: "hashedSaltedValue",
    apply: (credential, value: string) => {
      const { salt, hashIterations, algorithm } = credential;
      for (const field of [
        "hashedSaltedValue",
        "salt",
        "hashIterations",
        "algorithm",
        "config",
        "counter",
        "device",
        "digits",
        "period",
      ]) {
        delete credential[field];
      }
      credential.secretData ??= JSON.stringify({ value, salt });
      credential.credentialData ??= JSON.stringify({ hashIterations, algorithm });
      return translated("secretData and credentialData hold it");
    },
  },
  {
    kind: "identityProvider",
    field: "updateProfileFirstLogin",
    apply: (provider, value: boolean) => {
      delete provider.updateProfileFirstLogin;
      provider.updateProfileFirstLoginMode ??= value ? "on" : "off";
      return translated("it is called updateProfileFirstLoginMode now");
    },
  },
  removed("identityProvider", "types", "they follow from the provider"),
  {
    kind: "identityProvider",
    field: "config",
    apply: (provider, { hideOnLoginPage, ...config }: Editable) => {
      if (hideOnLoginPage === undefined) return undefined;
      provider.config = config;
      provider.hideOnLogin ??= hideOnLoginPage === "true";
      return undefined;
    },
  },
  {
    kind: "execution",
    field: "autheticatorFlow",
    apply: (step, value: boolean) => {
      delete step.autheticatorFlow;
      step.authenticatorFlow ??= value;
      return translated("it is called authenticatorFlow now");
    },
  },
  {
    kind: "component",
    field: "config",
    apply: (component, config: Record<string, string[]>) => {
      if (component.providerId !== "ldap" || config.useTruststoreSpi?.[0] !== "ldapsOnly") return undefined;
      component.config = { ...config, useTruststoreSpi: ["always"] };
      return undefined;
    },
  },
  {
    kind: "requiredAction",
    field: "alias",
    apply: (action, alias: string) => {
      if (alias !== "terms_and_conditions") return undefined;
      Object.assign(action, { alias: "TERMS_AND_CONDITIONS", providerId: "TERMS_AND_CONDITIONS" });
      return translated("it is called TERMS_AND_CONDITIONS now");
    },
  },
];

/** Fields inside of maps that a rule takes out: their own paths, for the report. */
const inner: readonly (Verdict & { readonly of: ObjectKind; readonly at: readonly [string, string] })[] = [
  { of: "realm", at: ["attributes", "userProfileEnabled"], ...ignored("the user profile is always on") },
  {
    of: "identityProvider",
    at: ["config", "hideOnLoginPage"],
    ...translated("it is called hideOnLogin now"),
  },
];

/** Steps of flows that Keycloak removed, with the release. */
const removedSteps: Readonly<Record<string, string>> = {
  "registration-profile-action": "since 24 registration-user-creation checks the profile",
  "no-cookie-redirect": "Keycloak removed it in 21",
  "basic-auth": "Keycloak removed it in 21",
  "basic-auth-otp": "Keycloak removed it in 21",
  "auth-script-based": "Keycloak removed it in 18: deploy the script as an extension",
};

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
      const type = "org.keycloak.userprofile.UserProfileProvider";
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

/**
 * Brings a representation to what Keycloak 26 takes, in place.
 *
 * @param major release that exported it; undefined: unknown, and nothing is added
 * @returns what became of fields, and what was added
 */
export function translate(realm: Editable, major: number | undefined): { notes: Note[]; added: string[] } {
  const notes: Note[] = [];
  forEachObject(realm, (kind, object, path) => {
    const at = (field: string) => (path === "" ? field : `${path}.${field}`);
    for (const {
      of,
      at: [field, key],
      kind: verdict,
      reason,
    } of inner) {
      const map = object[field];
      if (
        of === kind &&
        isObject(map) &&
        key in map &&
        !(key === "useTruststoreSpi" && String(map[key]) !== "ldapsOnly")
      ) {
        notes.push({ path: at(`${field}.${key}`), kind: verdict, reason });
      }
    }
    for (const rule of rules) {
      if (rule.kind !== kind || object[rule.field] === undefined || object[rule.field] === null) continue;
      const verdict = rule.apply(object, object[rule.field] as never, realm);
      if (verdict) notes.push({ path: rule.field === "alias" ? path : at(rule.field), ...verdict });
      if (rule.field === "hashedSaltedValue") {
        const others = [
          "salt",
          "hashIterations",
          "algorithm",
          "config",
          "counter",
          "device",
          "digits",
          "period",
        ];
        notes.push(
          ...others.map((field) => ({
            path: at(field),
            ...translated("secretData and credentialData hold it"),
          })),
        );
      }
      if (rule.field === "userFederationProviders") {
        notes.push({ path: "userFederationMappers", ...translated("they are components now") });
      }
    }
    if (kind === "flow") notes.push(...withoutRemovedSteps(object, path));
  });
  notes.push(...withoutEmptyFlows(realm));
  const added = upgrades.flatMap(({ since, apply }) =>
    major !== undefined && major < since ? (apply(realm) ?? []) : [],
  );
  return { notes, added };
}

function withoutRemovedSteps(flow: Editable, path: string): Note[] {
  const steps = (flow.authenticationExecutions ?? []) as Editable[];
  const isRemoved = ({ authenticator }: Editable) =>
    typeof authenticator === "string" && Object.hasOwn(removedSteps, authenticator);
  if (!steps.some(isRemoved)) return [];
  flow.authenticationExecutions = steps.filter((step) => !isRemoved(step));
  return steps.filter(isRemoved).map(({ authenticator }) => ({
    path: `${path}.authenticationExecutions[${authenticator}]`,
    ...gone(removedSteps[String(authenticator)] ?? ""),
  }));
}

/** `http challenge` and what is in it: nothing but removed steps. */
function withoutEmptyFlows(realm: Editable): Note[] {
  const flows = (realm.authenticationFlows ?? []) as Editable[];
  const own = new Set(["http challenge", "Authentication Options"]);
  const bound = new Set(
    Object.entries(realm)
      .filter(([key]) => key.endsWith("Flow"))
      .map(([, value]) => value),
  );
  const isGone = (flow: Editable) =>
    flow.builtIn === true && own.has(String(flow.alias)) && !bound.has(flow.alias);
  const missing = flows.filter(isGone);
  if (missing.length === 0) return [];
  realm.authenticationFlows = flows.filter((flow) => !isGone(flow));
  return missing.map(({ alias }) => ({
    path: `authenticationFlows[${alias}]`,
    ...gone("Keycloak removed this flow of its own in 21"),
  }));
}
