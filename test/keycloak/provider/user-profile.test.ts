import { expect, it } from "vitest";
import { userProfileOf } from "../../../constructs/keycloak/provider/components/components";

const profileIn = (text: unknown) =>
  userProfileOf({
    "org.keycloak.userprofile.UserProfileProvider": [
      { providerId: "declarative-user-profile", config: { "kc.user.profile.config": text } },
    ],
  });

it.each([
  [["{}"], {}],
  ["{}", {}],
  [[""], undefined],
  ["", undefined],
  [[], undefined],
])("%j says a user profile, or leaves Keycloak's own", (text, profile) => {
  expect(profileIn(text)).toEqual(profile);
});

it.each(["{", "[]", "1"])("%j is refused", (text) => {
  expect(() => profileIn([text])).toThrow(/user profile cannot be read/);
});
