import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { request } from "undici";
import { defaultReferences } from "../../platform/image-references";
import { ensureEngine } from "../../setup/engine/engine";
import type { Progress } from "../../setup/progress/progress";
import { hasImage, KitProject, killDescendants, registrySettings } from "../../test/e2e/support/kit";
import { docker, environmentPorts } from "../../test/engine";
import type { PartOptions, Report } from "../report/report";
import { seconds, table } from "../report/table";
import { median, ratio } from "../report/target";
import { timed } from "../up/seconds-of";
import { succeeded } from "../up/succeeded";

const user = "james-user@localhost";
/** Mails of 2 KB that are appended by IMAP, one after the other, and then searched. */
const MAILS = 1_000;
/** Folders that have them all, by IMAP COPY, when James is restarted. */
const FOLDERS = 100;
/** Seconds after which no further folder is filled. */
const FILLING = 400;
const QUERIES = 40;

interface Speeds {
  /** Seconds each. */
  readonly appends: readonly number[];
  readonly queries: readonly number[];
}

interface Restarts {
  /** Seconds until a client has opened its inbox again. */
  readonly empty: readonly number[];
  readonly full: readonly number[];
  readonly mails: number;
}

/** Mail in PostgreSQL beside mail in James's memory; and a restart of James with much of it beside one with none. */
export async function benchMail({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const wanted = [defaultReferences.jamesPostgres, defaultReferences.jdk, defaultReferences.postgres];
  const missing = wanted.filter((reference) => !hasImage(reference));
  if (missing.length > 0) {
    return { targets: [], figures: {}, text: `mail: not measured, the engine has no ${missing.join(", ")}` };
  }
  const memory = await within("memory", (environment) => speeds(environment, progress));
  const durable = await within("durable", async (environment) => {
    const empty = await restarts(environment, progress, runs);
    const found = await speeds(environment, progress);
    const mails = await fill(environment, progress);
    return { ...found, restarts: { empty, full: await restarts(environment, progress, runs), mails } };
  });
  return report(memory, durable);

  async function within<T>(
    mail: "memory" | "durable",
    work: (environment: Environment) => Promise<T>,
  ): Promise<T> {
    const ports = environmentPorts();
    const project = new KitProject(`kit-bench-mail-${mail}`, {
      ...(mail === "memory" ? { images: "built" } : registrySettings),
      ...{ ports, people: [{ mail: user }] },
      storage: { identity: "memory", mail },
    });
    const leave = () => {
      killDescendants(process.pid);
      project.remove();
    };
    process.on("exit", leave);
    project.cleanUp();
    try {
      await progress.step(`bring an environment up, mail: ${mail}`, async () => {
        succeeded(await project.run(["up", "--no-smoke"]), ["up"]);
      });
      const secrets = JSON.parse(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8"));
      return await work({ ports, password: secrets[user], james: `${project.name}-james`, mail });
    } finally {
      process.off("exit", leave);
      leave();
    }
  }
}

interface Environment {
  readonly ports: { readonly imap: number; readonly gateway: number };
  readonly password: string;
  /** Container. */
  readonly james: string;
  readonly mail: string;
}

async function speeds(environment: Environment, progress: Progress): Promise<Speeds> {
  const appends = await progress.step(`IMAP APPEND, mail: ${environment.mail}`, () =>
    withImap(environment, async (imap) => {
      const times: number[] = [];
      for (let n = 0; n < MAILS; n++) {
        const text = randomBytes(1_000).toString("hex").replace(/.{72}/g, "$&\r\n");
        const mail = `From: ${user}\r\nTo: ${user}\r\nSubject: mail ${n}\r\n\r\n${text}\r\n`;
        times.push(await timed(() => imap.append("INBOX", mail)));
      }
      return times;
    }),
  );
  const queries = await progress.step(`JMAP Email/query, mail: ${environment.mail}`, () =>
    queried(environment),
  );
  return { appends, queries };
}

/** The newest 50 of the inbox, as webmail asks for them. */
async function queried({ ports, password }: Environment): Promise<number[]> {
  const headers = {
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
    ...{ accept: "application/json; jmapVersion=rfc-8621", "content-type": "application/json" },
  };
  const gateway = `http://127.0.0.1:${ports.gateway}/jmap`;
  const session = (await (await request(`${gateway}/session`, { headers })).body.json()) as {
    primaryAccounts: Record<string, string>;
  };
  const accountId = session.primaryAccounts["urn:ietf:params:jmap:mail"];
  const call = async (method: string, args: object) => {
    const { body } = await request(gateway, {
      ...{ method: "POST", headers },
      body: JSON.stringify({
        using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
        methodCalls: [[method, { accountId, ...args }, "0"]],
      }),
    });
    const { methodResponses } = (await body.json()) as { methodResponses: [string, Answer][] };
    const [name, answer] = methodResponses[0] ?? [];
    if (name !== method || !answer) throw new Error(`${method}: ${JSON.stringify(methodResponses)}`);
    return answer;
  };
  const { list = [] } = await call("Mailbox/get", { ids: null });
  const inMailbox = list.find(({ role }) => role === "inbox")?.id;
  const times: number[] = [];
  for (let n = 0; n < QUERIES; n++) {
    times.push(
      await timed(async () => {
        const { ids = [] } = await call("Email/query", {
          ...{ filter: { inMailbox }, limit: 50 },
          sort: [{ property: "receivedAt", isAscending: false }],
        });
        if (ids.length !== 50) throw new Error(`Email/query found ${ids.length} mails`);
      }),
    );
  }
  return times;
}

interface Answer {
  readonly list?: readonly { readonly id: string; readonly role?: string }[];
  readonly ids?: readonly string[];
}

/** @returns mails in all folders */
async function fill(environment: Environment, progress: Progress): Promise<number> {
  return progress.step("fill folders by IMAP COPY", (detail) =>
    withImap(environment, async (imap) => {
      const started = performance.now();
      let mails = MAILS;
      await imap.mailboxOpen("INBOX");
      for (let n = 1; n < FOLDERS && performance.now() - started < FILLING * 1000; n++) {
        await imap.mailboxCreate(`many-${n}`);
        if (!(await imap.messageCopy("1:*", `many-${n}`))) throw new Error(`COPY to many-${n} failed`);
        mails += MAILS;
        detail(`${mails} mails`);
      }
      return mails;
    }),
  );
}

async function restarts(environment: Environment, progress: Progress, runs: number): Promise<number[]> {
  return progress.step("restart James", async () => {
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      times.push(
        await timed(async () => {
          docker("restart", "--time", "10", environment.james);
          await withImap(environment, async (imap) => void (await imap.mailboxOpen("INBOX")), 120);
        }),
      );
    }
    return times;
  });
}

/** @param patience seconds in which a server may start */
async function withImap<T>(
  { ports, password }: Environment,
  use: (imap: ImapFlow) => Promise<T>,
  patience = 0,
): Promise<T> {
  const until = performance.now() + patience * 1000;
  for (;;) {
    const imap = new ImapFlow({
      ...{ host: "127.0.0.1", port: ports.imap, secure: false, doSTARTTLS: false, logger: false },
      auth: { user, pass: password },
    });
    try {
      await imap.connect();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    try {
      return await use(imap);
    } finally {
      await imap.logout();
    }
  }
}

function report(memory: Speeds, durable: Speeds & { readonly restarts: Restarts }): Report {
  const { empty, full, mails } = durable.restarts;
  const rows: [string, number, number][] = [
    [`IMAP APPEND of 2 KB, median of ${MAILS}`, median(memory.appends), median(durable.appends)],
    [
      `JMAP Email/query, 50 newest of ${MAILS}, median of ${QUERIES}`,
      median(memory.queries),
      median(durable.queries),
    ],
  ];
  return {
    targets: [ratio(`restart of James, ${mails} mails / none`, full, empty, 1.25)],
    text: table([
      ["mail", "memory", "PostgreSQL", "times"],
      ...rows.map(([title, one, other]) => [title, seconds(one), seconds(other), (other / one).toFixed(2)]),
      [""],
      ["restart of James on PostgreSQL, until an inbox is open", "none", `${mails} mails`],
      ...empty.map((time, run) => ["", seconds(time), seconds(full[run] ?? Number.NaN)]),
    ]),
    figures: { mail: { memory, durable } },
  };
}
