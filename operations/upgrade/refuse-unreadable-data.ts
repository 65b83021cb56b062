import { KitError } from "../../kit/errors";
import { databasesOf } from "../backup/stores";
import { deployedCopy, deployedFolder } from "../deployment/deployed-copy";
import type { Deployment } from "../deployment/deployment";
import { imageReleases } from "../deployment/image-releases";
import { demandsOf } from "./demands";

/**
 * Refuses a PostgreSQL that could not read what the deployed one keeps: it would end, and nobody could log in.
 *
 * @throws KitError that says how it is brought over
 */
export function refuseUnreadableData({
  environment,
  directory,
}: Pick<Deployment, "environment" | "directory">): void {
  const former = deployedCopy(deployedFolder(directory));
  if (!former || former.databases.length === 0 || databasesOf(environment).length === 0) return;
  const [from, to] = [former.releases.postgres, imageReleases(environment).postgres];
  const refused = demandsOf("postgres", from, to).filter(({ outcome }) => outcome === "refused");
  if (refused.length === 0) return;
  throw new KitError(
    `environment ${environment.name} cannot get another PostgreSQL so`,
    refused.map(({ what, fix }) => ({
      ...{ where: "imageReferences.postgres, images", what, got: `${from} → ${to}` },
      ...(fix !== undefined && { fix }),
    })),
  );
}
