import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { packageRoot } from "../../../kit/package-root";
import { cached } from "../../../setup/host/cache";
import { freePort } from "../../engine";

const artifact = "org.gaul:s3proxy:4.1.0:jar:jar-with-dependencies";

/** The program, as Maven Central has it: 55 MB. */
async function ensureProgram(): Promise<string> {
  const folder = await cached("s3proxy-4.1.0", async (folder) => {
    if (!existsSync("/usr/bin/mvn")) {
      execFileSync(join(packageRoot, "scripts/apt-install"), ["maven", "openjdk-17-jdk-headless"]);
    }
    const goal = ["dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
    execFileSync("mvn", ["-B", "-q", ...goal, "-Dmdep.stripVersion"], { cwd: folder, stdio: "pipe" });
  });
  return join(folder, "s3proxy-jar-with-dependencies.jar");
}

/** An S3 store with buckets in a folder, which lets in who has signed with its secret. @see https://github.com/gaul/s3proxy */
export class S3Proxy {
  readonly port = freePort();
  readonly endpoint = `http://127.0.0.1:${this.port}`;
  /** Variables by which programs of AWS come. */
  readonly variables = { AWS_ACCESS_KEY_ID: "kit", AWS_SECRET_ACCESS_KEY: "secret of the S3 store" };
  readonly #folder = mkdtempSync(join(tmpdir(), "kit-s3proxy-"));
  #process?: ChildProcess;
  log = "";

  async start(buckets: readonly string[]): Promise<void> {
    const program = await ensureProgram();
    for (const bucket of buckets) mkdirSync(join(this.#folder, "buckets", bucket), { recursive: true });
    const settings = {
      ...{ "s3proxy.authorization": "aws-v2-or-v4", "s3proxy.endpoint": this.endpoint },
      "s3proxy.identity": this.variables.AWS_ACCESS_KEY_ID,
      "s3proxy.credential": this.variables.AWS_SECRET_ACCESS_KEY,
      ...{
        "jclouds.provider": "filesystem-nio2",
        "jclouds.filesystem.basedir": join(this.#folder, "buckets"),
      },
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(this.#folder, "s3proxy.conf"), lines.join("\n"));
    const args = ["-Xmx256m", "-jar", program, "--properties", join(this.#folder, "s3proxy.conf")];
    this.#process = spawn("java", args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (chunk) => {
        this.log += chunk;
      });
    }
    await vi.waitFor(() => fetch(this.endpoint), 60_000);
  }

  stop(): void {
    this.#process?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
