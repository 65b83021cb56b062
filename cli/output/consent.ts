import { createInterface } from "node:readline/promises";
import { KitError } from "../../kit/errors";

/** What is to be removed for good, of which environment. */
export interface Deletion {
  /** Name of the environment. */
  readonly environment: string;
  /** What people have in it, line by line. */
  readonly lines: readonly string[];
  /** The command, as people type it, up to the name. */
  readonly command: string;
  /** Whether somebody can be asked. */
  readonly interactive: boolean;
}

/**
 * Lets data of people be removed for good when somebody has said the name of the environment that it is of.
 *
 * @param said the name that was given with the command; undefined: it is asked for, where somebody sits at a terminal
 * @throws KitError otherwise
 */
export async function consentToDeletion(
  { environment, lines, command, interactive }: Deletion,
  said: string | undefined,
): Promise<void> {
  const problem = { where: `environment ${environment}`, lines };
  if (said === undefined && !interactive) {
    throw new KitError("what people have would be removed for good", [
      {
        ...problem,
        what: "nobody has said that this may go",
        fix: `Say its name: ${command} ${environment}`,
      },
    ]);
  }
  const name = said ?? (await ask([...lines, `to remove this for good, type ${environment}: `].join("\n")));
  if (name === environment) return;
  throw new KitError("what people have would be removed for good", [
    {
      ...problem,
      what: "another name was said, so nothing is removed",
      got: name,
      allowed: environment,
    },
  ]);
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
