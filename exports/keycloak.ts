/** Keycloak: the server, realms as typed constructs, and stacks that apply them by its Terraform provider. */
export type { RealmOverrides } from "../constructs/keycloak/adopt/overrides";
export { RealmStack, type RealmStackProps } from "../constructs/keycloak/adopt/realm-stack";
export { RealmTemplate, type RealmTemplateOptions } from "../constructs/keycloak/adopt/realm-template";
export { type Difference, difference } from "../constructs/keycloak/compare/difference";
export { normalizeRealm } from "../constructs/keycloak/compare/normalize";
export * from "../constructs/keycloak/model";
export {
  type MailClient,
  type MailClientOptions,
  type MailRealmOptions,
  mailRealm,
} from "../constructs/keycloak/model/realm/mail-realm";
export {
  kitRealm,
  parseRealm,
  type RealmRepresentation,
} from "../constructs/keycloak/representation/realm-template";
export { KeycloakServer } from "../constructs/keycloak/server/keycloak-server";
export type { KeycloakServerProps, KeycloakTls } from "../constructs/keycloak/server/keycloak-server-props";
export {
  type IRealm,
  type IResourceServer,
  type OpenidProvider,
  type RealmAtOptions,
  realmAt,
} from "../constructs/keycloak/server/realm";
