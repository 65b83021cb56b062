import { execFileSync } from "node:child_process";

/** Runs the docker client, and gives the lines that it prints; none when there is no engine yet. */
export function docker(...args: string[]): string[] {
  try {
    return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .split("\n")
      .filter(Boolean);
  } catch {
    return [];
  }
}

/** A name that no other run has: runs on one engine leave each other alone. */
export function runName(purpose: string): string {
  return `${purpose}-${process.pid}`;
}

const kinds = [
  { list: ["ps", "--all"], id: ".ID", remove: ["rm", "--force", "--volumes"] },
  { list: ["network", "ls"], id: ".ID", remove: ["network", "rm"] },
  { list: ["volume", "ls"], id: ".Name", remove: ["volume", "rm"] },
];

/**
 * Removes containers, networks and volumes of this run, and what runs for the same purpose left whose process has ended.
 *
 * @param label its value is the name of a run
 */
export function removeRuns(label: string, purpose: string): void {
  for (const { list, id, remove } of kinds) {
    const rows = docker(...list, "--filter", `label=${label}`, "--format", `{{${id}}} {{.Label "${label}"}}`);
    const ended = rows.flatMap((row) => {
      const [found = "", run = ""] = row.split(" ");
      const pid = Number(run.slice(purpose.length + 1));
      return run === `${purpose}-${pid}` && (pid === process.pid || !isAlive(pid)) ? [found] : [];
    });
    if (ended.length > 0) docker(...remove, ...ended);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** What this process has asked for and may not listen on yet. */
const given = new Set<number>();

/**
 * Ports of 127.0.0.1 that nobody listens on, below those that outgoing connections take.
 *
 * @param names of what is to listen there
 */
export function freePorts<Name extends string>(...names: readonly Name[]): Record<Name, number> {
  const program = `
    const { createServer } = require("node:net");
    const found = {};
    const find = (name) => {
      const port = 10000 + Math.floor(Math.random() * 22000);
      const server = createServer().on("error", () => find(name));
      server.listen(port, "127.0.0.1", () => {
        found[name] = port;
        if (Object.keys(found).length < process.argv.length - 1) return;
        console.log(JSON.stringify(found));
        process.exit();
      });
    };
    process.argv.slice(1).forEach(find);`;
  for (;;) {
    const output = execFileSync(process.execPath, ["-e", program, ...names], { encoding: "utf8" });
    const found: Record<Name, number> = JSON.parse(output);
    const ports = Object.values<number>(found);
    if (ports.some((port) => given.has(port))) continue;
    for (const port of ports) given.add(port);
    return found;
  }
}

export const freePort = (): number => freePorts("port").port;

/** Of every service that an environment publishes. */
export const environmentPorts = () => freePorts("keycloak", "gateway", "imap", "smtp", "sieve");
