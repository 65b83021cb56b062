import {
  firstLine,
  formatSeconds,
  type ProgressStream,
  type ProgressView,
  type RunningStep,
  shorten,
} from "./progress-view";

const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const REDRAW_MS = 100;

/** For a terminal: ended steps scroll up, the running ones are redrawn below with their time and what they do. */
export function liveProgress(stream: ProgressStream): ProgressView {
  const running = new Map<number, RunningStep>();
  let drawn = 0;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  // Cursor up over what was drawn, then clear to the end of the screen.
  const erase = () => (drawn > 0 ? `\x1b[${drawn}A\x1b[0J` : "");
  const draw = (above = "") => {
    const spinner = FRAMES[frame % FRAMES.length];
    const width = (stream.columns ?? 80) - 1;
    const lines = [...running.values()].map((step) => shorten(`${spinner} ${describe(step)}`, width));
    stream.write(`${erase()}${above}${lines.map((text) => `${text}\n`).join("")}`);
    drawn = lines.length;
  };
  const scroll = (text: string) => draw(`${text}\n`);

  return {
    started(step) {
      running.set(step.id, step);
      timer ??= setInterval(() => {
        frame += 1;
        draw();
      }, REDRAW_MS).unref();
      draw();
    },
    detail() {},
    ended(step, { ok, seconds }, error) {
      running.delete(step.id);
      if (running.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
      scroll(
        ok
          ? `\x1b[32m✓\x1b[0m ${step.title} \x1b[2m(${formatSeconds(seconds)})\x1b[0m`
          : `\x1b[31m✗ ${step.title}\x1b[0m (${formatSeconds(seconds)}): ${firstLine(error)}`,
      );
    },
    done: (title, why) => scroll(`\x1b[32m✓\x1b[0m ${title} \x1b[2m${why}\x1b[0m`),
    note: (text) => scroll(`  ${text}`),
  };
}

function describe({ title, startedAt, detail }: RunningStep): string {
  const time = formatSeconds((Date.now() - startedAt) / 1000);
  return `${title} (${time})${detail ? ` ${detail}` : ""}`;
}
