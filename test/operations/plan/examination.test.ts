import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Deployment } from "../../../operations/deployment/deployment";
import type { ContainerState } from "../../../operations/engine/engine";
import { planPlatform } from "../../../operations/plan/examination";
import { containerState } from "../../cli/container-state";

const address = "docker_container.ldap";
const configuration = "1";
const ldap = containerState({ configuration });
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(directory, "cdk.tf.json"), "{}");
  const instances = [{ status: "tainted", attributes: { id: ldap.id } }];
  const resources = [{ mode: "managed", type: "docker_container", name: "ldap", instances }];
  writeFileSync(join(directory, "state"), JSON.stringify({ resources }));
  const terraform = `#!/bin/sh
echo "$1" >>${directory}/asked
for option; do case $option in -state=*) cp "\${option#-state=}" ${directory}/planned;; esac; done
`;
  writeFileSync(join(directory, "terraform"), terraform, { mode: 0o755 });
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Plans, and tells what is planned from a state of its own. */
async function planned(orphans: ReadonlyMap<ContainerState, string>): Promise<readonly string[]> {
  const environment = { name: "unit", platform: { publishedPorts: [] } };
  const deployment = { environment, stateFile: join(directory, "state") } as unknown as Deployment;
  const { finished } = await planPlatform(
    deployment,
    { binary: join(directory, "terraform"), directory, env: {} },
    {
      present: {
        containers: [ldap],
        ownNetworks: [],
        ownVolumes: [],
        networks: [],
        foreign: { container: [], network: [], volume: [] },
      },
      wanted: [{ address, name: ldap.name, configuration, networks: {} }],
      orphans,
      repairs: [],
      broken: new Map(),
    },
  );
  expect(readFileSync(join(directory, "asked"), "utf8")).toBe("plan\n");
  return finished;
}

const state = () => readFileSync(join(directory, "state"), "utf8");

test("what works by now is planned as finished, though an earlier run gave it up; nothing is changed", async () => {
  const before = state();
  expect(await planned(new Map())).toEqual([address]);
  const [ldapInState] = JSON.parse(readFileSync(join(directory, "planned"), "utf8")).resources;
  expect(ldapInState).toMatchObject({ name: "ldap", instances: [{ attributes: { id: ldap.id } }] });
  expect(ldapInState.instances[0].status).toBeUndefined();
  expect(state()).toBe(before);
  expect(readdirSync(directory).sort()).toEqual(["asked", "cdk.tf.json", "planned", "state", "terraform"]);
});

test("what is removed before Terraform runs is not", async () => {
  expect(await planned(new Map([[ldap, "network unit-ldap is gone"]]))).toEqual([]);
  expect(existsSync(join(directory, "planned"))).toBe(false);
});
