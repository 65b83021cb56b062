import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { packageRoot } from "../../../kit/package-root";

const executablePath = "/usr/bin/chromium";

const quiet = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Debian's Chromium, installed where it is missing: why it cannot be had here, or nothing. */
export function lackOfBrowser(): string | undefined {
  try {
    if (!existsSync(executablePath)) {
      execFileSync(join(packageRoot, "scripts/apt-install"), ["chromium", "openssl"], { stdio: "pipe" });
    }
    return undefined;
  } catch (error) {
    return `Debian's Chromium cannot be installed here: ${(error as Error).message.split("\n")[0]}`;
  }
}

/**
 * Runs work in a new window of a browser that nobody has used.
 *
 * @param ca file with an authority in PEM that its user trusts
 * @param hosts where the browser finds host names, with or without a port: `{ "sso.example.com": "127.0.0.1" }`
 * @param work is done anew when the machine's networks change meanwhile, as they do when containers come and go: Chromium then
 * breaks off what it loads
 * @throws with what the page showed and said, when work does
 */
export async function inBrowser<T>(surroundings: Surroundings, work: (page: Page) => Promise<T>): Promise<T> {
  for (let left = 4; ; left -= 1) {
    try {
      return await inOneBrowser(surroundings, work);
    } catch (error) {
      if (left === 0 || !String(error).includes("ERR_NETWORK_CHANGED")) throw error;
    }
  }
}

interface Surroundings {
  readonly hosts: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly ca?: string;
}

async function inOneBrowser<T>(
  { hosts, flags = [], ca }: Surroundings,
  work: (page: Page) => Promise<T>,
): Promise<T> {
  const rules = Object.entries(hosts).map(([host, address]) => `MAP ${host} ${address}`);
  const home = ca === undefined ? undefined : homeWithAuthority(ca);
  const browser: Browser = await chromium.launch({
    executablePath,
    ...(home !== undefined && { env: { ...process.env, HOME: home } as Record<string, string> }),
    args: [...quiet, ...flags, `--host-resolver-rules=${rules.join(", ")}`],
  });
  const said: string[] = [];
  const page = await browser.newPage();
  // A busy machine is no failure.
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => said.push(message.text()));
  page.on("response", (response) => {
    if (response.status() >= 400) said.push(`${response.status()} ${response.url()}`);
  });
  try {
    return await work(page);
  } catch (error) {
    const shown = await page.textContent("body").catch(() => "");
    throw new Error([(error as Error).message, page.url(), shown?.slice(0, 1000), ...said].join("\n"), {
      cause: error,
    });
  } finally {
    await browser.close();
    if (home !== undefined) rmSync(home, { recursive: true, force: true });
  }
}

/** A home of somebody who has told his browser to trust an authority. */
function homeWithAuthority(ca: string): string {
  if (!existsSync("/usr/bin/certutil")) {
    execFileSync(join(packageRoot, "scripts/apt-install"), ["libnss3-tools"], { stdio: "pipe" });
  }
  const home = mkdtempSync(join(tmpdir(), "kit-browser-"));
  const database = join(home, ".pki/nssdb");
  mkdirSync(database, { recursive: true });
  const certutil = (...args: string[]) =>
    execFileSync("certutil", ["-d", `sql:${database}`, ...args], { stdio: "pipe" });
  certutil("-N", "--empty-password");
  certutil("-A", "-n", "authority", "-t", "C,,", "-i", ca);
  return home;
}
