import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { redisCli } from "../../constructs/redis/redis-cli";
import { ExitCode, KitError } from "../../kit/errors";
import { ensureEngine } from "../../setup/engine/engine";
import { KitProject, killDescendants } from "../../test/e2e/support/kit";
import { docker, environmentPorts } from "../../test/engine";
import type { PartOptions, Report } from "../report/report";
import { mebibytes, table } from "../report/table";
import { residentMemory } from "../up/memory";
import { succeeded } from "../up/succeeded";
import { crowdLdif, giveMailboxes, logIn } from "./crowd";
import { liveHeap } from "./heap";
import { type KeycloakSessions, keycloakSessions } from "./keycloak-sessions";

/** People in the directory, one after the other. */
const SIZES = [10, 1_000, 10_000];
/** Of a size, those who log in and get a mailbox: no more, at this rate, for so long. What is beyond is computed. */
const ACTIVE = { most: 1_000, perSecond: 25, seconds: 45 };
/** Of the one mail in a mailbox. */
const MAIL_BYTES = 2_048;
/** Ended sessions as the gateway keeps them. */
const ENDED = 10_000;

interface Sizes {
  readonly people: number;
  /** In all, with those of the sizes before. */
  readonly sessions: number;
  readonly mailboxes: number;
  /** Proportional set size, bytes, by service. */
  readonly memory: Readonly<Record<string, number>>;
  /** Bytes that live in the heap. */
  readonly heap: { readonly keycloak: number; readonly james: number };
  /** Bytes on disk. */
  readonly disk: { readonly ldap: number; readonly postgres: number; readonly keycloakDatabase: number };
}

/**
 * What people take of memory and disk: a durable environment with images built here, and in it so many people, logged in, with
 * a mail each. Says nothing of time.
 */
export async function benchCapacity({ progress }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const ports = environmentPorts();
  const project = new KitProject("kit-bench-people", {
    ...{ images: "built", directGrants: true, ports, ldif: ["people.ldif"] },
    storage: { identity: "durable", mail: "memory" },
    // So much that what lives is not what fits.
    resources: {
      keycloak: { heapMb: 640, memoryMb: 1280 },
      james: { heapMb: 640, memoryMb: 1280 },
    },
  });
  const leave = () => {
    killDescendants(process.pid);
    project.remove();
  };
  process.on("exit", leave);
  try {
    project.cleanUp();
    const found: Sizes[] = [];
    let sessions = 0;
    let mailboxes = 0;
    for (const people of SIZES) {
      writeFileSync(join(project.directory, "environments/people.ldif"), crowdLdif(people));
      await progress.step(`up with ${people} people`, async () => {
        succeeded(await project.run(["up", "--no-smoke"]), ["up"]);
      });
      if (found.length === 0) found.push(sizes(project, { people: 0, sessions, mailboxes }));
      const bounds = (from: number) => ({ ...ACTIVE, from, to: Math.min(people, from + ACTIVE.most) });
      await progress.step("people log in", async (detail) => {
        sessions += await logIn(ports.keycloak, bounds(sessions));
        detail(`${sessions} sessions`);
      });
      await progress.step("people get a mail", async (detail) => {
        mailboxes += await giveMailboxes(ports, MAIL_BYTES, bounds(mailboxes));
        detail(`${mailboxes} mailboxes`);
      });
      await sleep(5000);
      found.push(sizes(project, { people, sessions, mailboxes }));
      // A later size may fail.
      progress.note(JSON.stringify(found.at(-1)));
    }
    const ended = await progress.step(`${ENDED} ended sessions`, async () => endedSessions(project));
    project.cleanUp();
    const alone = await progress.step("sessions of a Keycloak alone", () => keycloakSessions(project));
    return report(found, ended, alone);
  } finally {
    process.off("exit", leave);
    leave();
  }
}

function sizes(project: KitProject, so: Pick<Sizes, "people" | "sessions" | "mailboxes">): Sizes {
  const { keycloak = "", james = "", postgres = "", ldap = "" } = project.containerIds();
  const heap = { keycloak: liveHeap(keycloak), james: liveHeap(james) };
  const keycloakDatabase = Number(sql(postgres, "CHECKPOINT", "SELECT pg_database_size('keycloak')"));
  return {
    ...so,
    heap,
    memory: Object.fromEntries(
      residentMemory(project.containerIds()).map(({ service, pss }) => [service, pss]),
    ),
    disk: {
      ldap: used(ldap, "/tmp/slapd"),
      postgres: used(postgres, "/var/lib/postgresql/data"),
      keycloakDatabase,
    },
  };
}

