import { isDeepStrictEqual } from "node:util";
import { isEmpty } from "../compare/values";
import type { FieldReport } from "../provider/mapping/field-mapping";
import type { RealmRepresentation } from "../representation/realm-template";
import { type Editable, forEachObject, leaves } from "./export/representation-objects";
import type { RealmTemplate } from "./realm-template";

const ids = /(^|\.)(id|internalId|containerId|parentId|flowId)$/;
const times = /(^|\.)(notBefore|createdTimestamp|createdDate|lastSync|client\.secret\.creation\.time)$/;

/**
 * What became of every value of the file: one entry each, in its order.
 *
 * @param coverage what Keycloak's Terraform provider can say of the template. @default none: an import says everything
 * @param neededSecrets objects whose secrets are in the file of secrets. @default all
 */
export function fieldReport(
  template: RealmTemplate,
  coverage?: readonly FieldReport[],
  neededSecrets: Pick<ReadonlySet<string>, "has"> = new Set(template.secrets.map(({ object }) => object)),
): FieldReport[] {
  const valuesOf = (realm: RealmRepresentation) =>
    new Map(leaves(realm as unknown as Editable).map(({ path, value }) => [path, value]));
  const represented = valuesOf(template.representation);
  const complete = valuesOf(template.importable());
  const secrets = new Map(template.secrets.map(({ path, object }) => [path, object]));
  const provided = coverage && lookup(coverage, template.representation);
  return template.source.map(({ path, value }): FieldReport => {
    const report = (kind: FieldReport["kind"], reason: string) => ({ path, kind, reason });
    if (ids.test(path) && !represented.has(path)) return report("default", "Keycloak gives ids by itself");
    if (path === "keycloakVersion" || times.test(path)) {
      return report("default", "it tells of the export, not of the realm");
    }
    const secret = secrets.get(path);
    if (secret !== undefined && neededSecrets.has(secret)) {
      return report("translated", "the secret is in secrets.tfvars.json");
    }
    const note = template.notes.find((one) => isWithin(path, one.path));
    if (note) return report(note.kind, note.reason);
    if (template.unknown.some((field) => isWithin(path, field.path))) {
      return report("inexpressible", "Keycloak 26 has no such field: kept in left-out.json");
    }
    if (secret !== undefined && !represented.has(path)) {
      return report(
        "inexpressible",
        "a secret that nothing here gives: Keycloak has it, or makes another one",
      );
    }
    if (represented.has(path)) {
      if (!isDeepStrictEqual(represented.get(path), value)) {
        return report("translated", "as an upgrade to Keycloak 26 or an override has it");
      }
      if (!provided) return { path, kind: "carried" };
      const { kind, reason } = provided(path) ?? emptyOrUntold(value);
      return { path, kind, ...(reason !== undefined && { reason }) };
    }
    const lost = provided?.(path);
    if (complete.has(path) && lost?.path === path && lost.kind === "inexpressible") return lost;
    if (complete.has(path) || isEmpty(value)) return report("default", "Keycloak makes it by itself");
    return report("inexpressible", "the kit does not know what became of it: tell its authors");
  });
}

function emptyOrUntold(value: unknown): Omit<FieldReport, "path"> {
  return isEmpty(value)
    ? { kind: "default", reason: "it says nothing" }
    : { kind: "inexpressible", reason: "the kit has no resource for it" };
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

const profile = "components[org.keycloak.userprofile.UserProfileProvider]";
const severity = ["default", "carried", "translated", "inexpressible"] as const;

/** Finds the verdict on a path: its own, that of what holds it, or the worst of what is in it. */
function lookup(coverage: readonly FieldReport[], realm: RealmRepresentation) {
  const said = new Map(coverage.map((one) => [one.path, one]));
  const steps = stepNumbers(realm);
  const worst = coverage
    .filter(({ path }) => path.startsWith(profile))
    .toSorted((a, b) => severity.indexOf(b.kind) - severity.indexOf(a.kind))[0];
  return (path: string): FieldReport | undefined => {
    if (path.startsWith(profile)) return worst;
    let at = path
      .replace(/ \((anonymous|authenticated)\)\]/, "]")
      .replace(/\.subComponents\[org\.keycloak\.storage\.ldap[^\]]*\]/, ".mappers");
    const step = /^(authenticationFlows\[.*?\]\.authenticationExecutions)\[.*?\](?=\.)/.exec(at);
    if (step) at = `${step[1]}[${steps.get(step[0])}]${at.slice(step[0].length)}`;
    for (; at !== ""; at = at.slice(0, Math.max(at.lastIndexOf("."), at.lastIndexOf("["), 0))) {
      const found = said.get(at);
      if (found) return found;
    }
    return undefined;
  };
}

/** The position of each step in its flow, by its path. */
function stepNumbers(realm: RealmRepresentation): Map<string, number> {
  const numbers = new Map<string, number>();
  let next = 0;
  forEachObject(structuredClone(realm) as unknown as Editable, (kind, _, path) => {
    if (kind === "flow") next = 0;
    if (kind === "execution") numbers.set(path, next++);
  });
  return numbers;
}

/** How many values became what. */
export function countKinds(reports: readonly FieldReport[]): Record<FieldReport["kind"], number> {
  const counts = { carried: 0, translated: 0, default: 0, inexpressible: 0 };
  for (const { kind } of reports) counts[kind] += 1;
  return counts;
}
