import type { ConnectionOptions } from "node:tls";
import { ImapFlow } from "imapflow";
import { request } from "undici";
import { ExitCode, KitError } from "../../kit/errors";
import { ensureEngine } from "../../setup/engine/engine";
import { KitProject, killDescendants } from "../../test/e2e/support/kit";
import { freePorts } from "../../test/engine";
import { type LoadSample, load } from "../gateway/load";
import type { PartOptions, Report } from "../report/report";
import { table } from "../report/table";
import { median, ratio } from "../report/target";

const CONNECTIONS = 10;
/** Seconds of each run, and of the one before the first. */
const RUN = 5;
/** IMAP logins of each run, one after the other. */
const LOGINS = 40;

const host = "apisix.example.com";
const user = "james-user@localhost";
/** What a mail program on JMAP asks for first. */
const session = "/jmap/session";
/** The gateway answers it by itself: nothing behind it hides what TLS costs. */
const webFinger = `/oidc/.well-known/webfinger?resource=${encodeURIComponent(`acct:${user}`)}&rel=${encodeURIComponent("http://openid.net/specs/connect/1.0/issuer")}`;

interface Platform {
  readonly project: KitProject;
  readonly ports: ReturnType<typeof publishedPorts>;
  readonly password: string;
  /** Whom its certificates are of; undefined without TLS. */
  readonly ca: string | undefined;
}

const publishedPorts = () =>
  freePorts("keycloak", "keycloakAdmin", "gateway", "http", "imap", "smtp", "sieve", "imaps", "submissions");

