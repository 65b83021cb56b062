import { type Editable, forEachObject, join } from "../export/representation-objects";
import { translateDefaultRoles } from "./default-role";
import { lost, type Note } from "./field-rule";
import { rules } from "./translation-rules";
import { upgrade } from "./upgrades";
import { upgradeUserProfile } from "./user-profile-upgrade";

/**
 * Brings a representation to what Keycloak 26 takes, in place.
 *
 * @param version release that exported it; undefined: unknown, and nothing is added
 * @returns what became of fields, and what was added
 */
export function translate(realm: Editable, version: string | undefined): { notes: Note[]; added: string[] } {
  const profile = version === undefined ? undefined : upgradeUserProfile(realm, version);
  // Before the rules: there is no more to tell about the fields of a removed step.
  const notes = [...(profile?.notes ?? []), ...withoutRemovedSteps(realm)];
  forEachObject(realm, (kind, object, path) => {
    for (const { field, about = [field], apply } of rules.filter((rule) => rule.kind === kind)) {
      const value = object[field];
      if (value === undefined || value === null) continue;
      const verdict = apply(object, value as never);
      const paths = about.map((inner) => (inner === "" ? path : join(path, inner)));
      if (verdict) notes.push(...paths.map((at) => ({ path: at, ...verdict })));
    }
  });
  notes.push(...translateDefaultRoles(realm), ...withoutEmptyFlows(realm), ...withoutMissingConfigs(realm));
  return {
    notes,
    added: version === undefined ? [] : [...(profile?.added ?? []), ...upgrade(realm, version)],
  };
}

/** Steps of flows that Keycloak removed, with the release. */
const removedSteps: Readonly<Record<string, string>> = {
  "registration-profile-action": "since 24 registration-user-creation checks the profile",
  "no-cookie-redirect": "Keycloak removed it in 21",
  "basic-auth": "Keycloak removed it in 21",
  "basic-auth-otp": "Keycloak removed it in 21",
  "auth-script-based": "Keycloak removed it in 18: deploy the script as an extension",
};

function withoutRemovedSteps(realm: Editable): Note[] {
  const notes: Note[] = [];
  const isRemoved = ({ authenticator }: Editable) =>
    typeof authenticator === "string" && Object.hasOwn(removedSteps, authenticator);
  forEachObject(realm, (kind, flow, path) => {
    const steps = (flow.authenticationExecutions ?? []) as Editable[];
    if (kind !== "flow" || !steps.some(isRemoved)) return;
    flow.authenticationExecutions = steps.filter((step) => !isRemoved(step));
    for (const { authenticator } of steps.filter(isRemoved)) {
      const reason = removedSteps[String(authenticator)] ?? "";
      notes.push({ path: `${path}.authenticationExecutions[${authenticator}]`, ...lost(reason) });
    }
  });
  return notes;
}

/** `http challenge` and what is in it: nothing but removed steps. */
function withoutEmptyFlows(realm: Editable): Note[] {
  const flows = (realm.authenticationFlows ?? []) as Editable[];
  const own = new Set(["http challenge", "Authentication Options"]);
  const bound = new Set(
    Object.entries(realm)
      .filter(([key]) => key.endsWith("Flow"))
      .map(([, value]) => value),
  );
  const isGone = (flow: Editable) =>
    flow.builtIn === true && own.has(String(flow.alias)) && !bound.has(flow.alias);
  const missing = flows.filter(isGone);
  if (missing.length === 0) return [];
  realm.authenticationFlows = flows.filter((flow) => !isGone(flow));
  return missing.map(({ alias }) => ({
    path: `authenticationFlows[${alias}]`,
    ...lost("Keycloak removed this flow of its own in 21"),
  }));
}

/** Keycloak refuses a whole realm for a step whose configuration is not there. */
function withoutMissingConfigs(realm: Editable): Note[] {
  const notes: Note[] = [];
  const configs = ((realm.authenticatorConfig ?? []) as Editable[]).map(({ alias }) => alias);
  forEachObject(realm, (kind, step, path) => {
    const { authenticatorConfig: alias } = step;
    if (kind !== "execution" || typeof alias !== "string" || configs.includes(alias)) return;
    delete step.authenticatorConfig;
    notes.push({
      path: join(path, "authenticatorConfig"),
      ...lost("the file has no configuration of this name"),
    });
  });
  return notes;
}
