import { KitError } from "../../../../kit/errors";
import {
  CustomIdentityProviderMapper,
  type CustomIdentityProviderMapperConfig,
} from "../../bindings/custom-identity-provider-mapper";
import { OidcIdentityProvider, type OidcIdentityProviderConfig } from "../../bindings/oidc-identity-provider";
import type { RealmRepresentation } from "../../representation/realm-template";
import { boolean, text, texts } from "../mapping/conversions";
import { attributesOf, type FieldMapping, type JsonMap, sameNames } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";

/** Settings that the provider has attributes for, though not of OpenID Connect: it refuses them as further ones. */
const ofOtherKinds = [
  ...["key", "hostIp", "nameIDPolicyFormat", "entityId", "singleLogoutServiceUrl", "singleSignOnServiceUrl"],
  ...["signingCertificate", "signatureAlgorithm", "xmlSigKeyInfoKeyNameTransformer", "forceAuthn"],
  ...["postBindingAuthnRequest", "postBindingResponse", "postBindingLogout", "wantAuthnRequestsSigned"],
  ...["wantAssertionsSigned", "wantAssertionsEncrypted", "hostedDomain", "userIp", "offlineAccess"],
  ...["principalType", "principalAttribute", "authnContextClassRefs", "authnContextComparisonType"],
  ...["authnContextDeclRefs", "trustDomain", "bundleEndpoint", "apiUrl", "baseUrl", "githubJsonFormat"],
  "fetchedFields",
];

/** keycloak_oidc_identity_provider. */
export const identityProviderTable: readonly FieldMapping[] = [
  ...sameNames("alias", "displayName", "providerId", "enabled", "storeToken", "addReadTokenRoleOnCreate"),
  ...sameNames("authenticateByDefault", "linkOnly", "trustEmail", "firstBrokerLoginFlowAlias"),
  ...sameNames("postBrokerLoginFlowAlias"),
  { at: "hideOnLogin", to: "hideOnLoginPage" },
  ...[
    "authorizationUrl",
    "tokenUrl",
    "logoutUrl",
    "userInfoUrl",
    "jwksUrl",
    "clientId",
    "issuer",
    "loginHint",
  ].map((name): FieldMapping => ({ at: `config/${name}`, to: name })),
  { at: "config/kc.org.domain", to: "orgDomain" },
  { at: "config/defaultScope", to: "defaultScopes" },
  { at: "config/syncMode", to: "syncMode" },
  { at: "config/guiOrder", to: "guiOrder", as: text },
  ...(
    [
      ["backchannelSupported", "backchannelSupported"],
      ["validateSignature", "validateSignature"],
      ["disableUserInfo", "disableUserInfo"],
      ["disableTypeClaimCheck", "disableTypeClaimCheck"],
      ["uiLocales", "uiLocales"],
      ["acceptsPromptNoneForwardFromClient", "acceptsPromptNoneForwardFromClient"],
      ["kc.org.broker.redirect.mode.email-matches", "orgRedirectModeEmailMatches"],
    ] as const
  ).map(([at, to]): FieldMapping => ({ at: `config/${at}`, to, as: boolean })),
  {
    at: "config/useJwksUrl",
    is: "translated",
    why: "true exactly when there is a JWKS URL",
    when: (value, provider) => boolean(value) === Boolean((provider.config as JsonMap | undefined)?.jwksUrl),
  },
  {
    at: "config/useJwksUrl",
    is: "inexpressible",
    why: "the provider sets it by whether there is a JWKS URL",
  },
  { at: "config/clientSecret", is: "translated", why: "by a write-only attribute, from a variable" },
  ...ofOtherKinds.map(
    (name): FieldMapping => ({
      at: `config/${name}`,
      is: "inexpressible",
      why: "the provider takes it for identity providers of another kind only",
    }),
  ),
  { at: "config", to: "extraConfig", as: texts },
  { at: "updateProfileFirstLoginMode", is: "default", why: "Keycloak no longer reads it" },
  { at: "types", is: "default", why: "it follows from what it is" },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "internalId", is: "default", why: "Keycloak chooses it" },
];

/** keycloak_custom_identity_provider_mapper: it carries every mapper, whatever its type, without loss. */
export const identityProviderMapperTable: readonly FieldMapping[] = [
  ...sameNames("name", "identityProviderAlias", "identityProviderMapper"),
  { at: "config", to: "extraConfig", as: texts },
  { at: "id", is: "default", why: "Keycloak chooses it" },
];

type IdentityProvider = NonNullable<RealmRepresentation["identityProviders"]>[number];

/** Whether it can be made by the Terraform provider's resource for OpenID Connect. */
export function isOidc({ providerId }: IdentityProvider): boolean {
  return providerId === "oidc" || providerId === "keycloak-oidc";
}

/** Where people may log in instead, and what is taken over from there. */
export function identityProviderResources(scope: RealmScope): void {
  const { identityProviders = [], identityProviderMappers = [] } = scope.representation;
  const made = new Map<string, OidcIdentityProvider>();
  for (const provider of identityProviders.filter(isOidc)) {
    const { alias = "" } = provider;
    const secret = usesSecret(provider)
      ? scope.secret(`identity provider ${alias}`, provider.config?.clientSecret)
      : undefined;
    if (!secret && usesSecret(provider)) throw missing(alias);
    const attributes = attributesOf<OidcIdentityProviderConfig>(identityProviderTable, {
      storeToken: false,
      // None means the realm's; the provider would name Keycloak's own.
      firstBrokerLoginFlowAlias: "",
      ...(provider as JsonMap),
      config: { backchannelSupported: "false", defaultScope: "", ...provider.config },
    });
    const flows = ["firstBrokerLoginFlowAlias", "postBrokerLoginFlowAlias"] as const;
    const references = flows.flatMap((field) => {
      const known = scope.flowAliases.get(provider[field] ?? "");
      return known === undefined ? [] : [[field, known] as const];
    });
    const resource = new OidcIdentityProvider(scope, scope.idOf("identity-provider", alias), {
      ...attributes,
      ...Object.fromEntries(references),
      realm: scope.realmId,
      // The provider wants a secret, or an empty one where there is none.
      ...(secret
        ? { clientSecretWo: secret.value, clientSecretWoVersion: secret.version }
        : { clientSecret: "" }),
    });
    scope.existing(resource, provider.internalId && alias);
    made.set(alias, resource);
  }
  for (const mapper of identityProviderMappers) {
    const provider = made.get(mapper.identityProviderAlias ?? "");
    if (!provider) continue;
    const { name = "", identityProviderAlias = "" } = mapper;
    const resource = new CustomIdentityProviderMapper(
      scope,
      scope.idOf("identity-provider", identityProviderAlias, "mapper", name),
      {
        ...attributesOf<CustomIdentityProviderMapperConfig>(identityProviderMapperTable, mapper as JsonMap),
        identityProviderAlias: provider.alias,
        realm: scope.realmId,
      },
    );
    scope.existing(resource, identityProviderAlias, mapper.id);
  }
}

/** Whether Keycloak authenticates itself there by a secret, and not by a key of the realm or a certificate. */
function usesSecret({ config }: IdentityProvider): boolean {
  const method = (config as Record<string, string> | undefined)?.clientAuthMethod;
  return method === undefined || method.startsWith("client_secret");
}

function missing(alias: string): KitError {
  return new KitError(`identity provider ${alias} cannot be built`, [
    {
      where: `identityProviders[${alias}].config.clientSecret`,
      what: "the secret is not known here",
      fix: "Give the secret that the other side has for this realm",
    },
  ]);
}
