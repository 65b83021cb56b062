import { engineName, loadEnvironment } from "../../config/environment";
import { ExitCode, KitError } from "../../kit/errors";
import { Redactor } from "../../kit/redactor";
import { containers } from "../../operations/engine/engine";
import { containerLog } from "../../operations/logs/container-log";
import { knownSecrets } from "../../operations/logs/known-secrets";
import { isAtLeast, type LogLevel, type LogLine } from "../../operations/logs/log-line";
import { merged } from "../../operations/logs/merged";
import type { Output } from "../output/output";

export interface LogsOptions {
  /** Only what is as young, in milliseconds since 1970. @default all */
  readonly since?: number;
  /** Go on with what is written from now on. @default false */
  readonly follow?: boolean;
  /** Only lines of this level on, and those of which nobody can tell. @default all */
  readonly level?: LogLevel;
}

/** Milliseconds that a log that is followed may come later than another one's line of the same time. */
const patience = 1000;

/**
 * Tells what the services of an environment have written, in the order of time, without its secrets.
 *
 * @param services names of those that are meant; all where none is named
 * @throws KitError for a service that is not there; when the environment is not up (`ExitCode.deployment`)
 */
export async function logs(
  file: string,
  services: readonly string[],
  { level, ...options }: LogsOptions,
  output: Output,
): Promise<void> {
  const name = engineName(file, { env: process.env });
  const there = (await containers(name)).map((container) => ({
    id: container.id,
    service: container.name.slice(name.length + 1),
  }));
  // What runs has logs also where its file is broken since.
  const load = () => loadEnvironment(file, { env: process.env });
  if (there.length === 0) {
    load();
    throw new KitError(
      `environment ${name} is not up`,
      [{ what: "the engine has no container of it, and so no log", fix: "`up` brings it up" }],
      { exitCode: ExitCode.deployment },
    );
  }
  const names = there.map(({ service }) => service);
  const unknown = services.filter((service) => !names.includes(service));
  if (unknown.length > 0) {
    throw new KitError(
      `environment ${name} has no such service`,
      unknown.map((got) => ({
        where: "SERVICE",
        what: "no container of it is called so",
        got,
        allowed: names,
      })),
    );
  }
  const redactor = new Redactor(knownSecrets(name, load));
  const stop = new AbortController();
  // Who reads no further, as `head`, ends it.
  process.stdout.once("error", () => stop.abort());
  const sources = there
    .filter(({ service }) => services.length === 0 || services.includes(service))
    .map((container) => containerLog(container, { ...options, signal: stop.signal }));
  const width = Math.max(...names.map(({ length }) => length));
  try {
    for await (const line of merged(sources, options.follow ? patience : undefined)) {
      if (stop.signal.aborted) return;
      if (level && !isAtLeast(line, level)) continue;
      const told = { ...line, text: redactor.redact(line.text).text };
      output.result({ event: "log", ...told }, lineText(told, width));
    }
  } finally {
    stop.abort();
  }
}

function lineText({ time, service, level, text }: LogLine, width: number): string {
  return `${time.slice(0, 23)}Z ${service.padEnd(width)} ${(level ?? "").padEnd(5)} ${text}`;
}
