/** MiB of Keycloak's Java process. */
export const keycloakMemory = {
  defaultHeap: 256,
  /**
   * The kit's image begins with this, and the JVM refuses to start with less. One of a registry prepares itself at its
   * first start: with 128 that ends in an OutOfMemoryError, each time anew.
   */
  leastHeap: { built: 128, registry: 256 },
  /** Classes, code, threads, buffers. Preparing itself took 366 beside and with a heap of 256, running then 320 to 430. */
  besideHeap: { built: 192, registry: 256 },
} as const;
