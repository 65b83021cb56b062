import { availableParallelism } from "node:os";
import type { JamesLimits } from "../constructs/james/james-limits";
import { defined } from "../kit/defined";
import { smallResources } from "../platform/model/capacity";
import type { PersonSpec } from "../platform/model/platform-spec";
import type { Settings } from "./settings";

type Derived = "name" | "gateway" | "people" | "startTimeoutSeconds" | "realms";

/** Settings with the defaults that follow from other settings, from the file's name, or from the machine. */
export type CompleteSettings = Omit<Settings, Derived> & {
  readonly [Key in Exclude<Derived, "realms" | "people">]: NonNullable<Settings[Key]>;
} & {
  readonly realms: readonly (Omit<Settings["realms"][number], "people"> & {
    readonly people: readonly PersonSpec[];
  })[];
  readonly people: readonly PersonSpec[];
};

export function withDerivedDefaults(settings: Settings, fileName: string): CompleteSettings {
  const gateway = settings.gateway ?? (settings.images === "built" ? "httpd" : "apisix");
  return {
    ...settings,
    name: settings.name ?? fileName,
    gateway,
    startTimeoutSeconds: settings.startTimeoutSeconds ?? startTimeout(availableParallelism()),
    // With a capacity they follow from it, in the platform.
    resources: settings.capacity ? settings.resources : withSmall(settings.resources),
    people: everybody(settings) ?? (settings.directory ? [] : [{ mail: `james-user@${settings.domain}` }]),
    realms: settings.realms.map((realm) => ({ ...realm, people: everybody(realm) ?? [] })),
  };
}

/** Those who are made up have the same name whatever the number is: one more is one more. */
function everybody({
  people,
  domain,
}: Pick<Settings, "people" | "domain">): readonly PersonSpec[] | undefined {
  if (people === undefined || Array.isArray(people)) return people;
  return Array.from({ length: people.generate }, (_, index) => {
    const number = String(index + 1).padStart(3, "0");
    return { mail: `person-${number}@${domain}`, firstName: "Person", lastName: number };
  });
}

function withSmall(resources: Settings["resources"]): Settings["resources"] {
  const services = Object.keys(smallResources) as (keyof typeof smallResources)[];
  return Object.fromEntries(
    services.map((service) => [service, { ...smallResources[service], ...defined(resources[service]) }]),
  ) as Settings["resources"];
}

/** All services start at once; what ends over and over nobody waits for as long as this. */
function startTimeout(processors: number): number {
  return Math.round((180 * 4) / Math.min(processors, 4));
}

/** The limits that were written. */
export function given(limits: Settings["limits"]): Partial<JamesLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
