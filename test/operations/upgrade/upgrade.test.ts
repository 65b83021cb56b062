import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  copiedPlatform,
  copyDeployed,
  type DeployedCopy,
  deployedCopy,
  deployedFolder,
  keepDeployed,
  putBack,
  secretsChangedSince,
} from "../../../operations/deployment/deployed-copy";
import { type Deployment, openDeployment, withDeployment } from "../../../operations/deployment/deployment";
import { synthesize } from "../../../operations/deployment/synthesize";
import {
  beginUpgrade,
  endUpgrade,
  noteUpgrade,
  unfinishedUpgrade,
} from "../../../operations/deployment/unfinished-upgrade";
import { wantedContainers } from "../../../operations/engine/wanted-containers";
import { stackFile } from "../../../operations/terraform/terraform";
import { refuseUnreadableData } from "../../../operations/upgrade/refuse-unreadable-data";
import { imagesBy, upgradeSteps } from "../../../operations/upgrade/steps";
import { type PlannedUpgrade, upgradeProblems } from "../../../operations/upgrade/upgrade-problems";
import { containerState } from "../../cli/container-state";
import { enterProject, leaveProject } from "../../cli/project";

const durable = { images: "built", storage: { identity: "durable", mail: "memory" } };
let folder = "";

beforeEach(() => {
  folder = enterProject(durable);
});
afterEach(() => leaveProject(folder));

/** Synthesizes the environment, as `up` does. */
function prepared(settings: object = durable) {
  writeFileSync("environments/unit.yaml", JSON.stringify(settings));
  const deployment = openDeployment("unit");
  const outdir = join(deployment.directory, "cdktf.out");
  synthesize(deployment, { outdir });
  const platform = { binary: "", env: {}, directory: join(outdir, "stacks/platform") };
  return { deployment, platform };
}

/** That, as if it had been deployed. */
function deployed() {
  const { deployment, platform } = prepared();
  keepDeployed("unit", deployment, [platform]);
  return { deployment, platform, copy: deployedCopy(deployedFolder(deployment.directory)) as DeployedCopy };
}

describe("the copy of what was deployed", () => {
  it("tells releases, and is its owner's alone", () => {
    const { copy } = deployed();
    expect(copy).toMatchObject({
      releases: { james: "memory-3.8.1+kit", keycloak: expect.stringMatching(/^26\./), postgres: "15" },
      ...{ databases: ["keycloak"], identity: false },
    });
    for (const name of ["secrets.json", "about.json", "environment.yaml", "files/redis/etc/redis/kit.conf"]) {
      if (!existsSync(join(copy.directory, name))) continue;
      expect(statSync(join(copy.directory, name)).mode & 0o777, name).toBe(0o600);
    }
    expect(statSync(copy.directory).mode & 0o777).toBe(0o700);
  });

  it("is left alone by a synthesis of other settings, and put back whole", () => {
    const { deployment, platform, copy } = deployed();
    const json = readFileSync(stackFile(platform), "utf8");
    const secrets = readFileSync(join(deployment.directory, "secrets.json"), "utf8");
    const wanted = wantedContainers(stackFile(platform));
    prepared({ ...durable, resources: { james: { memoryMb: 900 } }, tls: { mode: "own" } });
    expect(readFileSync(stackFile(platform), "utf8")).not.toBe(json);
    expect(wantedContainers(stackFile(copiedPlatform(copy)))).toEqual(wanted);
    const [back, ...identity] = putBack(copy, deployment, platform);
    expect(identity).toEqual([]);
    expect(readFileSync(stackFile(back), "utf8")).toBe(json);
    expect(readFileSync(join(deployment.directory, "secrets.json"), "utf8")).toBe(secrets);
  });

  it("knows whether a secret was rotated since", () => {
    const { deployment, copy } = deployed();
    const file = join(deployment.directory, "secrets.json");
    const secrets = JSON.parse(readFileSync(file, "utf8"));
    expect(secretsChangedSince(copy, deployment)).toEqual([]);
    writeFileSync(file, JSON.stringify({ ...secrets, redis: "another", new: "one" }));
    expect(secretsChangedSince(copy, deployment)).toEqual(["redis"]);
  });

  it("that nobody can read is told, one that is not there is none", () => {
    expect(deployedCopy("nowhere")).toBeUndefined();
    mkdirSync("broken");
    writeFileSync("broken/about.json", "{");
    expect(() => deployedCopy("broken")).toThrow(
      /the copy of what was deployed cannot be read\n.*broken\/about.json/,
    );
  });
});

const notes = { startedAt: "2026-12-01T00:00:00.000Z", images: {}, copied: {}, goingBack: false };

describe("an upgrade that was ended half-way", () => {
  it("is known with what was deployed before it, until it is ended", () => {
    const { deployment, copy } = deployed();
    const { directory } = deployment;
    expect(unfinishedUpgrade(directory)).toBeUndefined();
    // Killed before its notes were written, it has not begun.
    copyDeployed(copy, join(directory, "upgrade/former"));
    expect(unfinishedUpgrade(directory)).toBeUndefined();
    beginUpgrade(directory, copy, notes);
    expect(unfinishedUpgrade(directory)).toMatchObject({ notes, former: { databases: ["keycloak"] } });
    endUpgrade(directory);
    expect(unfinishedUpgrade(directory)).toBeUndefined();
  });

  it("leaves the environment to others until it goes back", async () => {
    const { deployment, copy } = deployed();
    const { directory } = deployment;
    beginUpgrade(directory, copy, notes);
    await expect(withDeployment("unit", async () => "used")).resolves.toBe("used");
    noteUpgrade(directory, { ...notes, goingBack: true });
    await expect(withDeployment("unit", async () => "used")).rejects.toThrow(
      /environment unit is not whole\n.*an upgrade was going back.*upgrade back/,
    );
  });
});

