import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEnvironment } from "../../../config/environment";
import { jamesLimits } from "../../../constructs/james/james-limits";
import type { Service } from "../../../platform/model/addresses";
import { smallResources } from "../../../platform/model/capacity";
import type { ServiceResources } from "../../../platform/model/platform-spec";
import {
  capacityLines,
  engineShortfalls,
  shortfalls,
  toldCapacity,
} from "../../../platform/model/shortfalls";

function platformOf(settings: object) {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(directory, "test.yaml"), JSON.stringify({ images: "built", ...settings }));
  return loadEnvironment("test", { directory, env: {} }).platform;
}
const resourcesOf = (settings: object) =>
  Object.fromEntries(
    Object.entries(platformOf(settings).services).map(([name, { resources }]) => [name, resources]),
  ) as Record<Service, ServiceResources>;
const named = (people: number) =>
  Array.from({ length: people }, (_, person) => ({ mail: `p${person}@localhost` }));
const durable = { storage: { identity: "durable", mail: "memory" } };

describe("what services may take", () => {
  it("of an environment that says nothing, and of a few people, is that of a small one", () => {
    expect(resourcesOf({})).toEqual(smallResources);
    const { capacity: _, ...few } = platformOf({ capacity: { people: 50 } });
    expect(few).toEqual(platformOf({}));
  });

  it("grows with people, and a heap with the memory around it", () => {
    const some = resourcesOf({ capacity: { people: 1_000 }, ...durable });
    const many = resourcesOf({ capacity: { people: 10_000 }, ...durable });
    for (const service of ["james", "keycloak"] as const) {
      expect(many[service].heapMb).toBeGreaterThan(some[service].heapMb as number);
      const beside = (resources: typeof many) =>
        (resources[service].memoryMb as number) - (resources[service].heapMb as number);
      expect(beside(many)).toBe(beside(smallResources));
    }
  });

  it("leaves everybody two connections, and the mail what it had without mailboxes and connections", () => {
    const { james } = platformOf({ capacity: { people: 10_000, sessions: 3_000 } }).services;
    expect(james.limits).toMatchObject({ connections: 6_000, mailMb: jamesLimits(192).mailMb });
    expect(
      platformOf({ capacity: { people: 10_000, sessions: 3_000 }, limits: { connections: 9 } }),
    ).toMatchObject({
      services: { james: { limits: { connections: 9 } } },
    });
  });

  it.each([
    [{ people: 100, mailPerPersonMb: 10 }, {}, 1000, 10],
    [{ people: 1, mailPerPersonMb: 100 }, {}, 100, 100],
    [{ people: 300 }, { quotaMb: 5 }, 1500, 5],
    [{ people: 40, mailPerPersonMb: 3 }, { messageMb: 3 }, 120, 3],
    [{ people: 60 }, { mailMb: 500 }, 500, 250],
  ])("holds the mail of %o with limits %o", (capacity, limits, mailMb, quotaMb) => {
    const { resources, limits: found } = platformOf({ capacity, limits }).services.james;
    const all = jamesLimits(resources.heapMb as number, found);
    expect(all.mailMb).toBeGreaterThanOrEqual(mailMb);
    expect(all.quotaMb).toBeGreaterThanOrEqual(quotaMb);
    expect(all.messageMb).toBeLessThanOrEqual(25);
  });

  it("is what was written, the rest fitted to it", () => {
    const capacity = { people: 10_000 };
    expect(
      resourcesOf({
        ...{ capacity, ...durable },
        resources: {
          ...{ james: { heapMb: 1024 }, keycloak: { memoryMb: 800, cpus: 2 } },
          ldap: { memoryMb: 99 },
        },
      }),
    ).toMatchObject({
      james: { heapMb: 1024, memoryMb: 1024 + 448 },
      keycloak: { heapMb: 800 - 512, memoryMb: 800, cpus: 2 },
      ldap: { memoryMb: 99 },
    });
  });

  it("limits what people may keep by what James has, where that was written", () => {
    const capacity = { people: 10_000, mailPerPersonMb: 5 };
    const { james } = platformOf({ capacity, resources: { james: { memoryMb: 1024 } } }).services;
    expect(james.resources).toEqual({ heapMb: 576, memoryMb: 1024 });
    expect(james.limits).toEqual({ connections: 20_000 });
  });

  it("gives nobody a quota where mail is in PostgreSQL, unless one was written", () => {
    const storage = { identity: "memory", mail: "durable" };
    const quota = (settings: object) =>
      platformOf({
        images: "registry",
        storage,
        capacity: { people: 10_000, mailPerPersonMb: 500 },
        ...settings,
      }).services.james.limits.quotaMb;
    expect(quota({})).toBeUndefined();
    expect(quota({ limits: { quotaMb: 2000 } })).toBe(2000);
    expect(() => quota({ limits: { quotaMb: 400 } })).toThrow(
      /capacity\.mailPerPersonMb: more than limits\.quotaMb lets a person keep/,
    );
  });

  it("ends somewhere, whatever is expected", () => {
    const capacity = { people: 1_000_000, mailPerPersonMb: 1_048_576 };
    expect(() => platformOf({ capacity, limits: { messageMb: 1_000 } })).toThrow(
      /test\.yaml:1 capacity\.people: more mail than fits into memory\. Got "1048576000000 MiB".*durable/,
    );
  });
});

