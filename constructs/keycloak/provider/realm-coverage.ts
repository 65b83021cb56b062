import { isObject } from "../../../kit/json";
import { bareRealm } from "../compare/bare-realm";
import { attributeDefaults, fieldDefaults } from "../compare/defaults";
import { builtInClients } from "../representation/built-in-clients";
import { componentType } from "../representation/component-type";
import type { RealmRepresentation } from "../representation/realm-template";
import { executionTable, flowBindings, flowTable, madeFlows } from "./authentication/flows";
import {
  identityProviderMapperTable,
  identityProviderTable,
  isOidc,
} from "./authentication/identity-providers";
import {
  clientScopeTable,
  clientTable,
  completeClient,
  protocolMapperTable,
  samlScopeTable,
} from "./clients/client-table";
import {
  keystores,
  keystoreTable,
  misplacedTypes,
  profileAttributeTable,
  profileGroupTable,
  registrationPolicyTable,
  requiredActionTable,
  userProfileOf,
} from "./components/components";
import { customFederationTable, ldapMapperTable, ldapTable } from "./components/federation-table";
import { componentsOf, type RealmComponent } from "./components/federations";
import {
  addsComposites,
  builtInClient,
  builtInFlows,
  equalsBuiltInClient,
  isBuiltInAction,
  isBuiltInClientRole,
  isBuiltInComponent,
  isBuiltInKeyProvider,
  isBuiltInMapper,
  isOpenid,
  isUnchangedClient,
  isUnchangedMapper,
  isUnchangedScope,
  unchangeableClient,
} from "./mapping/built-in-objects";
import { type FieldMapping, type FieldReport, type JsonMap, reportsOf } from "./mapping/field-mapping";
import { clientPolicyFields } from "./realm/realm";
import { eventsTable, realmTable } from "./realm/realm-table";
import { groupTable, type RealmGroup } from "./users/groups";
import { isBuiltInRole, roleTable } from "./users/roles";
import { scopeMappingReports } from "./users/scope-mappings";
import { serviceAccountTable, userTable } from "./users/users";

export type { FieldReport } from "./mapping/field-mapping";

/**
 * How every leaf of a representation comes through `identity: provider`, by the tables that make the resources.
 *
 * @param existing whether the realm is one that runs, and no new one
 */
export function realmCoverage(realm: RealmRepresentation, existing = false): FieldReport[] {
  const builtIn = builtInFlows(realm);
  const made = madeFlows(realm);
  return [
    ...realmFields(realm),
    ...list(realm.clients, "clients", "clientId", (client, path) => clientReports(realm, client, path)),
    ...list(realm.clientScopes, "clientScopes", "name", clientScopeReports),
    ...roleReports(realm),
    ...list(realm.groups, "groups", "name", groupReports),
    ...list(realm.users, "users", "username", userReports),
    ...list(realm.identityProviders, "identityProviders", "alias", (provider, path) =>
      isOidc(provider)
        ? reportsOf(identityProviderTable, provider, path, fieldDefaults.identityProvider)
        : all(provider, path, "inexpressible", "only OpenID Connect providers are made so far"),
    ),
    ...list(realm.identityProviderMappers, "identityProviderMappers", "name", (mapper, path) => {
      const provider = realm.identityProviders?.find(({ alias }) => alias === mapper.identityProviderAlias);
      return provider && isOidc(provider)
        ? reportsOf(identityProviderMapperTable, mapper, path)
        : all(mapper, path, "inexpressible", "its identity provider is not made");
    }),
    ...list(realm.authenticationFlows, "authenticationFlows", "alias", (flow, path) =>
      flowReports(builtIn, made, flow, path),
    ),
    ...list(realm.authenticatorConfig, "authenticatorConfig", "alias", (config, path) =>
      configReports(realm, config, path),
    ),
    ...list(realm.requiredActions, "requiredActions", "alias", (action, path) =>
      isBuiltInAction(realm.realm ?? "", action)
        ? all(action, path, "default", "Keycloak makes it by itself")
        : reportsOf(requiredActionTable, action, path),
    ),
    ...componentReports(realm, existing),
    ...scopeMappingReports(realm),
  ];
}

