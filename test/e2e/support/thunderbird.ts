import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { packageRoot } from "../../../kit/package-root";
import { freePort } from "../../engine";

const program = "/usr/bin/thunderbird";

/** Debian's Thunderbird, installed where it is missing: why it cannot be had here, or nothing. */
export function lackOfThunderbird(): string | undefined {
  try {
    if (!existsSync(program)) {
      execFileSync(join(packageRoot, "scripts/apt-install"), ["thunderbird"], { stdio: "pipe" });
    }
    const [release] = /\d+/.exec(execFileSync(program, ["--version"], { encoding: "utf8" })) ?? [];
    return Number(release) >= 140 ? undefined : `Thunderbird ${release} knows no providers of add-ons`;
  } catch (error) {
    return `Debian's Thunderbird cannot be had here: ${(error as Error).message.split("\n")[0]}`;
  }
}

/** A Thunderbird without windows that anybody sees, driven by its remote protocol. */
export interface Thunderbird {
  /** Installs an add-on as people do, for good. @throws what Thunderbird says of it */
  install(file: string): Promise<void>;
  /** Runs a program inside, with all rights; what it returns. @throws what it throws */
  run<T>(program: string): Promise<T>;
  close(): void;
}

/** @param address where all host names are */
export async function startThunderbird(address: string): Promise<Thunderbird> {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-e2e-"));
  const port = freePort();
  const preferences = {
    "marionette.port": port,
    "network.dns.forceResolve": address,
    "mail.provider.suppress_dialog_on_startup": true,
    "mailnews.start_page.enabled": false,
    "app.update.enabled": false,
    "datareporting.policy.dataSubmissionEnabled": false,
  };
  const lines = Object.entries(preferences).map(
    (entry) => `user_pref(${JSON.stringify(entry).slice(1, -1)});`,
  );
  writeFileSync(join(folder, "user.js"), lines.join("\n"));
  const remote = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote"];
  const child = spawn(program, [...remote, "--profile", folder], {
    env: { ...process.env, HOME: folder, MOZ_HEADLESS: "1" },
    stdio: "ignore",
    detached: true,
  });
  const close = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const send = await marionette(port);
    await send("WebDriver:NewSession", {});
    await send("Marionette:SetContext", { value: "chrome" });
    await send("WebDriver:SetTimeouts", { script: 240_000 });
    return {
      install: async (file) => void (await send("Addon:Install", { path: file, temporary: false })),
      run: async <T>(text: string) => {
        const script = `const done = arguments[arguments.length - 1];
          (async () => { ${text} })().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const { value } = (await send("WebDriver:ExecuteAsyncScript", { script, args: [] })) as {
          value: { value: T; error?: string };
        };
        if (value.error !== undefined) throw new Error(value.error);
        return value.value;
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

type Send = (command: string, parameters: object) => Promise<unknown>;

/** https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html: each message after its length. */
async function marionette(port: number): Promise<Send> {
  const socket = await connected(port, performance.now() + 120_000);
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let rest = Buffer.alloc(0);
  let greet: () => void = () => {};
  const greeted = new Promise<void>((resolve) => {
    greet = resolve;
  });
  socket.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const colon = rest.indexOf(":");
      const end = colon + 1 + Number(rest.subarray(0, Math.max(colon, 0)).toString());
      if (colon < 0 || rest.length < end) return;
      const message = JSON.parse(rest.subarray(colon + 1, end).toString());
      rest = rest.subarray(end);
      if (!Array.isArray(message)) {
        greet();
        continue;
      }
      const [, id, error, result] = message;
      if (error) waiting.get(id)?.reject(new Error(JSON.stringify(error)));
      else waiting.get(id)?.resolve(result);
    }
  });
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Thunderbird has ended"));
  });
  await greeted;
  let last = 0;
  return (command, parameters) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      const text = JSON.stringify([0, last, command, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

async function connected(port: number, end: number): Promise<Socket> {
  for (;;) {
    const socket = await new Promise<Socket | Error>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket));
      socket.on("error", resolve);
    });
    if (!(socket instanceof Error)) return socket;
    if (performance.now() > end) throw socket;
    await setTimeout(300);
  }
}
