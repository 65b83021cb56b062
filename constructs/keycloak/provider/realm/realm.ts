import { isObject } from "../../../../kit/json";
import { TerraformResource } from "../../../terraform";
import { literal } from "../../../terraform/terraform-literal";
import { Realm, type RealmConfig } from "../../bindings/realm";
import { RealmDefaultClientScopes } from "../../bindings/realm-default-client-scopes";
import { RealmEvents, type RealmEventsConfig } from "../../bindings/realm-events";
import { RealmLocalization } from "../../bindings/realm-localization";
import { RealmOptionalClientScopes } from "../../bindings/realm-optional-client-scopes";
import { bareRealm } from "../../compare/bare-realm";
import { maskedSecret } from "../../compare/masked-secret";
import { isEmpty } from "../../compare/values";
import { builtInClients } from "../../representation/built-in-clients";
import { componentType } from "../../representation/component-type";
import { offlineAccess, optionalScopes } from "../../representation/optional-scopes";
import { isBuiltInComponent, isUnchangedScope } from "../mapping/built-in-objects";
import { attributesOf, type JsonMap, valueAt } from "../mapping/field-mapping";
import type { RealmScope } from "./realm-scope";
import { eventsTable, realmTable } from "./realm-table";

/** Fields of a realm with Keycloak's defaults: the provider would send others for those that are left out. */
function completeRealm(scope: RealmScope): JsonMap {
  const given = scope.representation as JsonMap;
  const bare = bareRealm(scope.name) as JsonMap;
  return {
    ...bare,
    ...given,
    attributes: given.attributes ?? {},
    browserSecurityHeaders: {
      // Browsers no longer know it, nor does Keycloak send it; the provider would.
      xXSSProtection: "",
      ...(bare.browserSecurityHeaders as object),
      ...(given.browserSecurityHeaders as object | undefined),
    },
  };
}

/** The realm itself. */
export function realmResource(scope: RealmScope): void {
  const complete = completeRealm(scope);
  const attributes = attributesOf<RealmConfig>(realmTable, complete);
  const password = valueAt(complete, "smtpServer/password");
  const auth = valueAt({ ...attributes }, "smtpServer/auth");
  // Keycloak's own word for "the one you have": the provider has no write-only attribute for it.
  if (isObject(auth)) Object.assign(auth, { password: maskedSecret });
  scope.realm = new Realm(scope, "realm", {
    ...attributes,
    ...scope.protection,
    dependsOn: [...(scope.options.dependsOn ?? [])],
  });
  scope.existing(scope.realm);
  scope.realmId = scope.realm.id;
  const secret = isObject(auth) ? scope.secret("smtp", password) : undefined;
  if (secret) {
    scope.program("smtp-password", {
      command: "secret",
      triggers: {
        realm: scope.realmId,
        version: secret.version,
        user: String(isObject(auth) && auth.username),
      },
      environment: {
        KIT_PATH: scope.realmId,
        KIT_FIELD: "smtpServer.password",
        KIT_VALUE: secret.value,
        KIT_WHOLE: "no",
      },
    });
  }
  removeMadeScopes(scope);
}

const placeholderScope = "kit-placeholder";

/**
 * Takes away the client scopes and registration policies that Keycloak has made in the new realm, where the representation
 * has its own: an import makes none of Keycloak's then.
 */
