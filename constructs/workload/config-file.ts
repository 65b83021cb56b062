/**
 * One file that a container is given before it starts.
 *
 * A `secret` file never enters the synthesis output, the plan or the state: it is written to the environment's
 * private directory and referenced by path and keyed hash.
 */
export interface ConfigFile {
  /** Absolute path in the container. */
  readonly path: string;
  readonly content: string;
  /** Whether the content holds a secret. @default false */
  readonly secret?: boolean;
  /** Whether it is a program. @default false */
  readonly executable?: boolean;
}
