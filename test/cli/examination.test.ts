import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Deployment } from "../../cli/deployment";
import type { ContainerState } from "../../cli/engine";
import { planPlatform } from "../../cli/examination";
import { containerState } from "./container-state";

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
  writeFileSync(join(directory, "terraform"), `#!/bin/sh\necho "$1" >>${directory}/asked\n`, { mode: 0o755 });
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What Terraform is asked to do. */
async function asked(orphans: ReadonlyMap<ContainerState, string>): Promise<string[]> {
  const environment = { name: "unit", realms: [] };
  const deployment = { environment, stateFile: join(directory, "state") } as unknown as Deployment;
  await planPlatform(
    deployment,
    { binary: join(directory, "terraform"), directory, env: {} },
    {
      present: {
        containers: [ldap],
        ownNetworks: [],
        networks: [],
        foreign: { container: [], network: [], volume: [] },
      },
      wanted: [{ address, name: ldap.name, configuration, networks: {} }],
      orphans,
      repairs: [],
      broken: new Map(),
    },
  );
  expect(existsSync(join(directory, "asked"))).toBe(true);
  return readFileSync(join(directory, "asked"), "utf8").trim().split("\n");
}

test("what works by now is taken for finished, though an earlier run gave it up", async () => {
  expect(await asked(new Map())).toEqual(["untaint", "plan"]);
});

test("what is removed before Terraform runs is not", async () => {
  expect(await asked(new Map([[ldap, "network unit-ldap is gone"]]))).toEqual(["plan"]);
});
