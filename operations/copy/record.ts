import { hostname, userInfo } from "node:os";
import * as z from "zod";
import { derived, environmentLabel, holdsLabel, recordLabel } from "../../constructs/engine/labels";
import { docker } from "../../kit/docker";

const recordForm = z.object({
  /** When it was first brought up, as ISO 8601. */
  createdAt: z.iso.datetime(),
  /** Until when somebody wants it. @default nobody has said */
  endsAt: z.iso.datetime().optional(),
  /** The file that it is one of several from; undefined where it has the file's own name. */
  copyOf: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  /** Whether what people have in it lasts, or did once. */
  durable: z.boolean(),
  /** Who made it, `user@machine`. */
  by: z.string(),
});

/** What the engine knows of an environment that has a name, labels or a time of its own. */
export type EnvironmentRecord = z.output<typeof recordForm>;

export interface RecordChange {
  /** Whether what people have in it lasts. */
  readonly durable: boolean;
  readonly copyOf?: string;
  /** With those that it has. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Milliseconds from now on that somebody wants it. @default as before */
  readonly ttl?: number;
}

/** Undefined for what nobody can read: such an environment is somebody's. */
export function parseRecord(text: string): EnvironmentRecord | undefined {
  try {
    return recordForm.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What a record becomes. */
export function changedRecord(
  old: EnvironmentRecord | undefined,
  { durable, copyOf, labels, ttl }: RecordChange,
  now = Date.now(),
): EnvironmentRecord {
  const endsAt = ttl === undefined ? old?.endsAt : new Date(now + ttl).toISOString();
  return {
    createdAt: old?.createdAt ?? new Date(now).toISOString(),
    ...(endsAt !== undefined && { endsAt }),
    ...(copyOf !== undefined && { copyOf }),
    labels: { ...old?.labels, ...labels },
    durable: durable || old?.durable === true,
    by: old?.by ?? `${userInfo().username}@${hostname()}`,
  };
}

/**
 * Has the engine know it: on a volume, which can be made anew while services run.
 *
 * @param isWanted whether it is made where there is none
 */
export async function keepRecord(
  environment: string,
  change: RecordChange,
  isWanted: boolean,
): Promise<void> {
  const volume = `${environment}-record`;
  const label = `label=${environmentLabel}=${environment}`;
  const format = `{{.Label "${recordLabel}"}}`;
  const { stdout } = await docker([
    ...["volume", "ls", "--filter", label, "--filter", `label=${recordLabel}`, "--format", format],
  ]);
  const old = parseRecord(stdout.trim());
  if (!isWanted && stdout.trim() === "") return;
  const record = changedRecord(old, change);
  if (JSON.stringify(record) === JSON.stringify(old)) return;
  if (stdout.trim() !== "") await docker(["volume", "rm", volume]);
  const labels = {
    [environmentLabel]: environment,
    [holdsLabel]: derived,
    [recordLabel]: JSON.stringify(record),
  };
  await docker([
    ...["volume", "create"],
    ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    volume,
  ]);
}
