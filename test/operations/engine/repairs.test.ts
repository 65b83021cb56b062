import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ContainerState } from "../../../operations/engine/engine";
import { brokenOnes, finishedSince, repairsOf } from "../../../operations/engine/repairs";
import { containerState } from "../../cli/container-state";

const wanted = [
  {
    address: "docker_container.ldap",
    name: "unit-ldap",
    configuration: "1",
    networks: { unit: ["ldap.example.com"], "unit-james": [] },
  },
];
const container = (state: Partial<ContainerState> = {}) =>
  containerState({ networks: { unit: ["ldap.example.com", "abc"], "unit-james": ["abc"] }, ...state });
const repairs = (state: Partial<ContainerState>) =>
  repairsOf("unit", [container(state)], wanted, ["unit", "unit-james", "bridge"]).map(({ what }) => what);

test.each<[string, Partial<ContainerState>, string[]]>([
  ["nothing where all is well", {}, []],
  ["paused", { status: "paused" }, ["was paused"]],
  ["stopped", { status: "exited" }, ["did not run"]],
  ["cut off", { networks: {} }, ["was cut off from network unit", "was cut off from network unit-james"]],
  [
    "connected under no name",
    { networks: { unit: ["abc"], "unit-james": [] } },
    ["was cut off from network unit"],
  ],
  [
    "cut off from another's network",
    { networks: { unit: ["ldap.example.com"] } },
    ["was cut off from network unit-james"],
  ],
  [
    "both",
    { status: "paused", networks: { unit: ["ldap.example.com"] } },
    ["was cut off from network unit-james", "was paused"],
  ],
  [
    "of what is replaced, only the pause",
    { status: "paused", networks: {}, configuration: "0" },
    ["was paused"],
  ],
])("repairs %s", (_, state, expected) => expect(repairs(state)).toEqual(expected));

test.each<[string, Partial<ContainerState>, boolean]>([
  ["unhealthy", { health: "unhealthy" }, true],
  ["ends over and over", { status: "restarting", restarts: 9 }, true],
  ["starts", { health: "starting" }, false],
  ["is another one", { health: "unhealthy", configuration: "0" }, false],
])("takes for broken: %s %j: %s", (_, state, broken) => {
  expect(brokenOnes([container(state)], wanted).has("docker_container.ldap")).toBe(broken);
});

test.each<[string, Partial<ContainerState>, boolean]>([
  ["has become healthy", {}, true],
  ["still starts", { health: "starting" }, true],
  ["ends over and over", { health: "starting", restarts: 5 }, false],
  ["is paused since", { status: "paused", health: "unhealthy" }, true],
  ["never ran", { status: "created" }, false],
  ["is given something else", { configuration: "0" }, false],
  ["is another one of that name", { id: "def" }, false],
])("takes up what Terraform gave up and %s: %j: %s", (_, state, finished) => {
  const stateFile = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "terraform.tfstate");
  const instances = [{ status: "tainted", attributes: { id: "abc" } }];
  writeFileSync(
    stateFile,
    JSON.stringify({ resources: [{ type: "docker_container", name: "ldap", instances }] }),
  );
  expect(finishedSince([container(state)], wanted, stateFile)).toEqual(
    finished ? ["docker_container.ldap"] : [],
  );
});
