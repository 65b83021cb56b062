import { type ChildProcess, spawn } from "node:child_process";

// Keeps what a process wants for as long as it is there: runs commands one after the other, and another one when standard input
// ends, as it does when that process is gone, however that came: failed tests, Ctrl-C, SIGKILL. It is to be started in a process
// group of its own.
//
// It passes on what commands print, and adds a line when all of the first have succeeded, or one of any has failed:
// `{ "event": "kept", "exitCode": 0, "stderr": "" }`.

interface Work {
  /** The program, and words before those of each command. */
  readonly program: readonly string[];
  readonly first: readonly (readonly string[])[];
  readonly last: readonly string[];
}

const { program, first, last }: Work = JSON.parse(process.argv[2] ?? "");

let running: ChildProcess | undefined;
let isWanted = true;

// Whoever read it may be gone.
process.stdout.on("error", () => {});

function run(args: readonly string[]): Promise<{ exitCode: number; stderr: string }> {
  const [file = "", ...words] = [...program, ...args];
  const child = spawn(file, words, { stdio: ["ignore", "pipe", "pipe"] });
  running = child;
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => process.stdout.write(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = `${stderr}${chunk}`.slice(-2000);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ exitCode: 1, stderr: error.message }));
    child.once("close", (code) => resolve({ exitCode: code ?? 1, stderr }));
  });
}

function tell(ended: { exitCode: number; stderr: string }): void {
  process.stdout.write(`${JSON.stringify({ event: "kept", ...ended })}\n`);
}

async function begin(): Promise<void> {
  let ended = { exitCode: 0, stderr: "" };
  for (const args of first) if (isWanted && ended.exitCode === 0) ended = await run(args);
  tell(ended);
}

const begun = begin();

process.stdin.resume().once("close", async () => {
  isWanted = false;
  // As Ctrl-C: it ends what it is about.
  running?.kill("SIGINT");
  await begun;
  const ended = await run(last);
  if (ended.exitCode !== 0) tell(ended);
  process.exitCode = ended.exitCode;
});
