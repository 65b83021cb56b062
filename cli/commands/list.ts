import { type EngineEnvironment, engineEnvironments } from "../../operations/copy/engine-environments";
import type { Output } from "../output/output";

/** Lists the environments of the engine, whoever made them. */
export async function list(output: Output): Promise<void> {
  const environments = await engineEnvironments({ usage: true });
  output.result(
    { command: "list", environments },
    environments.length === 0
      ? "the engine has no environment"
      : environments.map((one) => row(one, Date.now())).join("\n"),
  );
}

function row(
  {
    name,
    state,
    createdAt,
    endsAt,
    labels = {},
    memoryMb = 0,
    memoryLimitMb,
    by,
    folder,
    durable,
  }: EngineEnvironment,
  now: number,
): string {
  const age = createdAt === undefined ? "" : span(now - Date.parse(createdAt));
  return [
    ...[
      name.padEnd(24),
      state.padEnd(10),
      age.padStart(6),
      `${memoryMb} of ${memoryLimitMb} MiB`.padStart(20),
    ],
    ...(endsAt === undefined ? [] : [`until ${endsAt}`]),
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ...(durable ? ["durable"] : []),
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(folder === undefined ? [] : [folder]),
  ].join("  ");
}

/** `45 m`, `7 h`, `12 d` */
function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} m`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
