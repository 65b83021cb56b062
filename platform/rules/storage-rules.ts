import { at, type PlatformRule } from "./rule";

const orInMemory = "storage: { identity: durable, mail: memory }";

/** Which James keeps mail. */
const durableMail: PlatformRule = ({ storage, services: { james } }) =>
  at(
    ["storage", "mail"],
    storage.mail === "durable" &&
      james.release.flavour !== "postgres" && {
        what: "no James that keeps mail can be built from package registries",
        got: "durable",
        fix: `Run images of a registry (images: registry), or say ${orInMemory}`,
      },
  );

export const storageRules: readonly PlatformRule[] = [durableMail];
