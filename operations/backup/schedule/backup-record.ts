import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Problem } from "../../../kit/errors";
import { writePrivate } from "../../../kit/file-system";

/** In the environment's folder: outlives a restore, which is of what people have. */
export const recordFile = "backups.json";

const form = z.object({
  last: z.object({ path: z.string(), createdAt: z.iso.datetime() }).optional(),
  schedule: z.object({ daily: z.string(), unit: z.string(), since: z.iso.datetime() }).optional(),
});

/** What the kit remembers of an environment's backups. */
export interface BackupRecord {
  /** The newest that has come to its end. */
  readonly last?: { readonly path: string; readonly createdAt: string } | undefined;
  /** By which systemd has them made. */
  readonly schedule?: BackupSchedule | undefined;
}

export interface BackupSchedule {
  /** `03:00`, of the machine. */
  readonly daily: string;
  /** Of systemd, without `.timer`. */
  readonly unit: string;
  /** ISO 8601. */
  readonly since: string;
}

export function readRecord(directory: string): BackupRecord {
  try {
    return form.parse(JSON.parse(readFileSync(join(directory, recordFile), "utf8")));
  } catch {
    // None yet, or somebody has written there: what is remembered next takes its place.
    return {};
  }
}

/** @param change undefined forgets */
export function remember(directory: string, change: BackupRecord): void {
  const record = { ...readRecord(directory), ...change };
  writePrivate(join(directory, recordFile), `${JSON.stringify(record, null, 2)}\n`);
}

const hour = 3_600_000;

/** A day, and what a backup may take. */
const ALLOWED_MS = 30 * hour;

/** What is wrong where the last backup is older than its schedule allows, or none was made. */
export function overdue({ last, schedule }: BackupRecord, now = new Date()): Problem | undefined {
  if (!schedule) return undefined;
  const newest = last && last.createdAt > schedule.since ? last.createdAt : schedule.since;
  if (now.getTime() - Date.parse(newest) <= ALLOWED_MS) return undefined;
  return {
    where: `${schedule.unit}.timer`,
    what: last
      ? `the last backup is of ${last.createdAt}: it is older than its schedule allows`
      : `no backup was made since it was scheduled, at ${schedule.since}`,
    allowed: `one each day at ${schedule.daily}`,
    fix: `\`journalctl --unit ${schedule.unit}\` tells why; \`systemctl start ${schedule.unit}\` tries again`,
  };
}
