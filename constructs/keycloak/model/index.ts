/** Everything of a realm as typed constructs. */
export {
  AuthenticationFlow,
  type AuthenticationFlowProps,
  type Execution,
  type FlowStep,
  type Requirement,
  type SubFlow,
} from "./authentication/authentication-flow";
export { ClientScope, type ClientScopeProps } from "./clients/client-scope";
export type { MailClients, MailClientsProps } from "./clients/mail-clients";
export {
  type BackchannelLogout,
  type ClientFlow,
  type ClientKind,
  type ClientLifetimes,
  OidcClient,
  type OidcClientProps,
} from "./clients/oidc-client";
export { type ClaimType, ProtocolMapper, type TokenKind } from "./clients/protocol-mapper";
export {
  type CustomProvider,
  IdentityProvider,
  type IdentityProviderProps,
  type OidcProvider,
} from "./identity-providers/identity-provider";
export { IdentityProviderMapper, type SyncMode } from "./identity-providers/identity-provider-mapper";
export { KeycloakRealm, type KeycloakRealmProps } from "./keycloak-realm";
export type {
  IAuthenticationFlow,
  IClientScope,
  IGroup,
  IOidcClient,
  IRole,
  OrName,
} from "./object/references";
export type { RealmSecret } from "./object/representation";
export { KeySource, RealmKeys } from "./realm/realm-keys";
export type { RepresentationOverrides } from "./realm/realm-overrides";
export type {
  BruteForceSettings,
  EventSettings,
  FlowBindings,
  LoginSettings,
  RealmSettings,
  SecurityHeaders,
  SessionSettings,
  SmtpServer,
  TokenSettings,
} from "./realm/realm-settings";
export { LdapFederation, type LdapFederationProps } from "./user-federation/ldap-federation";
export { LdapMapper, type LdapMode } from "./user-federation/ldap-mapper";
export { Group, type GroupProps } from "./users/group";
export { RealmUser, type RealmUserProps } from "./users/realm-user";
export { Role, type RoleProps } from "./users/role";
export {
  type AttributeGroup,
  type ProfileRole,
  type UserAttribute,
  UserProfile,
  type UserProfileProps,
} from "./users/user-profile";
