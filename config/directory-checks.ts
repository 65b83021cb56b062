import type { Problem } from "../kit/errors";
import type { Settings } from "./settings";

/** What does not go with a directory of one's own, and what does not without one. */
export function directoryProblems(
  { directory, ldif, realms }: Settings,
  place: (path: readonly PropertyKey[]) => string,
): Problem[] {
  if (directory) {
    return ldif.length === 0
      ? []
      : [
          {
            where: place(["ldif"]),
            what: "the directory is not the kit's: nothing is added to it",
            fix: "Leave ldif, or directory, out",
          },
        ];
  }
  return realms.flatMap((realm, index) => [
    ...(realm.people === undefined
      ? [{ where: place(["realms", index, "people"]), what: "is missing", allowed: "a list" }]
      : []),
    ...(realm.usersDn === undefined
      ? []
      : [
          {
            where: place(["realms", index, "usersDn"]),
            what: "it is about a directory of one's own, and there is none",
            got: realm.usersDn,
            fix: "Leave it out, or say directory",
          },
        ]),
  ]);
}