const change = (name: string, address: string, more: object = {}) => ({
  ...{ action: "replace" as const, name, address, reasons: ["memoryMb is 2 instead of 1"] },
  ...more,
});

describe("another PostgreSQL", () => {
  const registry = (postgres: string, more: object = {}) =>
    prepared({ ...durable, images: "registry", imageReferences: { postgres }, ...more }).deployment;

  it("of the same major release is nothing that `up` or `plan` refuses, another one is, with the way to it", () => {
    expect(() => refuseUnreadableData(registry("postgres:17.6-bookworm"))).not.toThrow();
    deployed();
    expect(() => refuseUnreadableData(registry("mirror.example:17/postgres:15.20-bookworm"))).not.toThrow();
    expect(() => refuseUnreadableData(registry("postgres:17.6-bookworm"))).toThrow(
      /does not read the data of another one\. Got "15 → 17.6"\. Make a backup .*`restore FILE --identity KEYFILE --delete-data NAME`/,
    );
  });

  it("is nothing to an environment that keeps nothing in it", () => {
    deployed();
    const storage = "memory";
    expect(() => refuseUnreadableData(registry("postgres:17.6-bookworm", { storage }))).not.toThrow();
  });
});

describe("the steps of an upgrade", () => {
  it("are services in the order in which they need each other, with the database of one whose image is another", () => {
    const { deployment, platform, copy } = deployed();
    const is = stackFile(platform);
    const steps = upgradeSteps(
      deployment,
      [
        change("gateway", "docker_container.g"),
        change("keycloak", "docker_container.k", { reasons: ["another image"] }),
        change("james", "docker_container.j"),
        change("image x", "docker_image.x"),
        change("redis", "docker_container.r", { action: "delete" }),
        change("postgres", "docker_container.p"),
      ],
      { was: stackFile(copiedPlatform(copy)), is },
      copy,
    );
    expect(steps.map(({ service, image, database }) => [service, image, database])).toEqual([
      ["postgres", false, undefined],
      ["keycloak", true, "keycloak"],
      ["james", false, undefined],
      ["gateway", false, undefined],
    ]);
    expect(imagesBy(is)["unit-james"]).toMatch(/james/);
  });
});

describe("an upgrade is refused", () => {
  function upgrade(change: Partial<PlannedUpgrade> = {}, before = deployed()): PlannedUpgrade {
    const { deployment, platform, copy } = before;
    const wanted = wantedContainers(stackFile(platform));
    const running = wanted.map(({ name, configuration }) =>
      containerState({ name, ...(configuration !== undefined && { configuration }) }),
    );
    return {
      deployment,
      found: {
        present: {
          ...{ containers: running, ownNetworks: [], ownVolumes: [], networks: [] },
          foreign: { container: [], network: [], volume: [] },
        },
        ...{ wanted, orphans: new Map(), repairs: [], broken: new Map() },
      },
      ...{ finished: [], former: copy, isUnfinished: false, steps: [] },
      ...change,
    };
  }
  const whats = (one: PlannedUpgrade) => upgradeProblems(one).map(({ what }) => what);

  it("not where all is well, nor where one goes on that was ended half-way", () => {
    const well = upgrade();
    expect(upgradeProblems(well)).toEqual([]);
    const present = { ...well.found.present, containers: [] };
    expect(upgradeProblems({ ...well, isUnfinished: true, found: { ...well.found, present } })).toEqual([]);
  });

  it("where there is nothing to go back to", () => {
    expect(whats({ ...upgrade(), former: undefined })).toEqual([
      expect.stringMatching(/no copy of what was deployed/),
    ]);
    const well = upgrade();
    const [first, ...others] = well.found.present.containers;
    const containers = [containerState({ ...first, configuration: "another" }), ...others];
    const found = { ...well.found, present: { ...well.found.present, containers } };
    expect(whats({ ...well, found })).toEqual([expect.stringMatching(/what runs is not what the last `up`/)]);
  });

  it("where something is sick, in memory, or demands it", () => {
    const well = upgrade();
    const [first, ...others] = well.found.present.containers;
    const containers = [containerState({ ...first, health: "unhealthy" }), ...others];
    const found = { ...well.found, present: { ...well.found.present, containers } };
    expect(whats({ ...well, found })).toEqual([expect.stringMatching(/not all of it works/)]);
    const demands = [
      { what: "no way", outcome: "refused" as const },
      { what: "hm", outcome: "told" as const },
    ];
    const step = {
      ...change("james", "docker_container.j"),
      service: "james",
      image: false,
      demands,
    } as const;
    expect(whats({ ...well, steps: [step] })).toEqual(["no way"]);
    const { deployment } = prepared({ images: "built" });
    expect(whats({ ...well, deployment: deployment as Deployment })).toEqual([
      expect.stringMatching(/in memory, of which there is neither backup nor way back/),
      expect.stringMatching(/other services would keep what people have in PostgreSQL/),
    ]);
  });
});
