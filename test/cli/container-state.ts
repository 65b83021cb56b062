import type { ContainerState } from "../../operations/engine/engine";

/** A directory's container that does its work. */
export function containerState(state: Partial<ContainerState> = {}): ContainerState {
  return {
    id: "abc",
    name: "unit-ldap",
    image: "x",
    status: "running",
    health: "healthy",
    restarts: 0,
    ports: [],
    configuration: "1",
    networks: {},
    ...state,
  };
}
