import type { Construct } from "constructs";
import { KitError } from "../../../../kit/errors";
import { isObject } from "../../../../kit/json";
import {
  RealmClientRegistrationPolicy,
  type RealmClientRegistrationPolicyConfig,
} from "../../bindings/realm-client-registration-policy";
import { RealmKeystoreAesGenerated } from "../../bindings/realm-keystore-aes-generated";
import { RealmKeystoreEcdsaGenerated } from "../../bindings/realm-keystore-ecdsa-generated";
import { RealmKeystoreHmacGenerated } from "../../bindings/realm-keystore-hmac-generated";
import { RealmKeystoreRsaGenerated } from "../../bindings/realm-keystore-rsa-generated";
import { RealmUserProfile, type RealmUserProfileConfig } from "../../bindings/realm-user-profile";
import { RequiredAction, type RequiredActionConfig } from "../../bindings/required-action";
import { bareRealm } from "../../compare/bare-realm";
import { fieldDefaults } from "../../compare/defaults";
import { componentType } from "../../representation/component-type";
import { readJson } from "../../representation/json-text";
import { isBuiltInAction, isBuiltInComponent, isBuiltInKeyProvider } from "../mapping/built-in-objects";
import { first, firstBoolean, firstNumber, firstText, jsonTexts, texts } from "../mapping/conversions";
import { attributesOf, type FieldMapping, type JsonMap, sameNames } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";
import { componentsOf } from "./federations";

type Keystore = new (scope: Construct, id: string, config: { name: string; realmId: string }) => Construct;

/** Providers of keys that Keycloak makes by itself; the provider would keep any other's private key in its state. */
export const keystores: Readonly<Record<string, Keystore>> = {
  "rsa-generated": RealmKeystoreRsaGenerated,
  "hmac-generated": RealmKeystoreHmacGenerated,
  "aes-generated": RealmKeystoreAesGenerated,
  "ecdsa-generated": RealmKeystoreEcdsaGenerated,
};

/** keycloak_realm_keystore_*_generated. */
export const keystoreTable: readonly FieldMapping[] = [
  { at: "name", to: "name" },
  { at: "providerId", is: "translated", why: "by the kind of the resource" },
  { at: "config/active", to: "active", as: firstBoolean },
  { at: "config/enabled", to: "enabled", as: firstBoolean },
  { at: "config/priority", to: "priority", as: firstNumber },
  { at: "config/algorithm", to: "algorithm", as: firstText, when: hasAlgorithm },
  { at: "config/keySize", to: "keySize", as: firstNumber },
  { at: "config/secretSize", to: "secretSize", as: firstNumber },
  { at: "config/ecdsaEllipticCurveKey", to: "ellipticCurveKey", as: firstText },
  ...["config/kid", "config/privateKey", "config/certificate", "config/secret", "config/ecdsaPrivateKey"].map(
    (at): FieldMapping => ({ at, is: "default", why: "Keycloak makes the key" }),
  ),
  { at: "config/ecdsaPublicKey", is: "default", why: "Keycloak makes the key" },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "subComponents", is: "default", why: "a provider of keys has none" },
];

function hasAlgorithm(_: unknown, { providerId }: JsonMap): boolean {
  return providerId === "rsa-generated" || providerId === "hmac-generated";
}

/**
 * Components that the provider puts into the realm whose id is the name of this one (5.9.0): out of any that it has not
 * made. In one that runs they stay as they are.
 */
export const misplacedTypes: readonly string[] = [componentType.keys, componentType.registrationPolicy];

/** Keys beside those of every realm. */
export function keyResources(scope: RealmScope): void {
  if (scope.options.existing) return;
  for (const component of componentsOf(scope.representation.components, componentType.keys)) {
    const Keystore = keystores[component.providerId ?? ""];
    if (!Keystore || isBuiltInKeyProvider(component)) continue;
    new Keystore(scope, scope.idOf("keys", component.name ?? ""), {
      ...attributesOf<{ name: string }>(keystoreTable, component as JsonMap),
      realmId: scope.realmId,
    });
  }
}

/** One attribute in keycloak_realm_user_profile. */
export const profileAttributeTable: readonly FieldMapping[] = [
  ...sameNames("name", "displayName", "defaultValue", "group"),
  { at: "multivalued", to: "multiValued" },
  { at: "selector/scopes", to: "enabledWhenScope" },
  { at: "required/roles", to: "requiredForRoles" },
  { at: "required/scopes", to: "requiredForScopes" },
  { at: "permissions/view", to: "permissions.view" },
  { at: "permissions/edit", to: "permissions.edit" },
  { at: "validations", to: "validator", as: validators },
  { at: "annotations", to: "annotations", as: jsonTexts },
];

/** One group of attributes there. */
export const profileGroupTable: readonly FieldMapping[] = [
  ...sameNames("name", "displayHeader", "displayDescription"),
  { at: "annotations", to: "annotations", as: jsonTexts },
];

