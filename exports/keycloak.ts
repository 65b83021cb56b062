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
} from "../constructs/keycloak/model/mail-realm";
export {
  kitRealm,
  parseRealm,
  type RealmRepresentation,
} from "../constructs/keycloak/representation/realm-template";
export { KeycloakServer, type KeycloakServerProps } from "../constructs/keycloak/server/keycloak-server";
export { type IRealm, type IResourceServer, realmAt } from "../constructs/keycloak/server/realm";
