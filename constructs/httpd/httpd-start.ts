import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../kit/package-root";
import type { ConfigFile } from "../workload/config-file";
import type { HttpdConfig, HttpdLimits } from "./httpd-config";

const program = "/usr/local/bin/kit-httpd-start";

/** Where the start program has its copy of a certificate, with its key. */
export function copiedCertificate(index: number): string {
  return `/dev/shm/kit-certificates/${index + 1}.pem`;
}

const threadsPerProcess = 64;

/** Threads of a process, and how many processes there are. */
export function processesFor({ maxRequests }: HttpdLimits) {
  const threads = Math.min(threadsPerProcess, maxRequests);
  return { threads, processes: Math.ceil(maxRequests / threads) };
}

/**
 * Generations of processes that may be there at a time: a new certificate makes a new one, and an earlier one lasts as long
 * as a connection of its. With certificates that are renewed each week a WebSocket can stay open for seven weeks.
 */
export const generations = 8;

/** Most processes and threads of a container: a thread each request, and those of the server itself; with TLS those that run HTTP/2, too. */
export function mostProcesses({ tls, limits }: Pick<HttpdConfig, "tls" | "limits">): number {
  const { threads, processes } = processesFor(limits);
  return Math.max(1024, 256 + (tls ? generations * processes * (2 * threads + 8) : limits.maxRequests));
}

type StartConfig = Pick<HttpdConfig, "tls" | "proxy" | "limits">;

/** Command of a container that httpd cannot be started in without further ado. */
export function startCommand({ tls, proxy, limits }: StartConfig): string[] | undefined {
  if (!tls && !proxy) return undefined;
  return ["bash", program, `${generations}`, `${processesFor(limits).processes}`];
}

/** The start program, and what it is told. */
export function startFiles(config: StartConfig): ConfigFile[] {
  const { tls, proxy } = config;
  if (startCommand(config) === undefined) return [];
  const text = (lines: readonly string[]) => `${lines.join("\n")}\n`;
  return [
    {
      path: program,
      content: readFileSync(join(packageRoot, "constructs/httpd/httpd-start.sh"), "utf8"),
      executable: true,
    },
    ...(tls
      ? [
          {
            path: "/etc/apache2/kit-certificates",
            content: text(tls.certificates.map(({ chainFile, keyFile }) => `${chainFile} ${keyFile}`)),
          },
        ]
      : []),
    ...(proxy ? [{ path: "/etc/apache2/kit-trusted-proxies", content: text(proxy.trusted) }] : []),
  ];
}
