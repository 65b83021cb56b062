import { limitProblems } from "../../constructs/james/james-limits";
import { jamesMemory } from "../../constructs/james/james-memory";
import { keycloakMemory } from "../../constructs/keycloak/server/keycloak-memory";
import { at, type PlatformRule } from "./rule";

export const memoryRules: readonly PlatformRule[] = [
  ({ services: { keycloak } }) => {
    const { heapMb = keycloakMemory.defaultHeap } = keycloak.resources;
    const least = keycloakMemory.leastHeap[keycloak.image];
    return at(
      ["resources", "keycloak", "heapMb"],
      keycloak.managed &&
        heapMb < least && {
          what:
            keycloak.image === "registry"
              ? "too little: Keycloak of a registry prepares itself at its first start"
              : "too little for Keycloak",
          got: heapMb,
          allowed: `${least} or more`,
        },
    );
  },
  ({ services: { james, keycloak } }) =>
    [
      { service: "james", ...james, beside: jamesMemory.besideHeap, standard: jamesMemory.defaultHeap },
      {
        service: "keycloak",
        ...keycloak,
        beside: keycloakMemory.besideHeap[keycloak.image],
        standard: keycloakMemory.defaultHeap,
      },
    ].flatMap(({ service, managed, resources, beside, standard }) => {
      const { heapMb = standard, memoryMb = Number.POSITIVE_INFINITY } = resources;
      return at(
        ["resources", service, "memoryMb"],
        managed &&
          memoryMb < heapMb + beside && {
            what: `too little: its JVM needs ${beside} MiB beside its heap`,
            got: memoryMb,
            allowed: `${heapMb + beside} or more`,
          },
      );
    }),
  ({ services: { james }, storage }) =>
    limitProblems(
      james.resources.heapMb ?? jamesMemory.defaultHeap,
      james.limits,
      storage.mail === "memory",
    ).map(({ limit, ...problem }) => ({ path: ["limits", limit], ...problem })),
];
