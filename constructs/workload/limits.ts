/** What a container may take of the machine. */
export interface ContainerLimits {
  /** Upper bound of memory, in MiB; the engine kills what exceeds it. @default none */
  readonly memoryMb?: number | undefined;
  /** Upper bound of CPU time, in cores: 0.5 is half of one. No more than the engine's machine has. @default none */
  readonly cpus?: number | undefined;
  /** Most processes and threads at a time; further ones are not started. @default 1024 */
  readonly maxProcesses?: number | undefined;
}

/** The limits among the props of a service, without those that are undefined. */
export function limitsOf({ memoryMb, cpus, maxProcesses }: ContainerLimits): ContainerLimits {
  return {
    ...(memoryMb !== undefined && { memoryMb }),
    ...(cpus !== undefined && { cpus }),
    ...(maxProcesses !== undefined && { maxProcesses }),
  };
}

/** For a container that sets no limit of its own. */
export const defaultMaxProcesses = 1024;
