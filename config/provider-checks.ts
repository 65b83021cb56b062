import type { Problem } from "../kit/errors";
import type { Settings } from "./settings";

/** What does not go with a Keycloak, or another OpenID provider, of one's own. */
export function providerProblems(
  { keycloak, openid, identity, realm, realms }: Settings,
  place: (path: readonly PropertyKey[]) => string,
): Problem[] {
  const foreign = keycloak ? "the Keycloak" : "the OpenID provider";
  const all = [
    { path: ["realm"], openid, template: realm.template },
    ...realms.map((one, index) => ({ ...one, path: ["realms", index] })),
  ];
  const provided = all.every((one) => one.openid);
  return [
    ...all
      .filter((one) => one.template !== undefined && (keycloak || one.openid))
      .map(({ path, template }) => ({
        where: place([...path, "template"]),
        what: `${foreign} is not the kit's: nothing of its realms is made but clients`,
        got: template,
        fix: "Leave it out",
      })),
    ...(identity !== undefined && (keycloak || provided) && !(identity === "provider" && keycloak?.admin)
      ? [
          {
            where: place(["identity"]),
            what: `${foreign} is not the kit's: no realm is ${identity === "import" ? "imported" : "made"}`,
            got: identity,
            fix: "Leave it out",
          },
        ]
      : []),
    ...(keycloak && provided
      ? [
          {
            where: place(["keycloak"]),
            what: "every realm has another OpenID provider: nobody uses it",
            fix: "Leave it, or openid, out",
          },
        ]
      : []),
  ];
}
