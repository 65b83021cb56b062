import { firstLine, type ProgressStream, type ProgressView } from "./progress-view";

/** Milliseconds between two details of one step: a build prints thousands of lines. */
const DETAIL_MS = 1000;

/** One JSON object an event. `seconds` are seconds; `step` numbers steps, so that those at the same time can be told apart. */
export function jsonProgress(stream: ProgressStream): ProgressView {
  const emit = (event: object) => stream.write(`${JSON.stringify(event)}\n`);
  const lastDetail = new Map<number, number>();
  return {
    started: ({ id, title }) => emit({ event: "start", step: id, title }),
    detail({ id, detail }) {
      const now = Date.now();
      if (now - (lastDetail.get(id) ?? 0) < DETAIL_MS) return;
      lastDetail.set(id, now);
      emit({ event: "detail", step: id, detail });
    },
    ended: ({ id, title }, { ok, seconds }, error) =>
      emit({
        event: "end",
        step: id,
        title,
        ok,
        seconds: Number(seconds.toFixed(3)),
        ...(ok ? {} : { error: firstLine(error) }),
      }),
    done: (title, why) => emit({ event: "done", title, why }),
    note: (text) => emit({ event: "note", text }),
  };
}
