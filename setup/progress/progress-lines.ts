import {
  firstLine,
  formatSeconds,
  type ProgressStream,
  type ProgressView,
  type RunningStep,
  shorten,
} from "./progress-view";

/** Milliseconds after which a running step is mentioned, and mentioned again. */
const HEARTBEAT_MS = 10_000;

/** Plain lines for pipes and CI: one when a step ends, and a sign of life every ten seconds while it runs. */
export function lineProgress(stream: ProgressStream, heartbeatMs: number = HEARTBEAT_MS): ProgressView {
  const line = (text: string) => stream.write(`${text}\n`);
  const timers = new Map<number, NodeJS.Timeout>();
  const alive = ({ title, startedAt, detail }: RunningStep) =>
    line(
      `… ${title} (${formatSeconds((Date.now() - startedAt) / 1000)})${detail ? `: ${shorten(detail, 100)}` : ""}`,
    );
  return {
    started(step) {
      // Unref'd: a heart that beats must not keep the process alive.
      timers.set(step.id, setInterval(() => alive(step), heartbeatMs).unref());
    },
    detail() {},
    ended({ id, title }, { ok, seconds }, error) {
      clearInterval(timers.get(id));
      timers.delete(id);
      line(`${ok ? "✓" : "✗"} ${title} (${formatSeconds(seconds)})${ok ? "" : `: ${firstLine(error)}`}`);
    },
    done: (title, why) => line(`✓ ${title}: ${why}`),
    note: (text) => line(`  ${text}`),
  };
}