/** Fields of a realm that hold objects, which are reported one by one. */
const ownObjects = new Set([
  ...["clients", "clientScopes", "roles", "groups", "users", "identityProviders", "identityProviderMappers"],
  ...["authenticationFlows", "authenticatorConfig", "requiredActions", "components"],
  ...["scopeMappings", "clientScopeMappings"],
]);

const settingsTable: readonly FieldMapping[] = [
  ...realmTable,
  ...eventsTable,
  { at: "localizationTexts", to: "texts" },
  { at: "defaultDefaultClientScopes", to: "default_scopes" },
  { at: "defaultOptionalClientScopes", to: "optional_scopes" },
  ...clientPolicyFields.map(({ at }): FieldMapping => ({ at, is: "translated", why: "by a program" })),
  { at: "defaultGroups", is: "translated", why: "by references to groups" },
];

function realmFields(realm: RealmRepresentation): FieldReport[] {
  const bare = bareRealm(realm.realm ?? "") as JsonMap;
  const own = realm.authenticationFlows?.filter(({ builtIn }) => !builtIn).map(({ alias }) => alias) ?? [];
  const bindings = Object.keys(flowBindings).map(
    (at): FieldMapping => ({
      at,
      is: "translated",
      why: "by a reference to the flow",
      when: (alias) => own.includes(String(alias)),
    }),
  );
  const fields = Object.entries(realm).filter(([key]) => !ownObjects.has(key));
  return reportsOf([...settingsTable, ...bindings], Object.fromEntries(fields), "", bare);
}

function clientReports(realm: RealmRepresentation, client: JsonMap, path: string): FieldReport[] {
  if (isUnchangedClient(realm, client)) {
    return equalsBuiltInClient(realm, client)
      ? all(client, path, "default", "Keycloak makes it by itself")
      : reportsOf(unchangeableTable, client, path, builtInClient(realm.realm ?? "", client.clientId));
  }
  if (!isOpenid(client)) return all(client, path, "inexpressible", "SAML clients are not made so far");
  const known = builtInClients.has(String(client.clientId))
    ? bareRealm(realm.realm ?? "").clients?.find(({ clientId }) => clientId === client.clientId)
    : undefined;
  return [
    ...reportsOf(
      clientTable,
      withoutMappers(client),
      path,
      // Left out, the flow is off.
      { ...fieldDefaults.client, ...(known as JsonMap), standardFlowEnabled: undefined },
      completeClient(client),
    ),
    ...unstatedFlowReports(client, path),
    ...mapperReports(client, path),
  ];
}

/** A client that does not name the standard flow has it: also a loss of that is reported. */
function unstatedFlowReports(client: JsonMap, path: string): FieldReport[] {
  const complete = completeClient(client);
  const { standardFlowEnabled } = complete;
  if ("standardFlowEnabled" in client) return [];
  const reports = reportsOf(clientTable, { standardFlowEnabled }, path, {}, complete);
  return reports.filter(({ kind }) => kind === "inexpressible");
}

/** The client that Keycloak makes, and lets nobody change. */
const unchangeableTable: readonly FieldMapping[] = [
  ...["attributes", "defaultClientScopes", "optionalClientScopes", "id", "secret", "notBefore"].map(
    (at): FieldMapping => ({ at, is: "default", why: "Keycloak makes it by itself" }),
  ),
  ...[
    "standardFlowEnabled",
    "implicitFlowEnabled",
    "directAccessGrantsEnabled",
    "nodeReRegistrationTimeout",
  ].map((at): FieldMapping => ({ at, is: "default", why: "a client that is bearer-only gets no tokens" })),
  ...["name", "description", "enabled", "fullScopeAllowed", "protocolMappers", "redirectUris"].map(
    (at): FieldMapping => ({ at, is: "inexpressible", why: "Keycloak lets nobody change this client" }),
  ),
];

