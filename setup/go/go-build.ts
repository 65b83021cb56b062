import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { RunError, run } from "../../kit/run";
import { requireDiskSpace } from "../host/disk-space";
import { withLock } from "../host/lock";
import type { Go } from "./go";
import { goWorkLock } from "./go-work";

/** Bytes that module cache, build cache and result take at most (measured: 3.1 GB with both programs). */
const DISK_SPACE = 4e9;

export interface GoProgram {
  /** A go.mod that requires the program's module: `go install` refuses modules with replacements. */
  readonly goMod: string;
  /** The import path of its main package. */
  readonly mainPackage: string;
  /** Variables of the program to set, as `path.name=value`. @default none */
  readonly set?: readonly string[];
  /** Build tags. @default none */
  readonly tags?: readonly string[];
  /** The file's name. */
  readonly output: string;
}

/**
 * Builds a program of a Go module, as the Go module proxy has it, into `folder`.
 *
 * @throws KitError when the module cannot be had, does not compile, or the disk is too full
 */
export async function goBuild(
  go: Go,
  program: GoProgram,
  folder: string,
  detail: (text: string) => void,
): Promise<void> {
  requireDiskSpace(folder, DISK_SPACE, `build ${program.output}`);
  writeFileSync(join(folder, "go.mod"), program.goMod);
  // Without symbols the binaries are a third smaller and link faster; then nobody needs the compiler to make debug
  // information, which is an eighth of its work (measured).
  const ldflags = ["-s", "-w", ...(program.set ?? []).map((variable) => `-X ${variable}`)].join(" ");
  const args = [
    "build",
    "-v",
    "-mod=mod",
    "-trimpath",
    "-gcflags=all=-dwarf=false",
    `-ldflags=${ldflags}`,
    ...(program.tags && program.tags.length > 0 ? [`-tags=${program.tags.join(",")}`] : []),
    "-o",
    program.output,
    program.mainPackage,
  ];
  try {
    await withLock(goWorkLock(), () => run(go.binary, args, { cwd: folder, env: go.env, onLine: detail }), {
      onWait: detail,
    });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw buildError(program, error);
  }
}

function buildError(program: GoProgram, error: RunError): KitError {
  const full = error.tail.some((line) => /no space left/i.test(line));
  return new KitError(
    `The kit cannot build ${program.output}`,
    [
      {
        what: `go build ${program.mainPackage}: ${error.reason}`,
        fix: full
          ? "Free disk space, then run the kit again: it continues."
          : "Check that the Go module proxy can be reached, then run the kit again: it continues.",
        lines: error.tail.slice(-8),
      },
    ],
    { exitCode: ExitCode.machine },
  );
}
