import { isObject } from "../../../../kit/json";
import { componentType } from "../../representation/component-type";
import type { Editable } from "../export/representation-objects";
import { type FieldRule, ignored, removed, renamed, translated, type Verdict } from "./field-rule";

const residentKey: Readonly<Record<string, string>> = { Yes: "required", No: "discouraged" };

/** Keycloak writes the old field beside its successor. */
function residentKeyRule(prefix: string): FieldRule {
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

const themeRules: FieldRule[] = Object.entries(themeSuccessors).map(([field, successors]) => ({
  kind: "realm",
  field,
  apply: (realm, value: string) => {
    const successor = successors[value];
    if (successor === undefined) return undefined;
    realm[field] = successor;
    return translated(`Keycloak has ${successor} instead of ${value}`);
  },
}));

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

/** Fields of a credential that secretData and credentialData replace. */
const hashedCredential = [
  ...["hashedSaltedValue", "salt", "hashIterations", "algorithm"],
  ...["config", "counter", "device", "digits", "period"],
];

/** What older exports have, and what Keycloak 26 has instead (its upgrading guide; observed imports). */
export const rules: readonly FieldRule[] = [
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
    about: ["userFederationProviders", "userFederationMappers"],
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
          [componentType.ldapMapper]: mappers
            .filter((mapper) => mapper.federationProviderDisplayName === provider.displayName)
            .map((mapper) => ({
              name: mapper.name,
              providerId: mapper.federationMapperType,
              config: toLists(mapper.config),
            })),
        },
      }));
      const type = componentType.storage;
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
    field: "browserSecurityHeaders",
    about: ["browserSecurityHeaders.xXSSProtection"],
    apply: (realm, { xXSSProtection, ...headers }: Editable) => {
      if (xXSSProtection === undefined) return undefined;
      realm.browserSecurityHeaders = headers;
      return ignored("browsers have no such protection any more, and Keycloak does not send it");
    },
  },
  {
    kind: "realm",
    field: "attributes",
    about: ["attributes.userProfileEnabled"],
    apply: (realm, { userProfileEnabled, ...attributes }: Editable) => {
      if (userProfileEnabled === undefined) return undefined;
      realm.attributes = attributes;
      return ignored("the user profile is always on");
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
    about: hashedCredential,
    apply: (credential, value: string) => {
      const { salt, hashIterations, algorithm } = credential;
      for (const field of hashedCredential) delete credential[field];
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
    about: ["config.hideOnLoginPage"],
    apply: (provider, { hideOnLoginPage, ...config }: Editable) => {
      if (hideOnLoginPage === undefined) return undefined;
      provider.config = config;
      provider.hideOnLogin ??= hideOnLoginPage === "true";
      return translated("it is called hideOnLogin now");
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
    about: [""],
    apply: (action, alias: string) => {
      if (alias !== "terms_and_conditions") return undefined;
      Object.assign(action, { alias: "TERMS_AND_CONDITIONS", providerId: "TERMS_AND_CONDITIONS" });
      return translated("it is called TERMS_AND_CONDITIONS now");
    },
  },
];
