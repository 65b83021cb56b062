import { jamesLimits } from "../../constructs/james/james-limits";
import { jamesMemory } from "../../constructs/james/james-memory";
import type { Service } from "./addresses";
import { allMailMb, neededConnections, neededDiskMb, neededResources, smallResources } from "./capacity";
import type { CapacityModel, PlatformModel } from "./platform-model";
import type { ServiceResources } from "./platform-spec";

/** Something that is too small for whom it is expected to serve. */
export interface Shortfall {
  /** The setting, as `resources.keycloak.heapMb`, or what of the engine. */
  readonly where: string;
  readonly got: number;
  readonly needed: number;
  /** Of both: MiB where it is none. */
  readonly unit: "MiB" | "connections";
  readonly fix: string;
}

/** What the engine has, in MiB. */
export interface EngineSize {
  readonly memoryMb: number;
  /** Of the disk that has its volumes. @default unknown: it is on another machine */
  readonly disk?: { readonly mb: number; readonly isFree: boolean };
}

/** Whom a platform is to serve: whom somebody said, else those who are named. */
export function expected({ capacity, realms }: PlatformModel): CapacityModel {
  const people = realms.flatMap((realm) => realm.people).length;
  return capacity ?? { people, sessions: people };
}

/** What of a platform's own settings is too small; what is not said has no bound. */
export function shortfalls(model: PlatformModel): Shortfall[] {
  const capacity = expected(model);
  const { services, storage } = model;
  const { james } = services;
  const sized = { capacity, storage, limits: james.limits };
  const needed = neededResources(sized);
  const fix = model.capacity ? "leave it out, or raise it" : "raise it, or say capacity.people";
  const found = (Object.keys(needed) as Service[])
    .filter((service) => services[service].managed)
    .flatMap((service) => {
      const least: ServiceResources = needed[service];
      const small: ServiceResources = smallResources[service];
      const isShort = (key: "heapMb" | "memoryMb") =>
        least[key] !== small[key] &&
        (services[service].resources[key] ?? Number.POSITIVE_INFINITY) < (least[key] ?? 0);
      // One of a heap and its memory follows from the other: they are told once.
      const key = (["heapMb", "memoryMb"] as const).find(isShort);
      if (key === undefined) return [];
      const both = `${model.capacity ? "leave it and memoryMb out, or raise them" : "raise it and memoryMb, or say capacity.people"}: memoryMb to ${least.memoryMb}`;
      return [
        {
          where: `resources.${service}.${key}`,
          got: services[service].resources[key] as number,
          needed: least[key] as number,
          unit: "MiB" as const,
          fix: key === "heapMb" ? both : fix,
        },
      ];
    });
  return [...found, ...limitShortfalls(model, capacity, fix)];
}

function limitShortfalls(
  { services: { james }, storage }: PlatformModel,
  capacity: CapacityModel,
  fix: string,
): Shortfall[] {
  const limits = jamesLimits(james.resources.heapMb ?? jamesMemory.defaultHeap, james.limits);
  const connections = neededConnections(capacity);
  const mailMb = allMailMb({ capacity, storage }) ?? 0;
  return [
    ...(limits.connections < connections
      ? [
          {
            where: "limits.connections",
            got: limits.connections,
            needed: connections,
            unit: "connections" as const,
            fix,
          },
        ]
      : []),
    ...(limits.mailMb < mailMb
      ? [{ where: "limits.mailMb", got: limits.mailMb, needed: mailMb, unit: "MiB" as const, fix }]
      : []),
  ];
}

/** What of the engine is too small for what the platform may take, and for what people will have. */
export function engineShortfalls(model: PlatformModel, engine: EngineSize): Shortfall[] {
  if (!model.capacity) return [];
  const sum = Object.values(model.services)
    .filter(({ managed }) => managed)
    .reduce((total, { resources: { memoryMb = 0 } }) => total + memoryMb, 0);
  const disk = neededDiskMb({ ...model, capacity: model.capacity });
  const fix = "take a larger machine, or expect fewer people or less mail";
  return [
    ...(sum > engine.memoryMb
      ? [
          {
            where: "memory of the engine's machine",
            got: engine.memoryMb,
            needed: sum,
            unit: "MiB" as const,
            fix,
          },
        ]
      : []),
    ...(engine.disk && disk > engine.disk.mb
      ? [
          {
            where: engine.disk.isFree ? "free disk of the engine's machine" : "disk of the engine's machine",
            got: engine.disk.mb,
            needed: disk,
            unit: "MiB" as const,
            fix,
          },
        ]
      : []),
  ];
}

/** That, a line each, after whom it is for. */
export function capacityLines(model: PlatformModel, found: readonly Shortfall[]): string[] {
  const { people, sessions, mailPerPersonMb } = expected(model);
  const number = (value: number) => value.toLocaleString("en");
  const mail = mailPerPersonMb === undefined ? "" : `, ${number(mailPerPersonMb)} MiB of mail each`;
  const whom = `${number(people)} people, ${number(sessions)} sessions at a time${mail}`;
  if (found.length === 0) return model.capacity ? [`capacity     ${whom}`] : [];
  return [
    `capacity     too small for ${whom}:`,
    ...found.map(
      ({ where, got, needed, unit, fix }) =>
        `             ${where}: ${number(got)} ${unit}, ${number(needed)} are needed: ${fix}`,
    ),
  ];
}

/** That, for programs. */
export function toldCapacity(
  model: PlatformModel,
  found: readonly Shortfall[],
): { readonly capacity?: CapacityModel & { readonly tooSmall: readonly Shortfall[] } } {
  return model.capacity || found.length > 0 ? { capacity: { ...expected(model), tooSmall: found } } : {};
}