/** As the superuser, by the container's socket. @returns what the last one gives */
function sql(postgres: string, ...statements: string[]): string {
  const psql = "/usr/lib/postgresql/*/bin/psql -XqAt -h /dev/shm";
  return inContainer(postgres, `${psql} ${statements.map((statement) => `-c "${statement}"`).join(" ")}`);
}

function used(container: string, path: string): number {
  return Number(inContainer(container, `du -sk ${path}`).split(/\s/)[0]) * 1024;
}

function inContainer(container: string, script: string): string {
  const [line] = docker("exec", container, "bash", "-c", script);
  if (line !== undefined) return line;
  throw new KitError("a container does not answer", [{ where: container, what: script }], {
    exitCode: ExitCode.deployment,
  });
}

interface Ended {
  /** Bytes of each, in memory and in the append-only file. */
  readonly memory: number;
  readonly disk: number;
}

/** Written as `revoked_sessions.lua` does, by Redis's own language; no gateway of built images keeps any there. */
function endedSessions(project: KitProject): Ended {
  const { redis = "" } = project.containerIds();
  const cli = redisCli(false);
  const memory = () =>
    Number(
      /used_memory:(\d+)/.exec(
        inContainer(redis, `${cli} info memory | tr -d '\\r' | grep ^used_memory:`),
      )?.[1],
    );
  const before = { memory: memory(), disk: used(redis, "/data") };
  const keys = [
    `redis.call('setex', 'kit/oidc/' .. string.format('%036d', i), 36000, 'true')`,
    `redis.call('set', 'kit-logout/oidc/' .. string.format('%036d', i), '', 'ex', 36000)`,
  ];
  inContainer(redis, `${cli} eval "for i = 1, ${ENDED} do ${keys.join(" ")} end return 1" 0`);
  const after = { memory: memory(), disk: used(redis, "/data") };
  return {
    memory: (after.memory - before.memory) / ENDED,
    disk: (after.disk - before.disk) / ENDED,
  };
}

function report(found: readonly Sizes[], ended: Ended, alone: KeycloakSessions): Report {
  const services = Object.keys(found[0]?.memory ?? {});
  const row = (title: string, of: (sizes: Sizes) => number) => [
    title,
    ...found.map((each) => mebibytes(of(each))),
  ];
  const count = (title: string, key: "people" | "sessions" | "mailboxes") => [
    title,
    ...found.map((each) => each[key].toLocaleString("en")),
  ];
  const perOne = {
    keycloakHeapOfSession: alone.heap,
    jamesHeapOfMailbox: slope(found, "mailboxes", ({ heap }) => heap.james),
    databaseOfSession: slope(found, "sessions", ({ disk }) => disk.keycloakDatabase),
    ldapMemoryOfPerson: slope(found, "people", ({ memory }) => memory.ldap ?? 0),
    ldapDiskOfPerson: slope(found, "people", ({ disk }) => disk.ldap),
    redisMemoryOfEndedSession: ended.memory,
    redisDiskOfEndedSession: ended.disk,
  };
  return {
    targets: [],
    text: [
      table([
        count("people in the directory", "people"),
        count("sessions, of one person each", "sessions"),
        count(`mailboxes with a mail of ${MAIL_BYTES} bytes`, "mailboxes"),
        ...services.map((service) => row(`${service}, memory (PSS)`, ({ memory }) => memory[service] ?? 0)),
        row("keycloak, live heap", ({ heap }) => heap.keycloak),
        row("james, live heap", ({ heap }) => heap.james),
        row("postgres, disk", ({ disk }) => disk.postgres),
        row("postgres, database of keycloak", ({ disk }) => disk.keycloakDatabase),
        row("ldap, disk", ({ disk }) => disk.ldap),
      ]),
      "",
      table([
        ["bytes for one more"],
        ...Object.entries(perOne).map(([what, bytes]) => [what, bytes.toFixed(0)]),
      ]),
    ].join("\n"),
    figures: { capacity: { active: ACTIVE, mailBytes: MAIL_BYTES, ended: ENDED, alone, found, perOne } },
  };
}

/** Bytes for one more, between those of the first size and the last. */
function slope(
  found: readonly Sizes[],
  key: "people" | "sessions" | "mailboxes",
  of: (sizes: Sizes) => number,
): number {
  const [, first, last] = [found[0], found[1], found.at(-1)] as [Sizes, Sizes, Sizes];
  return (of(last) - of(first)) / (last[key] - first[key]);
}
