/** Types of the components of a realm: Keycloak names them by their Java interfaces. */
export const componentType = {
  storage: "org.keycloak.storage.UserStorageProvider",
  ldapMapper: "org.keycloak.storage.ldap.mappers.LDAPStorageMapper",
  keys: "org.keycloak.keys.KeyProvider",
  userProfile: "org.keycloak.userprofile.UserProfileProvider",
  registrationPolicy: "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy",
} as const;
