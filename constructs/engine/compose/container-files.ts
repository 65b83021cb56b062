import type { Workload } from "../../workload/workload";

/** A file of a container, by the name that a Compose project knows it by. */
export interface ContainerFile {
  readonly name: string;
  /** The same, as the name of an environment variable. */
  readonly variable: string;
  readonly path: string;
  readonly content: string;
  readonly secret: boolean;
  readonly executable: boolean;
}

/** The files of all workloads. */
export function containerFiles(workloads: readonly Workload[]): Map<Workload, ContainerFile[]> {
  const taken = new Set<string>();
  return new Map(
    workloads.map((workload) => [
      workload,
      workload.files().map(({ path, content, secret = false, executable = false }) => {
        const name = freeName(`${workload.name}${path}`.toLowerCase().replace(/[^a-z0-9]+/g, "_"), taken);
        const variable = `FILE_${name.toUpperCase()}`;
        return { name, variable, path, content, secret, executable };
      }),
    ]),
  );
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
  taken.add(name);
  return name;
}
