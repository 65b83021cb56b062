import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterAll, expect, it } from "vitest";
import { docker, removeRuns, runName } from "../engine";
import { testLabel } from "../gateway/lab/docker";

const purpose = "runs";
const running = spawn("sleep", ["600"]);
const ended = spawnSync("true");
const volumes = () => docker("volume", "ls", "--quiet", "--filter", `label=${testLabel}`);

afterAll(async () => {
  const exit = once(running, "exit");
  running.kill();
  await exit;
  removeRuns(testLabel, purpose);
});

it("a run removes its own things and those of runs that have ended, and leaves those of others that run", () => {
  const names = {
    own: runName(purpose),
    ended: `${purpose}-${ended.pid}`,
    running: `${purpose}-${running.pid}`,
    otherPurpose: `${purpose}-of-others-${ended.pid}`,
  };
  for (const name of Object.values(names))
    docker("volume", "create", "--label", `${testLabel}=${name}`, name);
  expect(volumes()).toEqual(expect.arrayContaining(Object.values(names)));
  removeRuns(testLabel, purpose);
  const left = volumes();
  expect(left).toEqual(expect.arrayContaining([names.running, names.otherPurpose]));
  expect(left).not.toEqual(expect.arrayContaining([names.own]));
  expect(left).not.toEqual(expect.arrayContaining([names.ended]));
  removeRuns(testLabel, `${purpose}-of-others`);
});
