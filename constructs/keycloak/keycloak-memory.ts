/** MiB of Keycloak's Java process. */
export const keycloakMemory = {
  defaultHeap: 256,
  /** What the kit's image begins with: the JVM refuses to start with less. */
  leastHeap: 128,
  /**
   * Classes, code, threads, buffers. An image of a registry has not been augmented: its first start does that, which takes
   * more than all that comes after it.
   */
  besideHeap: { built: 192, registry: 256 },
} as const;
