import { faultsOf } from "../../constructs/james/known-releases";
import { jamesReference } from "../model/resolve-storage";
import { at, type PlatformRule } from "./rule";

/** A James of which is known that people's mail is not right with it, or that the kit cannot run. */
const rightJames: PlatformRule = ({ storage, services: { james } }) =>
  faultsOf(james.release)
    .filter(({ outcome }) => outcome === "refused")
    .map(({ what, fix }) => ({
      path: ["images", jamesReference(storage.mail)],
      what: `James ${james.release.version}: ${what}`,
      got: james.release,
      fix: `${fix}; docs/james.md has what is known of each`,
    }));

/** A James that keeps mail elsewhere than the environment says. */
const keepsMail: PlatformRule = ({ storage, services: { james } }) =>
  at(
    ["images", "james"],
    storage.mail === "memory" &&
      james.release.flavour === "postgres" && {
        what: "this James keeps mail in PostgreSQL, and mail is in memory here",
        got: james.release,
        fix: "Say `storage: { identity: memory, mail: durable }` or `storage: durable`, and name it as imageReferences.jamesPostgres",
      },
  );

export const jamesRules: readonly PlatformRule[] = [rightJames, keepsMail];