function removeMadeScopes(scope: RealmScope): void {
  const { clientScopes: given, components } = scope.representation;
  const policies = (components as Record<string, JsonMap[]> | undefined)?.[componentType.registrationPolicy];
  if (!given && !policies) return;
  const names = given?.map(({ name = "" }) => name) ?? [];
  const keep = given && [
    ...given.filter((one) => isUnchangedScope(one as JsonMap)).map(({ name }) => name),
    ...(names.includes(offlineAccess) ? [] : [offlineAccess]),
  ];
  const keptPolicies = policies
    ?.filter((one) => isBuiltInComponent(scope.name, componentType.registrationPolicy, one))
    .map(({ name, subType }) => `${subType} ${name}`);
  scope.emptied.push(
    scope.program("empty", {
      command: "empty",
      triggers: { realm: scope.realm.internalId },
      environment: {
        KIT_REALM: scope.name,
        KIT_EXISTING: scope.options.existing ? "yes" : "",
        KIT_OWN_CLIENTS: JSON.stringify([...builtInClients]),
        KIT_KEEP: keep ? JSON.stringify(keep) : "",
        KIT_POLICIES: JSON.stringify(keptPolicies ?? null),
        KIT_PLACEHOLDER: placeholderScope,
      },
    }),
  );
}

/** Removes the scope that stood in for the realm's own until they were there. */
function removePlaceholder(scope: RealmScope): void {
  if (!scope.representation.clientScopes) return;
  const dependsOn = [...scope.emptied, ...scope.clientScopes];
  scope.clientScopes.push(
    scope.program(
      "emptied",
      {
        command: "removeScope",
        triggers: { realm: scope.realm.internalId },
        environment: { KIT_REALM: scope.name, KIT_PLACEHOLDER: placeholderScope },
      },
      dependsOn,
    ),
  );
}

/** Client profiles and policies. The provider's resources for them take no booleans and find no drift. */
export const clientPolicyFields = [
  { at: "clientProfiles", path: "profiles" },
  { at: "clientPolicies", path: "policies" },
] as const;

/** They come last, since they are about what is done to clients then. */
export function clientPolicyResources(scope: RealmScope): void {
  const given = scope.representation as JsonMap;
  let before = scope.node.children.filter((child) => child instanceof TerraformResource);
  for (const { at, path } of clientPolicyFields) {
    const list = valueAt(given, `${at}/${path}`);
    if (isEmpty(list)) continue;
    const fields = literal(JSON.stringify({ [path]: list }));
    const program = scope.program(
      scope.idOf("client", path),
      {
        command: "merge",
        triggers: { realm: scope.realm.internalId, fields },
        environment: { KIT_PATH: `${scope.name}/client-policies/${path}`, KIT_FIELDS: fields },
      },
      before,
    );
    before = [program];
  }
}

/** Events, texts and the scopes of clients that do not say theirs. */
export function realmSettings(scope: RealmScope): void {
  const given = scope.representation as JsonMap;
  const realmId = scope.realmId;
  if (eventsTable.some(({ at }) => given[at] !== undefined)) {
    new RealmEvents(scope, "events", {
      ...attributesOf<RealmEventsConfig>(eventsTable, completeRealm(scope)),
      realmId,
    });
  }
  for (const [locale, texts] of Object.entries(
    (given.localizationTexts ?? {}) as Record<string, Record<string, string>>,
  )) {
    new RealmLocalization(scope, scope.idOf("texts", locale), {
      realmId,
      locale,
      texts: literal(texts),
    });
  }
  const { defaultDefaultClientScopes, defaultOptionalClientScopes, clientScopes } = scope.representation;
  if (!clientScopes && !defaultDefaultClientScopes && !defaultOptionalClientScopes) return;
  removePlaceholder(scope);
  const dependsOn = [...scope.emptied, ...scope.clientScopes];
  const defaults = new RealmDefaultClientScopes(scope, "default-client-scopes", {
    realmId,
    defaultScopes: defaultDefaultClientScopes ?? [],
    dependsOn,
  });
  // One after the other: a scope that changes sides is first taken away.
  const optional = new RealmOptionalClientScopes(scope, "optional-client-scopes", {
    realmId,
    // One that runs may have been left without offline_access.
    optionalScopes: scope.options.existing
      ? (defaultOptionalClientScopes ?? [])
      : clientScopes
        ? optionalScopes(scope.representation)
        : (defaultOptionalClientScopes ?? [offlineAccess]),
    dependsOn: [defaults],
  });
  // It comes after all of them.
  scope.clientScopes = [optional];
}
