import * as z from "zod";
import { KitError } from "../../../../kit/errors";
import { formProblems, readJson } from "../../representation/json-text";
import {
  addComponent,
  type Component,
  components,
  componentType,
  type RealmDraft,
} from "../object/representation";
import { profileRepresentation } from "../users/user-profile";

const form = z.looseObject({ attributes: z.array(z.looseObject({ name: z.string() })).optional() });

/** @throws KitError when it is no user profile */
function readProfile(text: string): Profile {
  const read = readJson(text, key);
  const problems = "problem" in read ? [read.problem] : formProblems(form, read.json, key);
  if ("problem" in read || problems.length > 0)
    throw new KitError("the realm's user profile cannot be read", problems);
  return read.json as Profile;
}

interface Profile {
  readonly attributes?: readonly { readonly name: string; readonly [key: string]: unknown }[];
}

const key = "kc.user.profile.config";

/**
 * Lets no user of a realm have a mail address of other domains: the user profile refuses it, wherever a user is made or
 * changed, and only administrators change addresses. James believes a realm about its users; where there are several
 * realms, one must not name the users of another. It does not hold against who administers the realm itself.
 */
export function keepToDomains(realm: RealmDraft, domains: readonly string[]): RealmDraft {
  const [present] = components(realm, componentType.userProfile);
  const text = present?.config?.[key]?.[0];
  const profile = typeof text === "string" ? readProfile(text) : (profileRepresentation([]) as Profile);
  const pattern = `^[^@]+@(${domains.map((domain) => domain.replaceAll(".", "\\.")).join("|")})$`;
  const component: Component = {
    ...(present ?? { providerId: "declarative-user-profile" }),
    config: {
      ...present?.config,
      [key]: [
        JSON.stringify({
          ...profile,
          attributes: (profile.attributes ?? []).map((attribute) =>
            attribute.name === "email"
              ? {
                  ...attribute,
                  validations: { ...(attribute.validations as object), pattern: { pattern } },
                  permissions: { ...(attribute.permissions as object), edit: ["admin"] },
                }
              : attribute,
          ),
        }),
      ],
    },
  };
  const others = { ...realm.components } as Record<string, unknown>;
  delete others[componentType.userProfile];
  const result = { ...realm, components: others as NonNullable<RealmDraft["components"]> };
  addComponent(result, componentType.userProfile, component);
  return result;
}
