import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureGo } from "../../../setup/go/go";
import { goBuild } from "../../../setup/go/go-build";
import { cached } from "../../../setup/host/cache";
import { createProgress } from "../../../setup/progress/progress";
import { Authority } from "../../authority";
import { freePorts } from "../../engine";

const release = "2.10.3";

/** Folder with Let's Encrypt's authority for tests of clients, and its DNS server, as the Go module proxy has them. */
export async function ensurePebble(): Promise<string> {
  return cached(`pebble-${release}`, async (folder) => {
    const go = await ensureGo(createProgress());
    const module = "github.com/letsencrypt/pebble/v2";
    const goMod = `module tests\n\ngo 1.26\n\nrequire ${module} v${release}\n`;
    for (const output of ["pebble", "pebble-challtestsrv"]) {
      await goBuild(go, { goMod, mainPackage: `${module}/cmd/${output}`, output }, folder, () => {});
    }
  });
}

export interface PebbleOptions {
  /** Where it listens: of the engine's machine, as containers see it. */
  readonly address: string;
  /** Where all names are that it proves. @default `address` */
  readonly names?: string;
  /** Where it asks for files that prove names. */
  readonly httpPort: number;
  /** Of the certificates that it issues. */
  readonly lifetimeSeconds: number;
  /** Keys of accounts of others, by id, without which it registers nobody. @default it registers everybody */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** For which it issues nothing. @default none */
  readonly refused?: readonly string[];
}

/** An authority that issues by ACME. */
export class Pebble {
  readonly #processes: ChildProcess[] = [];
  readonly #ports = freePorts("directory", "management", "dns", "dnsManagement", "tls");
  /** What it says of its work. */
  log = "";
  /** In PEM: of which its directory's certificate is. */
  readonly ca: string;

  constructor(
    private readonly programs: string,
    private readonly options: PebbleOptions,
  ) {
    const { address, names = address, httpPort, lifetimeSeconds, externalAccounts, refused = [] } = options;
    const folder = mkdtempSync(join(tmpdir(), "kit-pebble-"));
    const [ca] = new Authority(folder).certify(address);
    this.ca = ca?.content ?? "";
    const ports = this.#ports;
    const pebble = {
      listenAddress: `${address}:${ports.directory}`,
      managementListenAddress: `${address}:${ports.management}`,
      ...{ certificate: join(folder, "server.pem"), privateKey: join(folder, "server.key") },
      ...{ httpPort, tlsPort: ports.tls, domainBlocklist: refused },
      externalAccountBindingRequired: externalAccounts !== undefined,
      ...(externalAccounts && { externalAccountMACKeys: externalAccounts }),
      profiles: { default: { description: "short", validityPeriod: lifetimeSeconds } },
    };
    const config = join(folder, "pebble.json");
    writeFileSync(config, JSON.stringify({ pebble }));
    this.#run("pebble-challtestsrv", [
      ...["-defaultIPv4", names, "-defaultIPv6", ""],
      ...["-dnsserver", `${address}:${ports.dns}`, "-management", `${address}:${ports.dnsManagement}`],
      ...["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""],
    ]);
    this.#run("pebble", ["-config", config, "-dnsserver", `${address}:${ports.dns}`]);
  }

  get directory(): string {
    return `https://${this.options.address}:${this.#ports.directory}/dir`;
  }

  get resolver(): string {
    return `${this.options.address}:${this.#ports.dns}`;
  }

  /** How many certificates it was asked for. */
  get orders(): number {
    return this.log.match(/Added order/g)?.length ?? 0;
  }

  /** In PEM: of which the certificates are that it issues. */
  root(): Promise<string> {
    const url = `https://${this.options.address}:${this.#ports.management}/roots/0`;
    return new Promise((resolve, reject) => {
      const ask = get(url, { ca: this.ca }, async (answer) => {
        let text = "";
        for await (const part of answer.setEncoding("utf8")) text += part;
        resolve(text);
      });
      ask.on("error", reject);
    });
  }

  /** What the DNS is to answer. https://github.com/letsencrypt/challtestsrv */
  async dns(command: "set-txt" | "clear-txt", record: object): Promise<void> {
    const { address } = this.options;
    const url = `http://${address}:${this.#ports.dnsManagement}/${command}`;
    const { ok, status } = await fetch(url, { method: "POST", body: JSON.stringify(record) });
    if (!ok) throw new Error(`${url}: ${status}`);
  }

  stop(): void {
    for (const process of this.#processes) process.kill();
  }

  #run(program: string, args: readonly string[]): void {
    const started = spawn(join(this.programs, program), args, {
      // Without waits of up to 15 seconds before it looks whether a name is proved.
      env: { ...process.env, PEBBLE_VA_NOSLEEP: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (data) => {
        this.log += data;
      });
    }
    this.#processes.push(started);
  }
}
