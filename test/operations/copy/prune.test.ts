import { describe, expect, it } from "vitest";
import { type EngineEnvironment, mebibytes } from "../../../operations/copy/engine-environments";
import { judge } from "../../../operations/copy/prune";
import { changedRecord, parseRecord } from "../../../operations/copy/record";

const hour = 3_600_000;
const now = Date.parse("2026-12-01T12:00:00.000Z");
const at = (hours: number) => new Date(now + hours * hour).toISOString();

const environment = (given: Partial<EngineEnvironment>): EngineEnvironment => ({
  ...{ name: "pr-1", state: "healthy", durable: false, memoryLimitMb: 1920, createdAt: at(-10) },
  ...{ labels: { branch: "main" }, by: "ci@host", copyOf: "offline" },
  ...given,
});
const { copyOf: _, ...byItsOwnName } = environment({});

describe("which environments go", () => {
  it.each<[string, EngineEnvironment, Parameters<typeof judge>[1], boolean | undefined]>([
    ["a copy that is older", environment({}), { olderThan: 8 * hour }, true],
    ["a copy that is younger", environment({}), { olderThan: 11 * hour }, false],
    ["a copy, without a word about age", environment({}), {}, undefined],
    ["one whose lease is over", environment({ endsAt: at(-1) }), {}, true],
    ["one with a lease, however old", environment({ endsAt: at(1) }), { olderThan: hour }, false],
    ["a lease that is over goes before age", environment({ endsAt: at(-1) }), { olderThan: 99 * hour }, true],
    ["one of its own name, however old", byItsOwnName, { olderThan: hour }, undefined],
    ["one of its own name with a lease that is over", { ...byItsOwnName, endsAt: at(-1) }, {}, true],
    [
      "one of which nobody knows its age",
      { ...environment({}), createdAt: undefined as never },
      { olderThan: 1 },
      false,
    ],
    ["one with the label", environment({}), { olderThan: hour, labels: { branch: "main" } }, true],
    ["one with another value", environment({}), { olderThan: hour, labels: { branch: "x" } }, undefined],
    [
      "one without one of them",
      environment({}),
      { olderThan: hour, labels: { branch: "main", x: "" } },
      undefined,
    ],
    [
      "one that keeps what people have",
      environment({ durable: true, endsAt: at(-1) }),
      { olderThan: 1 },
      false,
    ],
    ["what is left of a copy", environment({ state: "down" }), { olderThan: hour }, true],
  ])("%s", (_, one, wish, goes) => {
    expect(judge(one, wish, now)?.goes).toBe(goes);
  });
});

describe("what the engine knows of an environment", () => {
  it("begins with the first up, and a later one adds to it", () => {
    const first = changedRecord(
      undefined,
      { durable: false, copyOf: "offline", labels: { branch: "a", job: "1" }, ttl: hour },
      now,
    );
    expect(first).toMatchObject({ createdAt: at(0), endsAt: at(1), copyOf: "offline" });
    const second = changedRecord(
      first,
      { durable: true, copyOf: "offline", labels: { job: "2" } },
      now + hour,
    );
    expect(second).toEqual({ ...first, durable: true, labels: { branch: "a", job: "2" } });
    expect(changedRecord(second, { durable: false, ttl: 3 * hour }, now + hour)).toMatchObject({
      createdAt: at(0),
      endsAt: at(4),
      durable: true,
    });
    expect(parseRecord(JSON.stringify(first))).toEqual(first);
  });

  it.each(["", "{}", "nonsense", '{"createdAt":"yesterday","labels":{},"durable":false,"by":"x"}'])(
    "nothing of %j",
    (text) => {
      expect(parseRecord(text)).toBeUndefined();
    },
  );
});

it.each([
  ["612.3MiB / 768MiB", 612],
  ["1.5GiB / 2GiB", 1536],
  ["512KiB / 64MiB", 1],
  ["0B / 0B", 0],
])("docker stats: %s", (usage, mb) => {
  expect(mebibytes(usage)).toBe(mb);
});