/** What TLS costs: the same environment without it and with it, in rounds, requests and logins. */
export async function benchTls({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const projects = ["kit-bench-clear", "kit-bench-tls"].map((purpose) => new KitProject(purpose, {}));
  const leave = () => {
    killDescendants(process.pid);
    for (const project of projects) project.remove();
  };
  process.on("exit", leave);
  const [clearProject, tlsProject] = projects as [KitProject, KitProject];
  try {
    const clear = await progress.step("start it without TLS", () => start(clearProject, false));
    const tls = await progress.step("start it with TLS", () => start(tlsProject, true));
    const rows: Row[] = [
      ...both("JMAP session with a password, connections kept", clear, tls, {
        ask: { path: session, login: "password" },
        // What people wait for.
        atMost: 1.1,
      }),
      ...both("JMAP session with a token, connections kept", clear, tls, {
        ask: { path: `/oidc${session}`, login: "token" },
        atMost: 1.1,
      }),
      ...both("JMAP session with a password, a connection each", clear, tls, {
        ask: { path: session, login: "password", keepConnections: false },
      }),
      ...both("WebFinger, connections kept", clear, tls, { ask: { path: webFinger } }),
      ...both("WebFinger, a connection each", clear, tls, {
        ask: { path: webFinger, keepConnections: false },
      }),
      { title: "IMAP login, without TLS", ask: () => logins(clear, clear.ports.imap, false) },
      { title: "IMAP login, STARTTLS", ask: () => logins(tls, tls.ports.imap, false) },
      { title: "IMAP login, TLS", ask: () => logins(tls, tls.ports.imaps, true) },
    ].map((row) => ({ ...row, samples: [] }));
    for (let run = 0; run <= runs; run++) {
      await progress.step(run === 0 ? "warm up" : `measure (run ${run} of ${runs})`, async (detail) => {
        for (const { title, ask, samples } of rows) {
          detail(title);
          const sample = await ask(RUN);
          if (run > 0) samples.push(sample);
        }
      });
    }
    return report(rows);
  } finally {
    process.off("exit", leave);
    leave();
  }
}

interface Row {
  readonly title: string;
  readonly ask: (seconds: number) => Promise<LoadSample>;
  /** How many times the one without TLS it may take. @default no target */
  readonly atMost?: number;
  readonly samples: LoadSample[];
}

interface Asked {
  readonly path: string;
  /** @default nobody asks who it is */
  readonly login?: "password" | "token";
  /** Whether a connection is for many requests, or for one. @default true */
  readonly keepConnections?: boolean;
}

/** The same requests without TLS and with it. */
function both(
  title: string,
  clear: Platform,
  tls: Platform,
  { ask, atMost }: { readonly ask: Asked } & Pick<Row, "atMost">,
): Omit<Row, "samples">[] {
  return [
    { title: `${title}, without TLS`, ask: (seconds) => requests(clear, seconds, ask) },
    {
      title: `${title}, TLS`,
      ask: (seconds) => requests(tls, seconds, ask),
      ...(atMost !== undefined && { atMost }),
    },
  ];
}

async function start(project: KitProject, withTls: boolean): Promise<Platform> {
  const ports = publishedPorts();
  const { keycloakAdmin, http, imaps, submissions, ...always } = ports;
  project.configure({
    ...{ images: "built", gateway: "httpd", people: [{ mail: user }], directGrants: true },
    ports: withTls ? ports : always,
    ...(withTls && { tls: { mode: "own" } }),
  });
  project.cleanUp();
  const succeeded = async (...args: string[]) => {
    const run = await project.run(args);
    if (run.exitCode === 0) return run.result;
    throw new KitError(
      `${args.join(" ")} fails`,
      [{ where: project.name, what: "it says", lines: run.output.split("\n").slice(-20) }],
      { exitCode: ExitCode.deployment },
    );
  };
  await succeeded("up", "--no-smoke");
  const { secrets } = (await succeeded("secrets", "show")) as { secrets: Record<string, string> };
  const ca = withTls ? ((await succeeded("ca", "show")).certificate as string) : undefined;
  return { project, ports, password: secrets[user] as string, ca };
}

/** How TLS connects to the published ports by the name in the certificate. */
const trusting = (ca: string): ConnectionOptions => ({
  ...{ ca, servername: host },
  lookup: (_, __, found) => found(null, [{ address: "127.0.0.1", family: 4 }] as never, 4),
});

async function requests(
  platform: Platform,
  seconds: number,
  { path, login, keepConnections = true }: Asked,
): Promise<LoadSample> {
  const { ports, ca, password } = platform;
  const url =
    ca === undefined ? `http://127.0.0.1:${ports.gateway}${path}` : `https://${host}:${ports.gateway}${path}`;
  const authorization = {
    none: async () => undefined,
    password: async () => `Basic ${btoa(`${user}:${password}`)}`,
    token: async () => `Bearer ${await accessToken(platform)}`,
  }[login ?? "none"];
  const shown = await authorization();
  return load({
    ...{ title: url, url, seconds, keepConnections, connections: CONNECTIONS },
    headers: { host, ...(shown !== undefined && { authorization: shown }) },
    ...(ca !== undefined && { tls: trusting(ca) }),
  });
}

/** By the port of Keycloak without TLS: which names it says of itself does not depend on that. */
async function accessToken({ ports, password, ca }: Platform): Promise<string> {
  const port = ca === undefined ? ports.keycloak : ports.keycloakAdmin;
  const { statusCode, body } = await request(
    `http://127.0.0.1:${port}/auth/realms/oidc/protocol/openid-connect/token`,
    {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `${new URLSearchParams({ grant_type: "password", client_id: "kit-smoke", scope: "openid", username: user, password })}`,
    },
  );
  const answer = await body.text();
  if (statusCode !== 200) {
    throw new KitError(
      "Keycloak gives no token",
      [{ where: "client kit-smoke", what: answer, got: statusCode }],
      {
        exitCode: ExitCode.deployment,
      },
    );
  }
  return JSON.parse(answer).access_token;
}

async function logins({ password, ca }: Platform, port: number, secure: boolean): Promise<LoadSample> {
  const milliseconds: number[] = [];
  for (let login = 0; login < LOGINS; login++) {
    const started = performance.now();
    const client = new ImapFlow({
      ...{ host: "127.0.0.1", port, secure, doSTARTTLS: !secure && ca !== undefined, logger: false },
      ...(ca !== undefined && { tls: { ca, servername: host } }),
      auth: { user, pass: password },
    });
    await client.connect();
    milliseconds.push(performance.now() - started);
    await client.logout();
  }
  const total = milliseconds.reduce((sum, each) => sum + each, 0);
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return {
    requestsPerSecond: (1000 * LOGINS) / total,
    p50: median(sorted),
    p99: sorted.at(-1) as number,
  };
}

function report(rows: readonly Row[]): Report {
  const figures = rows.map(({ title, samples }, index) => {
    const of = (field: keyof LoadSample) => median(samples.map((sample) => sample[field]));
    // Each with TLS is compared with the last one without.
    const base = rows.slice(0, index + 1).findLast((row) => row.title.endsWith("without TLS")) as Row;
    const rate = (row: Row) => median(row.samples.map(({ requestsPerSecond }) => requestsPerSecond));
    return {
      ...{ title, samples, requestsPerSecond: of("requestsPerSecond"), p50: of("p50"), p99: of("p99") },
      ratio: rate(base) / of("requestsPerSecond"),
    };
  });
  const perRequest = ({ samples }: Row) => samples.map(({ requestsPerSecond }) => 1 / requestsPerSecond);
  return {
    targets: rows.flatMap((row, index) =>
      row.atMost === undefined
        ? []
        : [
            ratio(
              `${row.title}, by one without`,
              perRequest(row),
              perRequest(rows[index - 1] as Row),
              row.atMost,
            ),
          ],
    ),
    text: table([
      ["medians", "a second", "p50", "p99", "time by that without TLS"],
      ...figures.map(({ title, requestsPerSecond, p50, p99, ratio }) => [
        title,
        requestsPerSecond.toFixed(0),
        `${p50.toFixed(2)} ms`,
        `${p99.toFixed(2)} ms`,
        `× ${ratio.toFixed(2)}`,
      ]),
    ]),
    figures: { tls: { connections: CONNECTIONS, seconds: RUN, logins: LOGINS, figures } },
  };
}
