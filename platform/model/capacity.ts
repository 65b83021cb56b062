import { type JamesLimits, jamesLimits } from "../../constructs/james/james-limits";
import { jamesMemory } from "../../constructs/james/james-memory";
import { keycloakMemory } from "../../constructs/keycloak/server/keycloak-memory";
import { defined } from "../../kit/defined";
import type { Service } from "./addresses";
import type { CapacityModel, PlatformModel } from "./platform-model";
import type { PlatformSpec, ServiceResources } from "./platform-spec";

/** Limits of environments, in MiB: of a platform for some tens of people, and of none less. */
export const smallResources = {
  certificates: { memoryMb: 64 },
  redis: { memoryMb: 128 },
  postgres: { memoryMb: 256 },
  ldap: { memoryMb: 128 },
  gateway: { memoryMb: 256 },
  james: { memoryMb: 640, heapMb: jamesMemory.defaultHeap },
  keycloak: { memoryMb: 768, heapMb: keycloakMemory.defaultHeap },
} as const satisfies Record<Service, ServiceResources>;

/** What was measured, in KiB for one more: docs/capacity.md has the table, `npm run bench -- --only capacity` measures again. */
export const measured = {
  /** Of Keycloak's heap: a person who has logged in, with a session. It keeps no more than `cachedSessions` there. */
  keycloakHeapOfSession: 20,
  /** Keycloak's own heap, with nobody. */
  keycloakHeapMb: 73,
  /** Most sessions, and most people, that Keycloak keeps in its heap; the others are in its database. */
  cachedSessions: 10_000,
  /** Of Keycloak's database on disk, with its indexes and what PostgreSQL leaves until it cleans up. */
  databaseOfSession: 5,
  /** PostgreSQL's disk, in MiB: with nobody in it, and what it writes ahead at most. */
  databaseMb: 68 + 512,
  /** Of James's heap, with mail in memory: a mailbox with its first mail. */
  jamesHeapOfMailbox: 7,
  /** Of James's heap: a connection by TLS that waits. */
  jamesHeapOfConnection: 12,
  /** Of the directory's memory and disk: an entry. */
  ldapOfPerson: 1.1,
} as const;

/** A mail program keeps one connection that waits, and works on another. */
const connectionsOfSession = 2;
/** The part of a heap that may live: a collector that has less room runs over and over. */
const livingShare = 0.6;
/** Of these the small platform has room. */
const somePeople = 50;
/** MiB beside the heap, as the small platform has it. */
const beside = {
  james: smallResources.james.memoryMb - smallResources.james.heapMb,
  keycloak: smallResources.keycloak.memoryMb - smallResources.keycloak.heapMb,
} as const;
/** As environment files may say. */
const mostMb = 1024 * 1024;

/** What people send: larger ones are to be asked for. */
const largestMailMb = 25;

const inMb = (kilobytes: number) => kilobytes / 1024;
/** In steps that people would choose. */
const rounded = (mb: number) => Math.min(Math.ceil(mb / 64) * 64, mostMb);

/** What sizes follow from. */
export interface Sized {
  /** @default nothing follows */
  readonly capacity: CapacityModel | undefined;
  readonly storage: PlatformModel["storage"];
  /** Those that were written. */
  readonly limits: Partial<JamesLimits>;
}

/** What is expected, where somebody said so. */
export function resolveCapacity({ capacity, limits }: PlatformSpec): CapacityModel | undefined {
  if (!capacity) return undefined;
  const mailPerPersonMb = capacity.mailPerPersonMb ?? limits?.quotaMb;
  return {
    ...{ people: capacity.people, sessions: capacity.sessions ?? capacity.people },
    ...(mailPerPersonMb !== undefined && { mailPerPersonMb }),
  };
}

/** MiB that a platform needs for whom it expects; never less than the small one has. */
export function neededResources(sized: Sized & { readonly capacity: CapacityModel }) {
  const { people, sessions } = sized.capacity;
  const james = jamesHeap(sized);
  const cached = Math.min(sessions, measured.cachedSessions);
  const keycloak = atLeast(
    smallResources.keycloak.heapMb,
    (measured.keycloakHeapMb + inMb(cached * measured.keycloakHeapOfSession)) / livingShare,
  );
  return {
    ...smallResources,
    postgres: { memoryMb: atLeast(smallResources.postgres.memoryMb, 2 * databaseMb(sized.capacity)) },
    ldap: { memoryMb: atLeast(smallResources.ldap.memoryMb, 2 * inMb(people * measured.ldapOfPerson)) },
    james: { heapMb: james, memoryMb: james + beside.james },
    keycloak: { heapMb: keycloak, memoryMb: keycloak + beside.keycloak },
  };
}

const atLeast = (small: number, mb: number) => (mb <= small ? small : rounded(mb));

/** What lasts of people in Keycloak's database. */
const databaseMb = ({ people, sessions }: CapacityModel) =>
  inMb(Math.max(people, sessions) * measured.databaseOfSession);

/** Heap beside what `jamesLimits` counts: of mailboxes, where mail is in memory, and of connections. */
function besideMail({ capacity, storage }: Sized): number {
  if (!capacity) return 0;
  const further = (count: number) => Math.max(0, count - somePeople);
  const mailboxes = storage.mail === "memory" ? further(capacity.people) : 0;
  const connections = connectionsOfSession * further(capacity.sessions);
  return (
    inMb(mailboxes * measured.jamesHeapOfMailbox + connections * measured.jamesHeapOfConnection) / livingShare
  );
}

