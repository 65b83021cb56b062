/** How bad something is, from the least on. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** A line that a service wrote. */
export interface LogLine {
  /** When the engine got it: ISO 8601, UTC, with nanoseconds. */
  readonly time: string;
  readonly service: string;
  /** @default nobody can tell */
  readonly level?: LogLevel;
  readonly text: string;
}

const words: Readonly<Record<string, LogLevel>> = {
  ...{ trace: "debug", debug: "debug", "-": "debug", ".": "debug" },
  ...{ info: "info", notice: "info", log: "info", "*": "info" },
  ...{ warn: "warn", warning: "warn", "#": "warn" },
  ...{ error: "error", crit: "error", alert: "error", emerg: "error", fatal: "error", panic: "error" },
};

/** Where the services' own formats say it. slapd's does not. */
const formats: readonly RegExp[] = [
  // James: 16:41:49.113 WARN  SessionRoutes [  ] …; Keycloak: 2026-12-01 16:40:53,588 WARN  [org.keycloak…] (main) …
  /^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d[.,]\d{3} \[?([A-Z]+) *\]? /,
  // httpd: [Tue Dec 01 16:40:18.702621 2026] [mpm_event:notice] [pid 1:tid 1] …
  /^\[[^\]]+\] \[\w*:(\w+?)\d?\] /,
  // nginx, and so APISIX: 2026/12/01 16:40:18 [warn] 45#45: …
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(\w+)\] /,
  // Redis: 1:M 01 Dec 2026 16:40:13.796 * …
  /^\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ ([.\-*#]) /,
  // PostgreSQL: 2026-12-01 16:40:13.123 UTC [42] LOG:  …
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \w+ \[\d+\](?: \S+)? ([A-Z]+?)\d?: {2}/,
];

/** A request that a gateway has answered: the status is before the bytes and the time. */
const request = / (?:[A-Z]{3,} \/\S*|-) (\d{3}) (?:\d+|-) [\d.]+(?:us)?$/;

/** The level that a line itself says. */
export function levelOf(text: string): LogLevel | undefined {
  const status = request.exec(text)?.[1];
  if (status !== undefined) return status >= "500" ? "error" : "info";
  for (const format of formats) {
    const word = format.exec(text)?.[1]?.toLowerCase();
    if (word !== undefined && Object.hasOwn(words, word)) return words[word];
  }
  return undefined;
}

/** Whether one who wants lines of a level on is shown one: also one of which nobody can tell. */
export function isAtLeast({ level }: Pick<LogLine, "level">, least: LogLevel): boolean {
  return level === undefined || logLevels.indexOf(level) >= logLevels.indexOf(least);
}