function clientScopeReports(scope: JsonMap, path: string): FieldReport[] {
  if (isUnchangedScope(scope)) return all(scope, path, "default", "Keycloak makes it by itself");
  const table = isOpenid(scope) ? clientScopeTable : samlScopeTable;
  return [...reportsOf(table, withoutMappers(scope), path), ...mapperReports(scope, path)];
}

function mapperReports({ protocolMappers, clientId }: JsonMap, path: string): FieldReport[] {
  return list(protocolMappers, `${path}.protocolMappers`, "name", (mapper, at) =>
    isBuiltInMapper(clientId, mapper)
      ? builtInMapperReports(String(clientId), mapper, at)
      : reportsOf(protocolMapperTable, mapper, at),
  );
}

function builtInMapperReports(client: string, mapper: JsonMap, path: string): FieldReport[] {
  return isUnchangedMapper(client, mapper)
    ? all(mapper, path, "default", "Keycloak makes it by itself")
    : all(mapper, path, "inexpressible", "the provider does not take over a mapper that Keycloak makes");
}

function withoutMappers({ protocolMappers: _, ...rest }: JsonMap): JsonMap {
  return rest;
}

function roleReports({ roles, realm = "" }: RealmRepresentation): FieldReport[] {
  const ofClients = isObject(roles?.client) ? Object.entries(roles.client) : [];
  return [
    ...list(roles?.realm, "roles.realm", "name", (role, path) => {
      if (!isBuiltInRole(realm, String(role.name))) return reportsOf(roleTable, role, path);
      return Object.keys(role).flatMap((key) =>
        key === "composites"
          ? reportsOf(roleTable, { composites: role.composites }, path)
          : all({ [key]: role[key] }, path, "default", "Keycloak makes it by itself"),
      );
    }),
    ...ofClients.flatMap(([client, own]) =>
      list(own, `roles.client[${client}]`, "name", (role, path) =>
        isBuiltInClientRole(client, role)
          ? builtInRoleReports(client, role, path)
          : client === unchangeableClient
            ? all(role, path, "inexpressible", "Keycloak lets nobody change this client")
            : reportsOf(roleTable, role, path),
      ),
    ),
  ];
}

function builtInRoleReports(client: string, role: JsonMap, path: string): FieldReport[] {
  const { composites, ...others } = role;
  return [
    ...all(others, path, "default", "Keycloak makes it by itself"),
    ...(addsComposites(client, role)
      ? all({ composites }, path, "inexpressible", "the provider does not add to a role that Keycloak makes")
      : all({ composites }, path, "default", "Keycloak makes it by itself")),
  ];
}

function groupReports(group: JsonMap, path: string): FieldReport[] {
  const { subGroups = [], ...own } = group as JsonMap & RealmGroup;
  return [...reportsOf(groupTable, own, path), ...list(subGroups, `${path}.subGroups`, "name", groupReports)];
}

function userReports(user: JsonMap, path: string): FieldReport[] {
  if (user.federationLink) return all(user, path, "default", "it comes from its federation");
  return reportsOf(user.serviceAccountClientId ? serviceAccountTable : userTable, user, path);
}

function flowReports(
  builtIn: ReadonlySet<unknown>,
  made: ReadonlySet<unknown>,
  flow: JsonMap,
  path: string,
): FieldReport[] {
  if (flow.builtIn === true)
    return builtIn.has(flow.alias)
      ? all(flow, path, "default", "Keycloak makes it by itself")
      : all(
          flow,
          path,
          "inexpressible",
          "the provider does not change Keycloak's own flows: it stays as this release has it",
        );
  const { authenticationExecutions: steps = [], ...own } = flow as JsonMap & {
    readonly authenticationExecutions?: readonly JsonMap[];
  };
  if (!made.has(flow.alias)) return all(flow, path, "inexpressible", "no flow that is made has it as a step");
  return [
    ...reportsOf(flowTable, own, path),
    ...steps.flatMap((step: JsonMap, index) =>
      reportsOf(executionTable, step, `${path}.authenticationExecutions[${index}]`),
    ),
  ];
}