/** All mail, where it is in memory and somebody said how much each has. */
export function allMailMb({ capacity, storage }: Pick<Sized, "capacity" | "storage">): number | undefined {
  return storage.mail === "memory" && capacity?.mailPerPersonMb !== undefined
    ? capacity.people * capacity.mailPerPersonMb
    : undefined;
}

/** As `jamesLimits`, but a heap that is large for much mail is not for large mails. */
function limitsOfHeap(heapMb: number, given: Partial<JamesLimits>): JamesLimits {
  const { messageMb } = jamesLimits(heapMb);
  return jamesLimits(heapMb, {
    messageMb: Math.min(messageMb, largestMailMb, given.quotaMb ?? largestMailMb),
    ...given,
  });
}

/** The heap for the mail alone. */
function heapOfMail(sized: Sized): number {
  const { mailMb: written = 0, ...given } = sized.limits;
  const mailMb = Math.max(allMailMb(sized) ?? 0, sized.storage.mail === "memory" ? written : 0);
  let heapMb: number = smallResources.james.heapMb;
  for (let missing = 1; heapMb < mostMb && missing > 0; ) {
    missing = mailMb - limitsOfHeap(heapMb, given).mailMb;
    if (missing > 0) heapMb = rounded(heapMb + missing);
  }
  return heapMb;
}

const jamesHeap = (sized: Sized) => {
  const ofMail = heapOfMail(sized);
  const further = besideMail(sized);
  return further === 0 ? ofMail : rounded(ofMail + further);
};

type Resources = Partial<Readonly<Record<Service, ServiceResources>>>;

const withoutUndefined = (written: NonNullable<PlatformSpec["resources"]>): Resources =>
  Object.fromEntries(Object.entries(written).map(([service, resources]) => [service, defined(resources)]));

/** What services may take: what was written, and what follows from the capacity where one is said. */
export function sizedResources(sized: Sized, said: PlatformSpec["resources"] = {}): Resources {
  const written = withoutUndefined(said);
  const { capacity } = sized;
  if (!capacity) return written;
  const needed = neededResources({ ...sized, capacity });
  const services = Object.keys(needed) as Service[];
  return Object.fromEntries(
    services.map((service) => [service, fitted(service, needed[service], written[service] ?? {})]),
  );
}

/** A heap and the memory around it fit each other, whichever of them was written. */
function fitted(service: Service, needed: ServiceResources, given: ServiceResources): ServiceResources {
  const { heapMb } = needed;
  if (heapMb === undefined || (service !== "james" && service !== "keycloak")) return { ...needed, ...given };
  const room = beside[service];
  if (given.heapMb !== undefined) return { memoryMb: given.heapMb + room, ...given };
  if (given.memoryMb === undefined) return { ...needed, ...given };
  const least = smallResources[service].heapMb;
  return { heapMb: Math.max(least, Math.min(heapMb, given.memoryMb - room)), ...given };
}

/**
 * What people may keep in James and send at once: connections enough for everybody, and of a heap that follows from the
 * capacity not for mail what mailboxes and connections need.
 *
 * @param heap what James has
 */
export function sizedLimits(sized: Sized, heap: number): Partial<JamesLimits> {
  const { capacity, limits } = sized;
  if (!capacity) return limits;
  const connections = neededConnections(capacity);
  const { mailPerPersonMb = 0 } = capacity;
  const follows = heap === jamesHeap(sized) && heap > smallResources.james.heapMb;
  const ofHeap = follows ? ofMailAlone(sized) : {};
  const { quotaMb, mailMb } = jamesLimits(heap, { ...ofHeap, ...limits });
  return {
    ...ofHeap,
    ...(allMailMb(sized) !== undefined &&
      mailPerPersonMb > quotaMb && {
        quotaMb: Math.min(mailPerPersonMb, mailMb),
      }),
    ...(connections > jamesLimits(heap).connections && { connections }),
    ...limits,
  };
}

function ofMailAlone(sized: Sized): Partial<JamesLimits> {
  const { connections: _, quotaMb, mailMb, ...limits } = limitsOfHeap(heapOfMail(sized), sized.limits);
  return sized.storage.mail === "memory" ? { ...limits, quotaMb, mailMb } : limits;
}

/** Of each of IMAP, SMTP and ManageSieve, as many as James may be given. */
export const neededConnections = ({ sessions }: CapacityModel) =>
  Math.min(connectionsOfSession * sessions, 100_000);

/** Mail of all, in MiB, that no heap holds more of. */
export const mostMailInMemoryMb = limitsOfHeap(mostMb, {}).mailMb;

/** MiB on disk, of what people have; what is there with nobody counts too. */
export function neededDiskMb({
  capacity,
  storage,
}: Pick<Sized, "storage"> & { readonly capacity: CapacityModel }): number {
  const { people, mailPerPersonMb = 0 } = capacity;
  return Math.ceil(
    inMb(people * measured.ldapOfPerson) +
      (storage.identity === "durable" ? measured.databaseMb + databaseMb(capacity) : 0) +
      (storage.mail === "durable" ? people * mailPerPersonMb : 0),
  );
}
