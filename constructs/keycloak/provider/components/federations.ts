import { CustomUserFederation, type CustomUserFederationConfig } from "../../bindings/custom-user-federation";
import { LdapCustomMapper, type LdapCustomMapperConfig } from "../../bindings/ldap-custom-mapper";
import { LdapUserFederation, type LdapUserFederationConfig } from "../../bindings/ldap-user-federation";
import { attributeDefaults } from "../../compare/defaults";
import { maskedSecret } from "../../compare/masked-secret";
import { componentType } from "../../representation/component-type";
import { Labels } from "../../representation/labels";
import { first } from "../mapping/conversions";
import { attributesOf, type JsonMap } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";
import { customFederationTable, ldapMapperTable, ldapTable } from "./federation-table";

export interface RealmComponent {
  readonly id?: string;
  readonly name?: string;
  readonly providerId?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly subComponents?: Readonly<Record<string, readonly RealmComponent[]>>;
}

/** Components of a realm, of one type. */
export function componentsOf(components: unknown, type: string): readonly RealmComponent[] {
  return (components as Record<string, readonly RealmComponent[]> | undefined)?.[type] ?? [];
}

/** Where users come from. */
export function federationResources(scope: RealmScope): void {
  const labels = new Labels();
  for (const component of componentsOf(scope.representation.components, componentType.storage)) {
    const label = labels.of(`federation ${component.name}`);
    if (component.providerId === "ldap") ldap(scope, component, label);
    else {
      const resource = new CustomUserFederation(scope, scope.idOf("federation", component.name ?? ""), {
        ...attributesOf<CustomUserFederationConfig>(customFederationTable, component as JsonMap),
        realmId: scope.realmId,
        ...scope.protection,
      });
      scope.existing(resource, component.id);
    }
  }
}

function ldap(scope: RealmScope, component: RealmComponent, label: string): void {
  const { name = "", subComponents } = component;
  const config = { ...attributeDefaults.federation, ...component.config };
  const binds = first(config.authType) !== "none" && first(component.config?.bindDn);
  const secret = binds ? scope.secret(label, first(component.config?.bindCredential)) : undefined;
  const writeOnly = !scope.options.lacks?.includes("keycloak_ldap_user_federation.bind_credential_wo");
  const resource = new LdapUserFederation(scope, scope.idOf("federation", name), {
    ...attributesOf<LdapUserFederationConfig>(ldapTable, { ...component, config }),
    realmId: scope.realmId,
    ...(secret && writeOnly && { bindCredentialWo: secret.value, bindCredentialWoVersion: secret.version }),
    // Keycloak's own word for "the one you have". Releases up to 5.9.0 would keep a true one in the state.
    ...(secret && !writeOnly && { bindCredential: maskedSecret }),
    // An import makes no mappers but those that it names.
    deleteDefaultMappers: true,
    // It is an argument for making a federation: because of it an imported one would be made anew, and its users too.
    lifecycle: { ...scope.protection.lifecycle, ignoreChanges: ["delete_default_mappers"] },
  });
  scope.existing(resource, component.id);
  if (secret && !writeOnly) {
    scope.program(scope.idOf("federation", name, "bind-credential"), {
      command: "secret",
      triggers: { federation: resource.id, version: secret.version },
      environment: {
        KIT_PATH: `${scope.name}/components/${resource.id}`,
        KIT_FIELD: "config.bindCredential",
        KIT_VALUE: secret.value,
      },
    });
  }
  for (const mapper of subComponents?.[componentType.ldapMapper] ?? []) {
    const made = new LdapCustomMapper(scope, scope.idOf("federation", name, "mapper", mapper.name ?? ""), {
      ...attributesOf<LdapCustomMapperConfig>(ldapMapperTable, mapper as JsonMap),
      realmId: scope.realmId,
      ldapUserFederationId: resource.id,
      providerType: componentType.ldapMapper,
    });
    scope.existing(made, component.id, mapper.id);
  }
}
