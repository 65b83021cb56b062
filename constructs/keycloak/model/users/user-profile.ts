import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import { type InnerProblem, RealmObject } from "../object/realm-object";
import { addComponent, componentType, type RealmDraft } from "../object/representation";

/** Who sees or changes an attribute. */
export type ProfileRole = "admin" | "user";

export interface UserAttribute {
  readonly name: string;
  /** A text, or `${key}` of the theme's messages. @default none */
  readonly displayName?: string;
  /** Name of a group of attributes. @default none */
  readonly group?: string;
  /** @default false */
  readonly multivalued?: boolean;
  /** Of whom it is demanded, always or when a client asks for a scope. `true`: of all. @default of nobody */
  readonly required?: true | { readonly roles?: readonly ProfileRole[]; readonly scopes?: readonly string[] };
  /** @default seen and changed by both */
  readonly view?: readonly ProfileRole[];
  /** @default seen and changed by both */
  readonly edit?: readonly ProfileRole[];
  /** Shown only to clients that ask for one of these scopes. @default always */
  readonly scopes?: readonly string[];
  /** By the name of the validator, as `{ length: { max: 255 }, email: {} }`. @default none */
  readonly validations?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** For pages, as `inputType`. @default none */
  readonly annotations?: Readonly<Record<string, unknown>>;
  /** @default none */
  readonly defaultValue?: string;
}

export interface AttributeGroup {
  readonly name: string;
  /** @default none */
  readonly displayHeader?: string;
  /** @default none */
  readonly displayDescription?: string;
  /** @default none */
  readonly annotations?: Readonly<Record<string, unknown>>;
}

export interface UserProfileProps {
  /** In the order of pages. Beside `username`, `email`, `firstName` and `lastName`, which stay as Keycloak has them unless named. */
  readonly attributes: readonly UserAttribute[];
  /** @default none */
  readonly groups?: readonly AttributeGroup[];
  /** What becomes of attributes that are not named. @default "disabled": there are none */
  readonly unmanagedAttributes?: "disabled" | "enabled" | "admin-view" | "admin-edit";
}

const everyRole: readonly ProfileRole[] = ["admin", "user"];
const personName = { length: { max: 255 }, "person-name-prohibited-characters": {} };

/** As Keycloak 26 has them. */
const standardAttributes: readonly UserAttribute[] = [
  {
    name: "username",
    displayName: "${username}",
    validations: {
      length: { min: 3, max: 255 },
      "username-prohibited-characters": {},
      "up-username-not-idn-homograph": {},
    },
  },
  {
    name: "email",
    displayName: "${email}",
    required: { roles: ["user"] },
    validations: { email: {}, length: { max: 255 } },
  },
  { name: "firstName", displayName: "${firstName}", required: { roles: ["user"] }, validations: personName },
  { name: "lastName", displayName: "${lastName}", required: { roles: ["user"] }, validations: personName },
];

const policy = { enabled: "ENABLED", "admin-view": "ADMIN_VIEW", "admin-edit": "ADMIN_EDIT" } as const;

/** What is known of users, and who may change it. One a realm. https://www.keycloak.org/docs/latest/server_admin/#user-profile */
export class UserProfile extends RealmObject {
  readonly kind = "user profile";
  readonly objectName = "user profile";

  constructor(
    scope: Construct,
    id: string,
    readonly props: UserProfileProps,
  ) {
    super(scope, id);
  }

  addTo(realm: RealmDraft): void {
    const { attributes, groups = [], unmanagedAttributes = "disabled" } = this.props;
    const profile = {
      ...profileRepresentation(attributes),
      groups,
      ...(unmanagedAttributes !== "disabled" && { unmanagedAttributePolicy: policy[unmanagedAttributes] }),
    };
    addComponent(realm, componentType.userProfile, {
      providerId: "declarative-user-profile",
      config: { "kc.user.profile.config": [JSON.stringify(profile)] },
    });
  }

  override problems(): InnerProblem[] {
    const { attributes, groups = [] } = this.props;
    const names = attributes.map(({ name }) => name);
    const known = groups.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    return [
      ...(twice === undefined ? [] : [{ at: `attributes.${twice}`, what: "the attribute is there twice" }]),
      ...attributes
        .filter(({ group }) => group !== undefined && !known.includes(group))
        .map(({ name, group }) => ({
          at: `attributes.${name}.group`,
          what: "unknown group of attributes",
          got: group,
          allowed: known,
        })),
      ...attributes
        .filter(({ name }) => !/^[A-Za-z0-9._-]+$/.test(name))
        .map(({ name }) => ({ at: "attributes", what: "not the name of an attribute", got: name })),
    ];
  }
}

/** Keycloak's own attributes, unless named, and others. */
export function profileRepresentation(attributes: readonly UserAttribute[]) {
  const named = new Set(attributes.map(({ name }) => name));
  const all = [...standardAttributes.filter(({ name }) => !named.has(name)), ...attributes];
  return { attributes: all.map(attributeRepresentation) };
}

function attributeRepresentation(attribute: UserAttribute) {
  const { name, displayName, group, required, scopes, validations = {}, annotations } = attribute;
  return {
    name,
    ...defined({ displayName, validations, annotations, group, defaultValue: attribute.defaultValue }),
    ...(required !== undefined && { required: required === true ? {} : required }),
    permissions: { view: attribute.view ?? everyRole, edit: attribute.edit ?? everyRole },
    ...(scopes && { selector: { scopes } }),
    multivalued: attribute.multivalued ?? false,
  };
}
