import { stripVTControlCharacters } from "node:util";

export interface Timing {
  readonly title: string;
  readonly seconds: number;
  readonly ok: boolean;
}

/** How progress is shown: on a terminal, as plain lines, as JSON. */
export interface ProgressView {
  started(step: RunningStep): void;
  detail(step: RunningStep): void;
  ended(step: RunningStep, timing: Timing, error?: unknown): void;
  done(title: string, why: string): void;
  note(text: string): void;
}

export interface RunningStep {
  readonly id: number;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  detail: string;
}

/** The part of a terminal or a pipe that is needed. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** `0.4 s`, `12.3 s`, `2 min 03 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** The first line of an error's message, for a step's own line; the rest is told once, at the end. */
export function firstLine(error: unknown): string {
  return oneLine(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
}

/** Without the colours, cursor movements and carriage returns that a tool's output may hold. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\p{Cc}+/gu, " ")
    .trim();
}

export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
