import { createProgress, type Progress } from "../../setup/progress/progress";

/** Where a command tells what it does and what came of it: text for people, or one JSON object a line for programs. */
export interface Output {
  readonly progress: Progress;
  /** The command's result: `data` for programs, `text` for people. */
  result(data: object, text: string): void;
}

/** @param options.forShell standard output is for a shell, which evaluates the text. @default false */
export function createOutput({
  json = false,
  forShell = false,
}: {
  json?: boolean;
  forShell?: boolean;
}): Output {
  return {
    progress: createProgress(forShell && !json ? { stream: process.stderr } : { json }),
    result(data, text) {
      process.stdout.write(json ? `${JSON.stringify({ event: "result", ...data })}\n` : `${text}\n`);
    },
  };
}