describe("what is too small", () => {
  it("is nothing of what follows from the capacity", () => {
    for (const people of [1, 51, 1_000, 10_000, 20_000]) {
      for (const mailPerPersonMb of [undefined, 1, 12]) {
        const model = platformOf({ capacity: { people, mailPerPersonMb }, ...durable });
        expect(shortfalls(model)).toEqual([]);
      }
    }
  });

  it("is told with what it is, what is needed, and what to do", () => {
    const model = platformOf({
      ...durable,
      ...{
        capacity: { people: 10_000, sessions: 10_000, mailPerPersonMb: 1 },
        limits: { mailMb: 27, messageMb: 8 },
      },
      resources: { keycloak: { heapMb: 256 }, james: { heapMb: 4096, memoryMb: 8192 } },
    });
    const found = shortfalls(model);
    expect(found.map(({ where, got }) => [where, got])).toEqual(
      expect.arrayContaining([
        ["resources.keycloak.heapMb", 256],
        ["limits.mailMb", 27],
      ]),
    );
    expect(capacityLines(model, found).join("\n")).toMatch(
      /too small for 10,000 people, 10,000 sessions at a time, 1 MiB of mail each:\n.*limits\.mailMb: 27 MiB, 10,000 are needed: leave it out, or raise it/s,
    );
    expect(toldCapacity(model, found)).toEqual({
      capacity: { people: 10_000, sessions: 10_000, mailPerPersonMb: 1, tooSmall: found },
    });
  });

  it("is told of people who are named, without a capacity", () => {
    const model = platformOf({ people: named(500) });
    expect(shortfalls(model)).toEqual([
      expect.objectContaining({
        where: "resources.james.heapMb",
        got: 192,
        fix: expect.stringContaining("capacity.people"),
      }),
      {
        ...{ where: "limits.connections", got: 384, needed: 1_000, unit: "connections" },
        fix: "raise it, or say capacity.people",
      },
    ]);
    const few = platformOf({});
    expect(shortfalls(few)).toEqual([]);
    expect([toldCapacity(few, []), capacityLines(few, [])]).toEqual([{}, []]);
  });

  it("is the engine, by the memory of what is deployed and by its disk", () => {
    const model = platformOf({ capacity: { people: 10 }, ...durable });
    const enough = { memoryMb: 2_300, disk: { mb: 1_000, isFree: true } };
    expect(engineShortfalls(model, enough)).toEqual([]);
    expect(engineShortfalls(model, { memoryMb: 2_000, disk: { mb: 100, isFree: true } })).toMatchObject([
      { where: "memory of the engine's machine", got: 2_000, needed: 128 + 256 + 128 + 256 + 640 + 768 },
      { where: "free disk of the engine's machine", got: 100 },
    ]);
    expect(engineShortfalls(model, { memoryMb: 2_300 })).toEqual([]);
    expect(engineShortfalls(platformOf({}), { memoryMb: 1 })).toEqual([]);
  });
});
