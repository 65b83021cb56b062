import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { join } from "node:path";

/** An authority for certificates, of one's own, in a folder; `ca.pem`, or `<name>.pem`, is its certificate. */
export class Authority {
  constructor(
    private readonly folder: string,
    private readonly name = "ca",
    made?: "made",
  ) {
    if (made) return;
    this.#openssl(
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=authority"],
      ...["-keyout", `${name}.key`, "-out", `${name}.pem`],
    );
  }

  /** Path of its certificate. */
  get path(): string {
    return join(this.folder, `${this.name}.pem`);
  }

  /** Its certificate, in PEM. */
  get certificate(): string {
    return readFileSync(this.path, "utf8");
  }

  /** Makes a certificate of a server by its addresses or DNS names: `ca.pem`, `server.pem` and `server.key`, with their contents. */
  certify(...hosts: [string, ...string[]]): { name: string; content: string }[] {
    this.#openssl(
      ...["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server"],
      ...["-keyout", "server.key", "-out", "csr"],
    );
    const names = hosts.map((host) => `${isIPv4(host) ? "IP" : "DNS"}:${host}`);
    writeFileSync(join(this.folder, "extensions"), `subjectAltName=${names.join(",")}\n`);
    this.#openssl(
      ...[
        "x509",
        "-req",
        "-in",
        "csr",
        "-CA",
        `${this.name}.pem`,
        "-CAkey",
        `${this.name}.key`,
        "-CAcreateserial",
      ],
      ...["-days", "2"],
      ...["-extfile", "extensions", "-out", "server.pem"],
    );
    return [`${this.name}.pem`, "server.pem", "server.key"].map((name) => ({
      name,
      content: readFileSync(join(this.folder, name), "utf8"),
    }));
  }

  /** An authority below this one: `<name>.pem`. */
  intermediate(name: string): Authority {
    this.#request(name, name, 2048);
    this.#sign(name, ["basicConstraints=critical,CA:TRUE"], 90);
    return new Authority(this.folder, name, "made");
  }

  /** A certificate of a server, its authority's not with it, and its key. */
  issue(
    host: string,
    { days = 30, bits = 2048 }: { /** Negative: it has ended. */ days?: number; bits?: number } = {},
  ): { cert: string; key: string } {
    this.#request("issued", host, bits);
    this.#sign("issued", [`subjectAltName=DNS:${host}`], days);
    const read = (name: string) => readFileSync(join(this.folder, name), "utf8");
    return { cert: read("issued.pem"), key: read("issued.key") };
  }

  #request(name: string, subject: string, bits: number): void {
    this.#openssl(
      ...["req", "-newkey", `rsa:${bits}`, "-nodes", "-subj", `/CN=${subject}`],
      ...["-keyout", `${name}.key`, "-out", "csr"],
    );
  }

  #sign(out: string, extensions: readonly string[], days: number): void {
    writeFileSync(join(this.folder, "extensions"), `${extensions.join("\n")}\n`);
    this.#openssl(
      ...["x509", "-req", "-in", "csr", "-CA", `${this.name}.pem`, "-CAkey", `${this.name}.key`],
      ...["-CAcreateserial", "-days", `${days}`, "-extfile", "extensions", "-out", `${out}.pem`],
    );
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.folder, stdio: "ignore" });
  }
}
