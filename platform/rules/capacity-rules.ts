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

/** Mail that nobody may keep. */
const withinQuota: PlatformRule = ({ capacity, services: { james } }) => {
  const { quotaMb = Number.POSITIVE_INFINITY } = james.limits;
  return at(
    ["capacity", "mailPerPersonMb"],
    capacity?.mailPerPersonMb !== undefined &&
      capacity.mailPerPersonMb > quotaMb && {
        what: "more than limits.quotaMb lets a person keep",
        got: capacity.mailPerPersonMb,
        allowed: `at most ${quotaMb}`,
      },
  );
};

export const capacityRules: readonly PlatformRule[] = [wholeNumbers, asManyAsNamed, withinQuota];
