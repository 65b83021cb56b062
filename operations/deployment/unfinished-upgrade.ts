import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ExitCode, KitError } from "../../kit/errors";
import { makeFolder, withFiles, writePrivate } from "../../kit/file-system";
import { copyDeployed, type DeployedCopy, deployedCopy } from "./deployed-copy";

const form = z.object({
  startedAt: z.string(),
  /** The backup that was made before. */
  backup: z.string().optional(),
  /** Ids of the images that containers ran, by container. */
  images: z.record(z.string(), z.string()),
  /** Databases that were copied, by service. */
  copied: z.record(z.string(), z.string()),
  /** Whether it is going back: nobody else may use the environment then. */
  goingBack: z.boolean(),
});

/** What the kit must know of an upgrade that has not come to its end, to go on or to go back. */
export type UpgradeNotes = z.infer<typeof form>;

/** An upgrade that has not come to its end. */
export interface UnfinishedUpgrade {
  readonly notes: UpgradeNotes;
  /** What was deployed before it. */
  readonly former: DeployedCopy;
}

const folderOf = (directory: string) => join(directory, "upgrade");
const notesOf = (directory: string) => join(folderOf(directory), "notes.json");

/** @param directory of the environment */
export function unfinishedUpgrade(directory: string): UnfinishedUpgrade | undefined {
  const file = notesOf(directory);
  const former = deployedCopy(join(folderOf(directory), "former"));
  if (!existsSync(file) || !former) return undefined;
  try {
    return { notes: form.parse(JSON.parse(readFileSync(file, "utf8"))), former };
  } catch (error) {
    throw new KitError(
      "the notes of an upgrade cannot be read",
      [
        {
          where: file,
          what: "not what the kit wrote",
          fix: "Remove its folder, and bring the environment up: `up`",
        },
      ],
      { cause: error },
    );
  }
}

/** Notes that an upgrade has begun: from here on there is a way back. */
export function beginUpgrade(
  directory: string,
  deployed: DeployedCopy,
  notes: UpgradeNotes,
): UnfinishedUpgrade {
  withFiles(() => makeFolder(folderOf(directory), 0o700));
  const former = copyDeployed(deployed, join(folderOf(directory), "former"));
  return { notes: noteUpgrade(directory, notes), former };
}

export function noteUpgrade(directory: string, notes: UpgradeNotes): UpgradeNotes {
  writePrivate(notesOf(directory), JSON.stringify(notes));
  return notes;
}

export function endUpgrade(directory: string): void {
  withFiles(() => rmSync(folderOf(directory), { recursive: true, force: true }));
}

/** @throws KitError where an upgrade is going back and did not come to its end */
export function refuseGoingBack(environment: string, directory: string): void {
  if (!unfinishedUpgrade(directory)?.notes.goingBack) return;
  throw new KitError(
    `environment ${environment} is not whole`,
    [
      {
        where: directory,
        what: "an upgrade was going back there and did not come to its end",
        fix: "Run it again: `upgrade back`; or remove all: `down --delete-data`",
      },
    ],
    { exitCode: ExitCode.deployment },
  );
}