function configReports(realm: RealmRepresentation, config: JsonMap, path: string): FieldReport[] {
  const used = realm.authenticationFlows?.some(
    ({ builtIn, authenticationExecutions = [] }) =>
      !builtIn && authenticationExecutions.some((step: JsonMap) => step.authenticatorConfig === config.alias),
  );
  return used
    ? all(config, path, "translated", "by a resource of its step")
    : all(config, path, "default", "it is of a flow that Keycloak makes by itself");
}

function componentReports(realm: RealmRepresentation, existing: boolean): FieldReport[] {
  const { components } = realm;
  return Object.keys(components ?? {}).flatMap((type) =>
    list(componentsOf(components, type), `components[${type}]`, "name", (component, path) =>
      existing && misplacedTypes.includes(type) && !isMadeByKeycloak(realm, type, component)
        ? all(
            component,
            path,
            "inexpressible",
            "the provider would take it out of a realm that runs: it stays as it is",
          )
        : componentReport(realm, type, component, path),
    ),
  );
}

function isMadeByKeycloak(
  { realm = "" }: RealmRepresentation,
  type: string,
  component: JsonMap & RealmComponent,
): boolean {
  const isKey = type === componentType.keys && isBuiltInKeyProvider(component);
  return isKey || isBuiltInComponent(realm, type, component);
}

function componentReport(
  { components, realm = "" }: RealmRepresentation,
  type: string,
  component: JsonMap & RealmComponent,
  path: string,
): FieldReport[] {
  if (isBuiltInComponent(realm, type, component))
    return all(component, path, "default", "Keycloak makes it by itself");
  switch (type) {
    case componentType.storage: {
      const { subComponents, ...own } = component;
      if (component.providerId !== "ldap") return reportsOf(customFederationTable, component, path);
      return [
        ...reportsOf(ldapTable, own, path, { config: attributeDefaults.federation }),
        ...list(subComponents?.[componentType.ldapMapper], `${path}.mappers`, "name", (mapper, at) =>
          reportsOf(ldapMapperTable, mapper, at),
        ),
      ];
    }
    case componentType.keys:
      if (isBuiltInKeyProvider(component))
        return all(component, path, "default", "Keycloak makes its own keys");
      return keystores[component.providerId ?? ""]
        ? reportsOf(keystoreTable, component, path)
        : all(component, path, "inexpressible", "the provider would keep its private key in the state");
    case componentType.userProfile: {
      const profile = userProfileOf(components);
      return [
        ...list(profile?.attributes, `${path}.attributes`, "name", (one, at) =>
          reportsOf(profileAttributeTable, one, at),
        ),
        ...list(profile?.groups, `${path}.groups`, "name", (one, at) =>
          reportsOf(profileGroupTable, one, at),
        ),
        ...(profile?.unmanagedAttributePolicy === undefined
          ? []
          : [{ path: `${path}.unmanagedAttributePolicy`, kind: "carried" as const }]),
      ];
    }
    case componentType.registrationPolicy:
      return reportsOf(registrationPolicyTable, component, path);
    default:
      return all(component, path, "inexpressible", "components of this type are not made so far");
  }
}

/** Reports of a list of objects, each by its name. */
function list<T>(
  objects: unknown,
  path: string,
  key: string,
  reports: (object: T & JsonMap, path: string) => FieldReport[],
): FieldReport[] {
  const items = Array.isArray(objects) ? objects.filter(isObject) : [];
  return items.flatMap((item) => reports(item as T & JsonMap, `${path}[${String(item[key] ?? "")}]`));
}

/** One report for every leaf of an object. */
function all(object: object, path: string, kind: FieldReport["kind"], reason: string): FieldReport[] {
  return reportsOf([], object as JsonMap, path).map((report) => ({ path: report.path, kind, reason }));
}
