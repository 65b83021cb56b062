import type { Progress } from "../../setup/progress/progress";
import { databasesOf } from "../backup/stores";
import type { Deployment } from "../deployment/deployment";
import { endUpgrade, unfinishedUpgrade } from "../deployment/unfinished-upgrade";
import { forgetCopy } from "./database-copy";

/** Gives up the way back from an upgrade that was ended half-way: the environment has since been brought up. */
export async function forgetUpgrade(deployment: Deployment, progress: Progress): Promise<void> {
  const unfinished = unfinishedUpgrade(deployment.directory);
  if (!unfinished) return;
  for (const place of databasesOf(deployment.environment)) {
    if (place.service in unfinished.notes.copied) await forgetCopy(place);
  }
  endUpgrade(deployment.directory);
  progress.done(
    "upgrade",
    "that was ended half-way: it is finished now, and what it kept for going back is removed",
  );
}
