/** MiB of Keycloak's Java process. */
export const keycloakMemory = {
  defaultHeap: 256,
  /** What the kit's image begins with: the JVM refuses to start with less. */
  leastHeap: 128,
  /** Classes, code, threads, buffers. */
  besideHeap: 192,
} as const;
