import type { KitError } from "../../kit/errors";
import type { Progress } from "../../setup/progress/progress";
import type { Target } from "./target";

export interface PartOptions {
  readonly progress: Progress;
  /** Runs of each thing that is measured; a part may make fewer when time is up. */
  readonly runs: number;
}

/** What one part of the measurements found. */
export interface Report {
  readonly targets: readonly Target[];
  /** What the targets are made of, and what has none: for people. */
  readonly text: string;
  /** The same for programs. */
  readonly figures: object;
  /** Something besides went wrong; the figures hold. */
  readonly error?: KitError;
}
