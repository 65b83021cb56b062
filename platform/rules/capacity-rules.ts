import { jamesLimits } from "../../constructs/james/james-limits";
import { jamesMemory } from "../../constructs/james/james-memory";
import { allMailMb, mostMailInMemoryMb } from "../model/capacity";
import { at, type PlatformRule } from "./rule";

/** People who are named and not expected. */
const asManyAsNamed: PlatformRule = ({ capacity, realms }) => {
  const named = realms.flatMap(({ people }) => people).length;
  return at(
    ["capacity", "people"],
    capacity !== undefined &&
      capacity.people < named && {
        what: "more people are named",
        got: capacity.people,
        allowed: `${named} or more`,
      },
  );
};

/** Environment files can say nothing else. */
const wholeNumbers: PlatformRule = ({ capacity = {} }) =>
  Object.entries(capacity).flatMap(([key, value]) =>
    at(
      ["capacity", key],
      !(Number.isSafeInteger(value) && value >= 1) && {
        what: "not a size",
        got: value,
        allowed: "a whole number from 1 on",
      },
    ),
  );

/** Mail that nobody may keep: of a quota that follows from all mail, what is too small is told by `plan`. */
const withinQuota: PlatformRule = ({ capacity, services: { james }, storage }) => {
  const { limits, resources } = james;
  const { quotaMb, mailMb } = jamesLimits(resources.heapMb ?? jamesMemory.defaultHeap, limits);
  return at(
    ["capacity", "mailPerPersonMb"],
    capacity?.mailPerPersonMb !== undefined &&
      limits.quotaMb !== undefined &&
      quotaMb < Math.min(capacity.mailPerPersonMb, storage.mail === "memory" ? mailMb : Infinity) && {
        what: "more than limits.quotaMb lets a person keep",
        got: capacity.mailPerPersonMb,
        allowed: `at most ${quotaMb}`,
      },
  );
};

/** More mail in memory than a heap can be said to be. */
const withinMemory: PlatformRule = ({ capacity, storage }) => {
  const mailMb = allMailMb({ capacity, storage }) ?? 0;
  return at(
    ["capacity", "people"],
    mailMb > mostMailInMemoryMb && {
      what: "more mail than fits into memory",
      got: `${mailMb} MiB`,
      allowed: `at most ${mostMailInMemoryMb} MiB of all people`,
      fix: "Expect less, or say storage.mail: durable",
    },
  );
};

export const capacityRules: readonly PlatformRule[] = [
  wholeNumbers,
  asManyAsNamed,
  withinQuota,
  withinMemory,
];
