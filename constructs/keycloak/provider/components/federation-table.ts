import { firstBoolean, firstMilliseconds, firstNumber, firstText, texts } from "../mapping/conversions";
import type { FieldMapping, JsonMap } from "../mapping/field-mapping";

type Conversion = (value: unknown) => unknown;

const config = (as: Conversion, names: Readonly<Record<string, string>>): FieldMapping[] =>
  Object.entries(names).map(([at, to]) => ({ at: `config/${at}`, to, as }));

const upper: Conversion = (value) => firstText(value)?.toString().toUpperCase();
const truststore: Readonly<Record<string, string>> = {
  always: "ALWAYS",
  never: "NEVER",
  ldapsOnly: "ONLY_FOR_LDAPS",
};
const withKerberos = (_: unknown, component: JsonMap) =>
  firstBoolean((component.config as JsonMap | undefined)?.allowKerberosAuthentication);

/** keycloak_ldap_user_federation. */
export const ldapTable: readonly FieldMapping[] = [
  { at: "name", to: "name" },
  { at: "providerId", is: "translated", why: "by the kind of the resource" },
  ...config(firstBoolean, {
    enabled: "enabled",
    importEnabled: "importEnabled",
    syncRegistrations: "syncRegistrations",
    startTls: "startTls",
    connectionPooling: "connectionPooling",
    usePasswordModifyExtendedOp: "usePasswordModifyExtendedOp",
    validatePasswordPolicy: "validatePasswordPolicy",
    trustEmail: "trustEmail",
    pagination: "pagination",
  }),
  ...config(firstNumber, {
    priority: "priority",
    batchSizeForSync: "batchSizeForSync",
    fullSyncPeriod: "fullSyncPeriod",
    changedSyncPeriod: "changedSyncPeriod",
  }),
  ...config(firstText, {
    editMode: "editMode",
    usernameLDAPAttribute: "usernameLdapAttribute",
    rdnLDAPAttribute: "rdnLdapAttribute",
    uuidLDAPAttribute: "uuidLdapAttribute",
    connectionUrl: "connectionUrl",
    usersDn: "usersDn",
    relativeCreateDn: "relativeCreateDn",
    bindDn: "bindDn",
    customUserSearchFilter: "customUserSearchFilter",
    krbPrincipalAttribute: "krbPrincipalAttribute",
    debug: "debug",
  }),
  ...config(upper, { vendor: "vendor" }),
  ...config(firstMilliseconds, { connectionTimeout: "connectionTimeout", readTimeout: "readTimeout" }),
  {
    at: "config/userObjectClasses",
    to: "userObjectClasses",
    as: (value) => [value].flat().flatMap((text) => String(text).split(/\s*,\s*/)),
  },
  {
    at: "config/searchScope",
    to: "searchScope",
    as: (value) => (firstText(value) === "1" ? "ONE_LEVEL" : "SUBTREE"),
  },
  {
    at: "config/useTruststoreSpi",
    to: "useTruststoreSpi",
    as: (value) => truststore[String(firstText(value))] ?? "ALWAYS",
  },
  { at: "config/authType", is: "translated", why: "simple, when there is a DN to bind with" },
  { at: "config/bindCredential", is: "translated", why: "from a variable, never in a state" },
  {
    at: "config/cachePolicy",
    is: "default",
    why: "it is the provider's default too",
    when: (value) => firstText(value) === "DEFAULT",
  },
  ...config(firstText, { cachePolicy: "cache.policy" }),
  ...Object.entries({
    evictionDay: "cache.evictionDay",
    evictionHour: "cache.evictionHour",
    evictionMinute: "cache.evictionMinute",
  }).flatMap(([key, to]): FieldMapping[] => [
    {
      at: `config/${key}`,
      is: "default",
      why: "there is none; the provider writes -1 for it, and refuses to be told",
      when: (value) => firstText(value) === "-1",
    },
    { at: `config/${key}`, to, as: firstNumber },
  ]),
  ...config(firstMilliseconds, { maxLifespan: "cache.maxLifespan" }),
  { at: "config/allowKerberosAuthentication", is: "translated", why: "it is there when its settings are" },
  ...config(firstText, {
    kerberosRealm: "kerberos.kerberosRealm",
    serverPrincipal: "kerberos.serverPrincipal",
    keyTab: "kerberos.keyTab",
  }).map((field) => ({ ...field, when: withKerberos })),
  ...config(firstBoolean, {
    useKerberosForPasswordAuthentication: "kerberos.useKerberosForPasswordAuthentication",
  }).map((field) => ({ ...field, when: withKerberos })),
  { at: "config/lastSync", is: "default", why: "it is state, not configuration" },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "parentId", is: "default", why: "Keycloak chooses it" },
  { at: "subComponents", is: "translated", why: "by resources of their own" },
];

/** keycloak_ldap_custom_mapper: it carries every mapper, whatever its type, without loss. */
export const ldapMapperTable: readonly FieldMapping[] = [
  { at: "name", to: "name" },
  { at: "providerId", to: "providerId" },
  { at: "config", to: "config", as: texts },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "parentId", is: "default", why: "Keycloak chooses it" },
  { at: "subComponents", is: "default", why: "mappers have none", when: () => true },
];

/** keycloak_custom_user_federation, for any other provider. */
export const customFederationTable: readonly FieldMapping[] = [
  { at: "name", to: "name" },
  { at: "providerId", to: "providerId" },
  ...config(firstBoolean, { enabled: "enabled" }),
  ...config(firstNumber, {
    priority: "priority",
    fullSyncPeriod: "fullSyncPeriod",
    changedSyncPeriod: "changedSyncPeriod",
  }),
  ...config(firstText, { cachePolicy: "cachePolicy" }),
  { at: "config", to: "config", as: texts },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "parentId", is: "default", why: "Keycloak chooses it" },
  { at: "subComponents", is: "inexpressible", why: "mappers of a federation that is not LDAP" },
];
