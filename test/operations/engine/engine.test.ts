import { expect, it } from "vitest";
import { isSettled } from "../../../operations/engine/engine";
import { containerState } from "../../cli/container-state";

const now = Date.parse("2026-11-30T12:00:00Z");
const after = (seconds: number, restarts: number) =>
  containerState({ restarts, startedAt: now - seconds * 1000 });

it.each([
  ["just started for the first time", after(1, 0), true],
  ["just started again: it may end again, as James does that cannot reach its directory", after(1, 1), false],
  ["started again a while ago", after(11, 3), true],
  ["started by an engine whose clock is another one", after(-300, 1), true],
  ["not healthy", { ...after(60, 0), health: "starting" }, false],
])("a service is at work: %s", (_, container, expected) => {
  expect(isSettled(container, now)).toBe(expected);
});
