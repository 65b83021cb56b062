import { existsSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { containerNames } from "../../platform/model/addresses";
import { withLock } from "../../setup/host/lock";
import { engineState, removeAll } from "../engine/engine";
import { type EngineEnvironment, engineEnvironments } from "./engine-environments";

export interface PruneWish {
  /** Milliseconds. @default none goes for its age */
  readonly olderThan?: number;
  /** All of which an environment must have. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Whether an environment goes, and why, in words. Undefined: it is none of those that `prune` is about. */
export type Judgement = { readonly goes: boolean; readonly why: string } | undefined;

/**
 * Judges an environment. Only those are meant that were made to be removed: with a lease, or as one of several from a file. A lease
 * goes before age, and what people have before everything.
 */
export function judge(
  { createdAt, endsAt, copyOf, labels = {}, durable }: EngineEnvironment,
  { olderThan, labels: wanted = {} }: PruneWish,
  now = Date.now(),
): Judgement {
  const isMeant = endsAt !== undefined || (copyOf !== undefined && olderThan !== undefined);
  if (!isMeant || Object.entries(wanted).some(([key, value]) => labels[key] !== value)) return undefined;
  if (endsAt !== undefined && Date.parse(endsAt) > now) return { goes: false, why: `wanted until ${endsAt}` };
  const made = createdAt === undefined ? now : Date.parse(createdAt);
  if (endsAt === undefined && now - made < (olderThan ?? 0))
    return { goes: false, why: `made at ${createdAt}` };
  if (durable !== false)
    return { goes: false, why: "it keeps what people have: `down --delete-data` removes it" };
  return { goes: true, why: endsAt === undefined ? `made at ${createdAt}` : `wanted until ${endsAt}` };
}

/**
 * Removes an environment by its label, with its secrets and state where they are on this machine; unless a command is at work on it,
 * or it is judged otherwise by then.
 *
 * @returns why it stays; undefined: it is gone
 */
export async function removeEnvironment(
  { name, folder }: EngineEnvironment,
  wish: PruneWish,
): Promise<string | undefined> {
  const work = async () => {
    const now = (await engineEnvironments()).find((one) => one.name === name);
    if (!now) return undefined;
    const judgement = judge(now, wish);
    if (!judgement?.goes) return judgement?.why ?? "it has become another one";
    const present = await engineState(name);
    const ownKeycloak = present.containers.some((one) => one.name === containerNames(name).keycloak);
    if (folder && !ownKeycloak && existsSync(join(folder, "identity.tfstate"))) {
      return `it has clients in a Keycloak of others, which \`down\` removes, from ${dirname(dirname(folder))}`;
    }
    await removeAll(name, present);
    if (folder && basename(folder) === name) rmSync(folder, { recursive: true, force: true });
    return undefined;
  };
  // Where the folder is gone, or on another machine, nobody here can be at work.
  if (!folder || !existsSync(dirname(folder))) return work();
  try {
    return await withLock(join(dirname(folder), `${name}.lock`), work, { wait: false });
  } catch (error) {
    if (error instanceof KitError && error.exitCode === ExitCode.busy) return "a command is at work on it";
    throw error;
  }
}
