/** MiB of James's Java process. */
export const jamesMemory = {
  /** Holds all mail too: with 128, a 10 MiB upload beside a 10 MiB mail was too much. */
  defaultHeap: 192,
  /** What the kit's image begins with: the JVM refuses to start with less. */
  leastHeap: 96,
  /** Classes, code, threads, buffers: 180 were measured after the smoke test's operations. */
  besideHeap: 200,
} as const;
