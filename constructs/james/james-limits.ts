import { jamesMemory } from "./james-memory";

/**
 * What people may keep in James and send at once. Its heap holds all of it, so it follows from the heap; with a database, which
 * holds the mail, `mailMb` says nothing. MiB.
 */
export interface JamesLimits {
  /** The largest mail, by whatever protocol it comes. @default heap / 24 */
  readonly messageMb: number;
  /** The largest upload by JMAP. @default `messageMb` */
  readonly uploadMb: number;
  /** Uploads of one person within an hour. @default 1.5 × `messageMb` */
  readonly uploadsPerPersonMb: number;
  /** Uploads of all: beyond it the oldest of whoever has most are dropped. @default 2 × `messageMb` */
  readonly uploadsMb: number;
  /** All mail of one person. @default half of `mailMb`, with a database no bound */
  readonly quotaMb: number;
  /** All mail of all. @default what is left of the heap */
  readonly mailMb: number;
  /** Open connections of each listener of IMAP, SMTP and ManageSieve. @default 2 × heap */
  readonly connections: number;
}

export type JamesLimit = keyof JamesLimits;

/** Measured on James 3.8.1, MiB of heap for a MiB, the worst case of each. */
const cost = {
  /** A mail with attachments, which are kept decoded beside it. */
  mail: 2.5,
  upload: 1,
  /** A mail while it is delivered, one at a time. Whatever else needs memory waits for it, or is refused. */
  delivery: 4,
};
/** What James itself takes of the heap, in MiB. */
const jamesItselfMb = 36;
/** The part of the heap for what lives long; new objects are made in the rest. */
const longLivedShare = 0.8;

/** MiB of a heap that mail and uploads may take. */
const roomForMail = (heapMb: number) => longLivedShare * heapMb - jamesItselfMb;

/** The given limits, unchecked, and the defaults of the others, which follow from the heap and from those. */
export function jamesLimits(heapMb: number, given: Partial<JamesLimits> = {}): JamesLimits {
  const whole = (mb: number) => Math.max(1, Math.floor(mb));
  const messageMb = given.messageMb ?? whole(heapMb / 24);
  const uploadMb = given.uploadMb ?? messageMb;
  const uploadsPerPersonMb = given.uploadsPerPersonMb ?? Math.max(uploadMb, whole(1.5 * messageMb));
  const uploadsMb = given.uploadsMb ?? Math.max(uploadsPerPersonMb, 2 * messageMb);
  const mailMb =
    given.mailMb ??
    whole((roomForMail(heapMb) - cost.delivery * messageMb - cost.upload * uploadsMb) / cost.mail);
  const quotaMb = given.quotaMb ?? Math.max(Math.min(messageMb, mailMb), whole(mailMb / 2));
  const connections = given.connections ?? 2 * heapMb;
  return { messageMb, uploadMb, uploadsPerPersonMb, uploadsMb, quotaMb, mailMb, connections };
}

export interface LimitProblem {
  readonly limit: JamesLimit;
  readonly what: string;
  readonly got: number;
  readonly allowed: string;
  readonly fix?: string;
}

/**
 * What does not fit the heap, or into each other.
 *
 * @param mailInHeap whether mail is there, and not in a database
 */
export function limitProblems(
  heapMb: number,
  given: Partial<JamesLimits> = {},
  mailInHeap = true,
): LimitProblem[] {
  // A heap that is too small is a problem of its own (`heapMb`).
  if (!(heapMb >= jamesMemory.leastHeap)) return [];
  const limits = jamesLimits(heapMb, given);
  const small = (Object.keys(limits) as JamesLimit[]).filter((limit) => !(limits[limit] >= 1));
  if (small.length > 0) {
    return small.map((limit) => ({ limit, what: "too little", got: limits[limit], allowed: "1 or more" }));
  }
  const within = ([inner, outer]: readonly [JamesLimit, JamesLimit]): LimitProblem[] => {
    if (limits[inner] <= limits[outer]) return [];
    const what = `${inner} is more than ${outer} leaves`;
    if (given[inner] !== undefined) {
      return [{ limit: inner, what, got: limits[inner], allowed: `at most ${limits[outer]} (${outer})` }];
    }
    // The limit that somebody wrote is the one to report: the other is a default that follows from it.
    const limit = given[outer] === undefined && given.mailMb !== undefined ? "mailMb" : outer;
    return [{ limit, what, got: limits[limit], allowed: `${limits[inner]} or more` }];
  };
  if (!mailInHeap) {
    const { quotaMb, mailMb: _, ...ofHeap } = given;
    const ownQuota = quotaMb === undefined ? [] : within(["messageMb", "quotaMb"]);
    return [...limitProblems(heapMb, ofHeap), ...ownQuota];
  }
  const needed =
    cost.delivery * limits.messageMb + cost.upload * limits.uploadsMb + cost.mail * limits.mailMb;
  const missing = needed - roomForMail(heapMb);
  if (missing > 0) {
    const limit = (["mailMb", "uploadsMb", "messageMb"] as const).find((key) => given[key] !== undefined);
    return [tooMuch(limit ?? "messageMb", missing, limits, heapMb)];
  }
  return (
    [
      ["uploadMb", "uploadsPerPersonMb"],
      ["uploadsPerPersonMb", "uploadsMb"],
      ["messageMb", "quotaMb"],
      ["quotaMb", "mailMb"],
    ] as const
  ).flatMap(within);
}

function tooMuch(
  limit: "mailMb" | "uploadsMb" | "messageMb",
  missing: number,
  limits: JamesLimits,
  heapMb: number,
): LimitProblem {
  const each = { mailMb: cost.mail, uploadsMb: cost.upload, messageMb: cost.delivery }[limit];
  const most = Math.floor(limits[limit] - missing / each);
  const heap = Math.ceil((heapMb * longLivedShare + missing) / longLivedShare);
  return {
    limit,
    what: `does not fit James's heap of ${heapMb} MiB, which holds all mail`,
    got: limits[limit],
    allowed: most >= 1 ? `at most ${most}` : "less, and of the other limits too",
    fix: `Give James a heap of ${heap} MiB (resources.james.heapMb), or lower the limits`,
  };
}
