import { isDeepStrictEqual } from "node:util";
import type { Difference } from "../../constructs/keycloak/compare/difference";
import {
  forgetPlan,
  type PlanJson,
  type PlanValue,
  type PlanValues,
  plan,
  type TerraformOptions,
} from "./terraform";

/**
 * What a stack wants against what there is: one plan, which asks the service about everything that the state knows.
 *
 * @param realm what resources belong to that name none
 * @throws KitError with Terraform's own diagnostics
 */
export async function terraformDrift(options: TerraformOptions, realm: string): Promise<Difference[]> {
  try {
    return planDifferences(await plan(options), realm);
  } finally {
    forgetPlan(options);
  }
}

/** Changes of a plan as differences, a resource an object; sensitive values are not shown. */
export function planDifferences(
  { resource_changes = [], resource_drift = [] }: PlanJson,
  realm: string,
): Difference[] {
  const planned = resource_changes.flatMap(({ address, mode, change }) =>
    mode === "data" || change.actions.join() === "no-op"
      ? []
      : differences(
          realm,
          address,
          { values: change.after, sensitive: change.after_sensitive, unknown: change.after_unknown },
          { values: change.before, sensitive: change.before_sensitive },
        ),
  );
  const alreadyPlanned = new Set(planned.map(({ object, path }) => JSON.stringify([object, path])));
  const whole = new Set(planned.flatMap(({ object, path }) => (path === "" ? [object] : [])));
  const behind = resource_drift
    .filter(({ address }) => !whole.has(address))
    .flatMap(({ address, change }) =>
      differences(
        realm,
        address,
        { values: change.before, sensitive: change.before_sensitive },
        { values: change.after, sensitive: change.after_sensitive },
      ),
    )
    .filter(({ object, path }) => !alreadyPlanned.has(JSON.stringify([object, path])));
  return [...planned, ...behind];
}

interface Side {
  readonly values: PlanValues | null;
  readonly sensitive?: unknown;
  readonly unknown?: unknown;
}

function differences(otherwise: string, object: string, wanted: Side, found: Side): Difference[] {
  const place = { realm: realmOf(wanted.values) ?? realmOf(found.values) ?? otherwise, object };
  if (!wanted.values || !found.values) {
    return [
      {
        ...place,
        path: "",
        ...(wanted.values && { wanted: shown(wanted.values, wanted.sensitive) }),
        ...(found.values && { found: shown(found.values, found.sensitive) }),
      },
    ];
  }
  const { values, unknown } = wanted;
  const computed = (key: string) => (unknown as Record<string, unknown> | undefined)?.[key] === true;
  return Object.keys({ ...values, ...found.values }).flatMap((path) => {
    const [want, have] = [present(values[path]), present(found.values?.[path])];
    if (computed(path) || isDeepStrictEqual(want, have)) return [];
    return [
      {
        ...place,
        path,
        ...(want !== null && { wanted: shown(want, part(wanted.sensitive, path)) }),
        ...(have !== null && { found: shown(have, part(found.sensitive, path)) }),
      },
    ];
  });
}

/** The provider reads what is not set as empty, or the other way round. */
function present(value: PlanValue | undefined): PlanValue {
  if (value === undefined || value === "") return null;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, present(item as PlanValue)] as const);
  const said = entries.filter(([, item]) => item !== null);
  if (said.length === 0) return null;
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(said);
}

/** Resources name their realm; the realm itself its own name. */
function realmOf(values: PlanValues | null): string | undefined {
  const realm = values?.realm_id ?? values?.realm;
  return typeof realm === "string" ? realm : undefined;
}

/** The sensitive parts of a value are given as a tree of `true`. */
function shown(value: PlanValue, sensitive: unknown): PlanValue {
  if (sensitive === true) return "**********";
  if (Array.isArray(value)) return value.map((item, index) => shown(item, part(sensitive, index)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, shown(item as PlanValue, part(sensitive, key))]),
  );
}

function part(tree: unknown, key: string | number): unknown {
  return typeof tree === "object" && tree !== null
    ? (tree as Record<string | number, unknown>)[key]
    : undefined;
}
