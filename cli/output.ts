import { createProgress, type Progress } from "../setup/progress";

/** Where a command tells what it does and what came of it: text for people, or one JSON object a line for programs. */
export interface Output {
  readonly progress: Progress;
  /** The command's result: `data` for programs, `text` for people. */
  result(data: object, text: string): void;
}

export function createOutput({ json = false }: { json?: boolean }): Output {
  return {
    progress: createProgress({ json }),
    result(data, text) {
      process.stdout.write(json ? `${JSON.stringify({ event: "result", ...data })}\n` : `${text}\n`);
    },
  };
}
