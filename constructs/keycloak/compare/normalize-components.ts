import { isObject, type Json, type JsonObject } from "../../../kit/json";
import { componentType } from "../representation/component-type";
import { attributeDefaults } from "./defaults";
import {
  comparable,
  isEmpty,
  keyed,
  listOf,
  mapValues,
  type Objects,
  objectOf,
  sortedSet,
  textOf,
  without,
} from "./values";

export function normalizeComponents(realm: JsonObject): Objects {
  const all = Object.entries(objectOf(realm.components)).flatMap(([type, list]) =>
    listOf(list)
      .filter(isObject)
      .map((component) => [componentLabel(type, component), component, type] as const),
  );
  return Object.fromEntries(all.map(([label, component, type]) => [label, componentObject(component, type)]));
}

function componentLabel(type: string, { name, subType }: JsonObject): string {
  switch (type) {
    case componentType.storage:
      return `user federation ${name}`;
    case componentType.keys:
      return `key provider ${name}`;
    case componentType.userProfile:
      return "user profile";
    case componentType.registrationPolicy:
      return `client registration policy ${name} (${subType})`;
    default:
      return `component ${type} ${name}`;
  }
}

const componentDefaults: Readonly<Record<string, JsonObject>> = {
  [componentType.storage]: attributeDefaults.federation,
  [componentType.keys]: { active: ["true"], enabled: ["true"] },
};

/** Sizes of the keys that Keycloak makes. */
const keyDefaults: Readonly<Record<string, JsonObject>> = {
  "rsa-generated": { keySize: ["2048"] },
  "hmac-generated": { secretSize: ["64"] },
  "aes-generated": { secretSize: ["16"] },
};

function componentObject(component: JsonObject, type: string): JsonObject {
  const children = Object.values(objectOf(component.subComponents)).flatMap(listOf);
  const defaults = { ...componentDefaults[type], ...keyDefaults[textOf(component.providerId)] };
  return comparable({
    ...without(component, ["name", "subType", "subComponents"]),
    config: mapValues({ ...defaults, ...objectOf(component.config) }, configValue),
    mappers: mapValues(keyed(children, "name"), (child) => componentObject(child, "")),
  });
}

/** A configuration value: the user profile is JSON in a string; "false" is what an absent one means. */
function configValue(value: Json, key: string): Json {
  const list = sortedSet(Array.isArray(value) ? value : [value]);
  const [only] = list;
  if (list.length !== 1 || typeof only !== "string") return list;
  if (key === "kc.user.profile.config") return parsed(only);
  return key in attributeDefaults.federation || only !== "false" ? list : [];
}

function parsed(text: string): Json {
  try {
    const profile = JSON.parse(text, numberAsText) as JsonObject;
    const [attributes, groups] = [profile.attributes, profile.groups].map((list) =>
      listOf(list).map((one) => (isObject(one) ? withoutUnset(one) : one)),
    );
    return comparable({ ...profile, attributes: attributes ?? [], groups: groups ?? [] });
  } catch {
    return text;
  }
}

/** A user profile may say `3` or `"3"`. */
function numberAsText(_: string, value: Json): Json {
  return typeof value === "number" ? String(value) : value;
}

/** An attribute of the profile without what is false or empty. A validation without settings stays: it is one nevertheless. */
function withoutUnset(attribute: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(attribute).filter(([, value]) => value !== false && !isEmpty(value)),
  );
}
