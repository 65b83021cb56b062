/** Everything of a realm as typed constructs. */
export {
  AuthenticationFlow,
  type AuthenticationFlowProps,
  type Execution,
  type FlowStep,
  type Requirement,
  type SubFlow,
} from "./authentication-flow";
export { ClientScope, type ClientScopeProps } from "./client-scope";
export { Group, type GroupProps } from "./group";
export {
  type CustomProvider,
  IdentityProvider,
  type IdentityProviderProps,
  type OidcProvider,
} from "./identity-provider";
export { IdentityProviderMapper, type SyncMode } from "./identity-provider-mapper";
export { KeycloakRealm, type KeycloakRealmProps } from "./keycloak-realm";
export { LdapFederation, type LdapFederationProps } from "./ldap-federation";
export { LdapMapper, type LdapMode } from "./ldap-mapper";
export type { MailClients, MailClientsProps } from "./mail-clients";
export {
  type BackchannelLogout,
  type ClientFlow,
  type ClientKind,
  type ClientLifetimes,
  OidcClient,
  type OidcClientProps,
} from "./oidc-client";
export { type ClaimType, ProtocolMapper, type TokenKind } from "./protocol-mapper";
export { KeySource, RealmKeys } from "./realm-keys";
export type { RepresentationOverrides } from "./realm-overrides";
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
} from "./realm-settings";
export { RealmUser, type RealmUserProps } from "./realm-user";
export type { IAuthenticationFlow, IClientScope, IGroup, IOidcClient, IRole, OrName } from "./references";
export type { RealmSecret } from "./representation";
export { Role, type RoleProps } from "./role";
export {
  type AttributeGroup,
  type ProfileRole,
  type UserAttribute,
  UserProfile,
  type UserProfileProps,
} from "./user-profile";
