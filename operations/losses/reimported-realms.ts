import { importFolder } from "../../constructs/keycloak/server/keycloak-server";
import type { Deployment } from "../deployment/deployment";
import type { PlannedChange } from "../terraform/planned-changes";
import type { Loss } from "./realm-losses";

/** Names of the realms that are there and that a change has Keycloak import anew. */
export function importedAnew({ name, files = [] }: Pick<PlannedChange, "name" | "files">): string[] {
  return files.flatMap((file) =>
    name === "keycloak" && file.startsWith(importFolder)
      ? [file.slice(importFolder.length, -".json".length)]
      : [],
  );
}

/**
 * Realms whose accounts are to last, and that would be imported anew over what people have in them.
 *
 * @param lost what is told of already
 */
export function reimportedRealms(
  { environment }: Pick<Deployment, "environment">,
  changes: readonly Pick<PlannedChange, "name" | "files">[],
  lost: readonly Pick<Loss, "realm">[],
): Loss[] {
  if (environment.platform.storage.identity !== "durable") return [];
  return changes
    .flatMap(importedAnew)
    .filter((realm) => !lost.some((loss) => loss.realm === realm))
    .map((realm) => ({
      ...{ realm, by: "import" },
      what: "would be imported anew, over what people have in it",
      fix: "Take the change back; where Keycloak's Terraform provider makes a realm (identity: provider), changes are applied one by one",
    }));
}
