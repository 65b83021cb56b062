import { queueVolume } from "../../constructs/james/james-server";
import { containerNames } from "../../platform/model/addresses";
import type { ContainerState } from "../engine/engine";
import { type JamesContents, jamesContents } from "./james-contents";

/** What a James had, and is lost with it. */
export interface MailLoss {
  readonly mail: true;
  /** The container. */
  readonly where: string;
  /** What happens to it, as a sentence without subject. */
  readonly what: string;
  /** Line by line. */
  readonly counts: readonly string[];
  /** Whether there is anything to lose. */
  readonly empty: boolean;
}

/**
 * What is lost with a James that is ended.
 *
 * @param what happens to it, as a sentence without subject
 * @param databaseStays whether what James keeps in a database is still there for the next one
 */
export async function mailLoss(
  environment: string,
  containers: readonly ContainerState[],
  what: string,
  databaseStays = false,
): Promise<MailLoss> {
  const { james } = containerNames(environment);
  const loss = { mail: true, where: james, what } as const;
  const container = containers.find(({ name }) => name === james);
  if (!container || !mayHoldMail(container) || (databaseStays && keepsMail(environment, container))) {
    return { ...loss, counts: [], empty: true };
  }
  try {
    if (container.status !== "running") throw new Error(`the container is ${container.status}`);
    const counts = countsOf(await jamesContents(container.id));
    return { ...loss, counts, empty: counts.length === 0 };
  } catch (error) {
    const { reason = (error as Error).message } = error as { reason?: string };
    return {
      ...loss,
      counts: [`James cannot be asked (${reason}), so nobody could count:`, "mails, folders, Sieve scripts"],
      empty: false,
    };
  }
}

/** One with a volume for what it has not delivered yet has the rest in its database. */
function keepsMail(environment: string, { volumes = [] }: ContainerState): boolean {
  return volumes.includes(`${environment}-${queueVolume}`);
}

/** A program that does not run has lost its memory; one that was never healthy has had no users. */
function mayHoldMail({ status, health }: ContainerState): boolean {
  return (status === "running" || status === "paused") && health !== "starting";
}

/** `12 mails of 3 people, 4 Sieve scripts`; what there is none of is left out. */
function countsOf({
  mails,
  accounts,
  folders,
  sieveScripts,
  queued,
  undelivered,
  forwards,
  usersOnly,
}: JamesContents): string[] {
  const several = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;
  const counts = [
    ...(mails > 0 ? [`${several(mails, "mail")} of ${several(accounts, "person", "people")}`] : []),
    ...(folders > 0 ? [`${several(folders, "folder")} that somebody made`] : []),
    ...(sieveScripts > 0 ? [several(sieveScripts, "Sieve script")] : []),
    ...(queued > 0 ? [`${several(queued, "mail")} on the way`] : []),
    ...(undelivered > 0 ? [`${several(undelivered, "mail")} that could not be delivered`] : []),
    ...(forwards > 0 ? [several(forwards, "forward, alias or group", "forwards, aliases and groups")] : []),
  ];
  // A line that says nothing is lost needs no such remark.
  if (counts.length > 0 && usersOnly)
    counts.push("not counted: what people had whom the directory has no longer");
  return counts;
}
