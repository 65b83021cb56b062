import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { packageRoot } from "../../kit/package-root";

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
 * @param hosts where the browser finds host names, with or without a port: `{ "sso.example.com": "127.0.0.1" }`
 * @throws with what the page showed and said, when work does
 */
export async function inBrowser<T>(
  { hosts, flags = [] }: { hosts: Readonly<Record<string, string>>; flags?: readonly string[] },
  work: (page: Page) => Promise<T>,
): Promise<T> {
  const rules = Object.entries(hosts).map(([host, address]) => `MAP ${host} ${address}`);
  const browser: Browser = await chromium.launch({
    executablePath,
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
  }
}
