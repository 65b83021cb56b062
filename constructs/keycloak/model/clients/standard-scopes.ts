import type { ClientScopeProps } from "./client-scope";
import { ProtocolMapper } from "./protocol-mapper";

/** A scope that Keycloak 26 gives a realm which names no scope of its own. */
interface StandardScope extends ClientScopeProps {
  readonly name: string;
}

const attribute = (name: string, user: string, claim: string, type?: "long" | "boolean") =>
  ProtocolMapper.userAttribute(user, { name, claim, ...(type && { type }) });

const note = (name: string, key: string) => ProtocolMapper.sessionNote(key, { name });

const inAccessToken = { "introspection.token.claim": true, "access.token.claim": true };

const builtIn = (name: string) => ({
  name,
  description: `OpenID Connect built-in scope: ${name}`,
  consentText: `\${${name.replace("_a", "A")}ScopeConsentText}`,
});

/** https://www.keycloak.org/docs/latest/server_admin/#_client_scopes_protocol, as an export of 26.7 shows them. */
export const standardScopes: readonly StandardScope[] = [
  {
    name: "basic",
    description: "OpenID Connect scope for add all basic claims to the token",
    assignment: "default",
    includeInTokenScope: false,
    displayOnConsentScreen: false,
    mappers: [
      ProtocolMapper.sub(),
      ProtocolMapper.sessionNote("AUTH_TIME", { name: "auth_time", claim: "auth_time", type: "long" }),
    ],
  },
  {
    name: "acr",
    description: "OpenID Connect scope for add acr (authentication context class reference) to the token",
    assignment: "default",
    includeInTokenScope: false,
    displayOnConsentScreen: false,
    mappers: [
      ProtocolMapper.custom("acr loa level", "oidc-acr-mapper", { "id.token.claim": true, ...inAccessToken }),
    ],
  },
  {
    name: "roles",
    description: "OpenID Connect scope for add user roles to the access token",
    consentText: "${rolesScopeConsentText}",
    assignment: "default",
    includeInTokenScope: false,
    mappers: [
      ProtocolMapper.realmRoles(),
      ProtocolMapper.clientRoles(),
      ProtocolMapper.custom("audience resolve", "oidc-audience-resolve-mapper", inAccessToken),
    ],
  },
  {
    name: "web-origins",
    description: "OpenID Connect scope for add allowed web origins to the access token",
    assignment: "default",
    includeInTokenScope: false,
    displayOnConsentScreen: false,
    mappers: [ProtocolMapper.custom("allowed web origins", "oidc-allowed-origins-mapper", inAccessToken)],
  },
  {
    ...builtIn("profile"),
    assignment: "default",
    mappers: [
      ProtocolMapper.fullName(),
      attribute("username", "username", "preferred_username"),
      attribute("given name", "firstName", "given_name"),
      attribute("middle name", "middleName", "middle_name"),
      attribute("family name", "lastName", "family_name"),
      ...["nickname", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"].map(
        (name) => attribute(name, name, name),
      ),
      attribute("updated at", "updatedAt", "updated_at", "long"),
    ],
  },
  {
    ...builtIn("email"),
    assignment: "default",
    mappers: [
      attribute("email", "email", "email"),
      ProtocolMapper.userProperty("emailVerified", {
        name: "email verified",
        claim: "email_verified",
        type: "boolean",
      }),
    ],
  },
  { ...builtIn("offline_access"), assignment: "optional", roles: ["offline_access"] },
  {
    ...builtIn("address"),
    assignment: "optional",
    mappers: [
      ProtocolMapper.custom("address", "oidc-address-mapper", {
        ...Object.fromEntries(
          ["formatted", "street", "locality", "region", "postal_code", "country"].map((part) => [
            `user.attribute.${part}`,
            part,
          ]),
        ),
        "id.token.claim": true,
        "userinfo.token.claim": true,
        ...inAccessToken,
      }),
    ],
  },
  {
    ...builtIn("phone"),
    assignment: "optional",
    mappers: [
      attribute("phone number", "phoneNumber", "phone_number"),
      attribute("phone number verified", "phoneNumberVerified", "phone_number_verified", "boolean"),
    ],
  },
  {
    name: "microprofile-jwt",
    description: "Microprofile - JWT built-in scope",
    assignment: "optional",
    displayOnConsentScreen: false,
    mappers: [
      attribute("upn", "username", "upn"),
      ProtocolMapper.custom("groups", "oidc-usermodel-realm-role-mapper", {
        "claim.name": "groups",
        "jsonType.label": "String",
        multivalued: true,
        "id.token.claim": true,
        ...inAccessToken,
      }),
    ],
  },
  {
    name: "service_account",
    description: "Specific scope for a client enabled for service accounts",
    includeInTokenScope: false,
    displayOnConsentScreen: false,
    mappers: [
      note("Client ID", "client_id"),
      note("Client Host", "clientHost"),
      note("Client IP Address", "clientAddress"),
    ],
  },
];

/** Also SAML's, which the kit makes no clients for. */
export const standardScopeNames: readonly string[] = [
  ...standardScopes.map(({ name }) => name),
  "role_list",
  "saml_organization",
];