function validators(validations: unknown): unknown[] {
  return isObject(validations)
    ? Object.entries(validations).map(([name, config]) => {
        const values = jsonTexts(config);
        return { name, ...(Object.keys(values).length > 0 && { config: values }) };
      })
    : [];
}

/** The user profile of a representation, where it says one. @throws KitError for what is no JSON object */
export function userProfileOf(components: unknown): JsonMap | undefined {
  const [component] = componentsOf(components, componentType.userProfile);
  const text = first(component?.config?.["kc.user.profile.config"]);
  // A blank one is Keycloak's own.
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const where = `components[${componentType.userProfile}].config[kc.user.profile.config]`;
  const read = readJson(text, where);
  if ("json" in read && isObject(read.json)) return read.json;
  throw new KitError("the realm's user profile cannot be read", [
    "problem" in read ? read.problem : { where, what: "not a JSON object", fix: "Export the realm again" },
  ]);
}

/** Which attributes users have. */
export function userProfileResource(scope: RealmScope): void {
  const profile = userProfileOf(scope.representation.components);
  if (!profile) return;
  const {
    attributes = [],
    groups = [],
    unmanagedAttributePolicy,
  } = profile as {
    attributes?: JsonMap[];
    groups?: JsonMap[];
    unmanagedAttributePolicy?: string;
  };
  const resource = new RealmUserProfile(scope, "user-profile", {
    realmId: scope.realmId,
    attribute: attributes.map((one) => attributesOf(profileAttributeTable, one)),
    group: groups.map((one) => attributesOf(profileGroupTable, one)),
    ...(unmanagedAttributePolicy && { unmanagedAttributePolicy }),
  } as unknown as RealmUserProfileConfig);
  scope.profile.push(resource);
}

/** keycloak_realm_client_registration_policy. */
export const registrationPolicyTable: readonly FieldMapping[] = [
  ...sameNames("name", "providerId", "subType"),
  { at: "config", to: "config", as: commaTexts },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "subComponents", is: "default", why: "a policy has none" },
];

/** The provider takes several values in one text. */
function commaTexts(config: unknown): Record<string, string> {
  const entries = Object.entries(isObject(config) ? config : {}).map(([key, value]) => [
    key,
    [value].flat().join(","),
  ]);
  return Object.fromEntries(entries.filter(([, text]) => text !== ""));
}

/** What clients that register themselves must keep to, where it is not as Keycloak has it by itself. */
export function registrationPolicyResources(scope: RealmScope): void {
  if (scope.options.existing) return;
  for (const policy of componentsOf(scope.representation.components, componentType.registrationPolicy)) {
    const { name = "", subType = "" } = policy as { name?: string; subType?: string };
    if (isBuiltInComponent(scope.name, componentType.registrationPolicy, policy as JsonMap)) continue;
    new RealmClientRegistrationPolicy(scope, scope.idOf("registration-policy", subType, name), {
      ...attributesOf<RealmClientRegistrationPolicyConfig>(registrationPolicyTable, policy as JsonMap),
      realmId: scope.realmId,
      // It may name client scopes.
      dependsOn: [...scope.emptied, ...scope.clientScopes],
    });
  }
}

/** keycloak_required_action. */
export const requiredActionTable: readonly FieldMapping[] = [
  ...sameNames("alias", "name", "enabled", "priority"),
  {
    at: "defaultAction",
    is: "default",
    why: "nobody is asked for an action that is disabled",
    when: (value, { enabled }) => value === true && enabled !== true,
  },
  { at: "defaultAction", to: "defaultAction" },
  {
    at: "providerId",
    is: "translated",
    why: "by its alias",
    when: (value, action) => value === action.alias,
  },
  { at: "config", to: "config", as: texts },
];

/** What users are asked to do, where it is not as Keycloak has it by itself. */
export function requiredActionResources(scope: RealmScope): void {
  const { requiredActions } = scope.representation;
  if (!requiredActions) return;
  const given = new Set(requiredActions.map(({ alias }) => alias));
  // Keycloak also has those that the realm does not name: they are switched off.
  const missing = (bareRealm(scope.name).requiredActions ?? [])
    .filter(({ alias }) => !given.has(alias))
    .map((action) => ({ ...action, enabled: false, defaultAction: false }));
  for (const action of [...requiredActions, ...missing]) {
    if (isBuiltInAction(scope.name, action as JsonMap)) continue;
    new RequiredAction(scope, scope.idOf("required-action", action.alias ?? ""), {
      ...attributesOf<RequiredActionConfig>(requiredActionTable, {
        ...fieldDefaults.requiredAction,
        ...(action as JsonMap),
      }),
      realmId: scope.realmId,
      dependsOn: scope.users,
    });
  }
}
