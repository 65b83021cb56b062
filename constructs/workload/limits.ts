/** What a container may take of the machine. */
export interface ContainerLimits {
  /** Upper bound of memory, in MiB; the engine kills what exceeds it. @default none */
  readonly memoryMb?: number | undefined;
  /** Upper bound of CPU time, in cores: 0.5 is half of one. No more than the engine's machine has. @default none */
  readonly cpus?: number | undefined;
  /** Most processes and threads at a time; further ones are not started. @default 1024 */
  readonly maxProcesses?: number | undefined;
}

/** Those of some props, without what else they say. */
export function limitsOf({ memoryMb, cpus, maxProcesses }: ContainerLimits): ContainerLimits {
  return {
    ...(memoryMb !== undefined && { memoryMb }),
    ...(cpus !== undefined && { cpus }),
    ...(maxProcesses !== undefined && { maxProcesses }),
  };
}

/** Of a container that says nothing else. */
export const defaultMaxProcesses = 1024;
