import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../../kit/package-root";
import { refuseOtherFolder } from "../../../operations/engine/refuse-other-folder";

const own = join(packageRoot, "cli");
const check =
  (...origins: string[]) =>
  () =>
    refuseOtherFolder("unit", own, {
      ownNetworks: origins.map((origin) => ({ name: "unit-james", origin })),
      ownVolumes: [],
    });

test("an environment that is up from another folder is refused, with that folder", () => {
  expect(check(own, join(packageRoot, "config"))).toThrow(join(packageRoot, "config"));
});

test.each([
  ["not up", []],
  ["up from here", [own, own]],
  ["up from a folder that is gone", [join(packageRoot, "gone")]],
  ["up from before this was noted", [""]],
])("one that is %s is not", (_, origins) => {
  expect(check(...origins)).not.toThrow();
});

test("one that is down and has left data there is refused, too", () => {
  const origin = join(packageRoot, "config");
  expect(() =>
    refuseOtherFolder("unit", own, { ownNetworks: [], ownVolumes: [{ name: "unit-data", origin }] }),
  ).toThrow(/has data of another folder/);
});
