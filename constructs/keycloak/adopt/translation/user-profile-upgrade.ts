import { isObject } from "../../../../kit/json";
import { isAtLeast } from "../../../../kit/release";
import { componentType } from "../../representation/component-type";
import type { Editable } from "../export/representation-objects";
import { ignored, type Note, translated } from "./field-rule";

const type = componentType.userProfile;
const key = "kc.user.profile.config";

/**
 * The user profile of releases before 24, in place. It was an option: where it was off, users have attributes that no
 * profile names, and Keycloak's own import lets them keep these.
 */
export function upgradeUserProfile(realm: Editable, release: string): { notes: Note[]; added: string[] } {
  if (isAtLeast(release, "24")) return { notes: [], added: [] };
  const isOn = String((realm.attributes as Editable | undefined)?.userProfileEnabled) === "true";
  const components = (realm.components ?? {}) as Record<string, Editable[]>;
  const [component] = components[type] ?? [];
  const config = { ...(component?.config as Record<string, string[]> | undefined) };
  const pieces = isAtLeast(release, "23") ? undefined : joinedPieces(config);
  const notes = pieces === undefined ? [] : [pieceNote(component, isOn)];
  if (isOn) {
    if (pieces !== undefined) config[key] = [pieces];
    setProfile(realm, components, component, config);
    return { notes, added: [] };
  }
  const profile = parsed(config[key]?.[0]) ?? openUserProfile;
  config[key] = [JSON.stringify({ ...profile, unmanagedAttributePolicy: "ENABLED" })];
  setProfile(realm, components, component, config);
  return {
    notes,
    added: ["user profile: attributes that it does not name stay possible, as before release 24"],
  };
}

/** One without a configuration is Keycloak's own. */
function setProfile(
  realm: Editable,
  components: Record<string, Editable[]>,
  component: Editable | undefined,
  config: Record<string, string[]>,
): void {
  const { [type]: _, ...others } = components;
  const own = { providerId: "declarative-user-profile", ...component, config };
  if (config[key] !== undefined) realm.components = { ...others, [type]: [own] };
  else if (realm.components !== undefined) realm.components = others;
}

/** Up to release 22 a profile was kept in pieces; they leave the configuration. */
function joinedPieces(config: Record<string, string[]>): string | undefined {
  const names = Object.keys(config).filter((name) => /^config-piece-\d+$/.test(name));
  const order = names.toSorted((a, b) => Number(a.slice(13)) - Number(b.slice(13)));
  const text = order.map((name) => config[name]?.[0] ?? "").join("");
  for (const name of [...names, "config-pieces-count"]) delete config[name];
  return text === "" ? undefined : text;
}

function pieceNote(component: Editable | undefined, isOn: boolean): Note {
  const path = `components[${type}][${component?.name ?? component?.id ?? "#1"}].config`;
  return { path, ...(isOn ? translated(`it is in ${key} now`) : ignored("the user profile was off")) };
}

function parsed(text: string | undefined): Editable | undefined {
  try {
    const profile: unknown = JSON.parse(text ?? "");
    return isObject(profile) ? (profile as Editable) : undefined;
  } catch {
    return undefined;
  }
}

/** Keycloak's own. */
const openUserProfile = {
  attributes: ["username", "email", "firstName", "lastName"].map((name) => ({
    name,
    displayName: `\${${name}}`,
    validations: validations(name),
    ...(name !== "username" && { required: { roles: ["user"] } }),
    permissions: { view: ["admin", "user"], edit: ["admin", "user"] },
    multivalued: false,
  })),
  groups: [
    {
      name: "user-metadata",
      displayHeader: "User metadata",
      displayDescription: "Attributes, which refer to user metadata",
    },
  ],
};

function validations(attribute: string): object {
  switch (attribute) {
    case "username":
      return {
        length: { min: 3, max: 255 },
        "username-prohibited-characters": {},
        "up-username-not-idn-homograph": {},
      };
    case "email":
      return { email: {}, length: { max: 255 } };
    default:
      return { length: { max: 255 }, "person-name-prohibited-characters": {} };
  }
}
