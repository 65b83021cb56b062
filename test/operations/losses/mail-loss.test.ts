import { expect, it } from "vitest";
import { mailLoss } from "../../../operations/losses/mail-loss";

const james = {
  ...{ id: "none", name: "unit-james", image: "james", status: "running", health: "healthy" },
  ...{ restarts: 0, ports: [], networks: {} },
};
const lost = (container: typeof james & { volumes?: string[] }, durable = true) =>
  mailLoss("unit", [container], "would be replaced", durable);
const queue = ["unit-james-queue"];

it("a James that keeps mail in its database loses none to one that does, too", async () => {
  expect(await lost({ ...james, volumes: queue })).toMatchObject({ empty: true, counts: [] });
  // Nobody can ask these: they are taken for full.
  expect(await lost({ ...james, volumes: ["other-james-queue"] })).toMatchObject({ empty: false });
  expect(await lost(james)).toMatchObject({ empty: false });
  expect(await lost({ ...james, volumes: queue }, false)).toMatchObject({ empty: false });
});
