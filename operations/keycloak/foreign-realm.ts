import type { ExportFinding } from "../../constructs/keycloak/adopt/findings";
import { madeFlows } from "../../constructs/keycloak/provider/authentication/flows";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { KitError } from "../../kit/errors";
import { readText } from "../../kit/read-text";
import { type KeycloakAdmin, type Refusal, withAdminApi } from "./admin-api";
import { exportedRealm } from "./keycloak-admin";
import { refuseUninstalled, takeUninstalledMappers, takeUninstalledThemes } from "./uninstalled";

export interface ForeignRealm {
  readonly realm: RealmRepresentation;
  /** What is not in it. */
  readonly findings: readonly ExportFinding[];
}

/**
 * A realm of a Keycloak that is of no environment, with the ids of its flows' steps, which no export has.
 *
 * @throws KitError
 */
export async function foreignRealm({ keycloak, realm: name }: RealmUrl): Promise<ForeignRealm> {
  const access = {
    ...administrator(),
    baseUrl: keycloak,
    unreachable: "Is it the URL of a Keycloak that runs?",
    refused,
  };
  return withAdminApi(access, async (admin) => {
    const realm = await exportedRealm(admin, name);
    const server = await admin.serverInfo.find();
    refuseUninstalled(realm, server);
    const findings = [...takeUninstalledMappers(realm, server), ...takeUninstalledThemes(realm, server)];
    await identifySteps(admin, name, realm);
    return { realm, findings };
  });
}

type Flow = NonNullable<RealmRepresentation["authenticationFlows"]>[number];
type Step = NonNullable<Flow["authenticationExecutions"]>[number] & { id?: string };

/** Puts ids into steps, and names into configurations by which each step finds its own. */
async function identifySteps(admin: KeycloakAdmin, name: string, realm: RealmRepresentation): Promise<void> {
  const configs = new ConfigNames(realm);
  const made = madeFlows(realm);
  for (const { alias = "", authenticationExecutions: steps = [] } of realm.authenticationFlows ?? []) {
    if (!made.has(alias) && !steps.some(configs.isAmbiguous)) continue;
    const found = await admin.authenticationManagement.getExecutions({ realm: name, flow: alias });
    const left = found.filter(({ level }) => level === 0);
    for (const step of steps as Step[]) {
      // Both lists have the same order, so the first of several equal steps in one is the first in the other.
      const own = left.find(({ authenticationFlow, displayName, providerId }) =>
        step.flowAlias
          ? authenticationFlow && displayName === step.flowAlias
          : !authenticationFlow && providerId === step.authenticator,
      );
      if (own?.id === undefined) throw changedMeanwhile(alias);
      left.splice(left.indexOf(own), 1);
      step.id = own.id;
      if (step.authenticatorConfig) step.authenticatorConfig = configs.nameOf(own.authenticationConfig);
    }
  }
}

/** Keycloak takes several configurations of one name, and an export tells steps' configurations by name only. */
class ConfigNames {
  readonly #names = new Map<string | undefined, string>();
  readonly #ambiguous = new Set<string>();

  constructor({ authenticatorConfig = [] }: RealmRepresentation) {
    const taken = new Set<string>();
    for (const config of authenticatorConfig) {
      const { alias = "" } = config;
      let free = alias;
      for (let count = 2; taken.has(free); count += 1) free = `${alias} ${count}`;
      if (free !== alias) this.#ambiguous.add(alias);
      taken.add(free);
      config.alias = free;
      this.#names.set(config.id, free);
    }
  }

  readonly isAmbiguous = ({ authenticatorConfig = "" }: Step): boolean =>
    this.#ambiguous.has(authenticatorConfig);

  nameOf(id: string | undefined): string {
    return this.#names.get(id) ?? "";
  }
}

function changedMeanwhile(flow: string): KitError {
  return new KitError("Keycloak does not give the realm", [
    { where: `flow ${flow}`, what: "its steps changed while they were read", fix: "Try again" },
  ]);
}

function refused({ url, status, loggedIn }: Refusal): KitError {
  const fix =
    status === 404
      ? "Is it the URL of a realm? Older Keycloaks have /auth in it"
      : !loggedIn
        ? "Give user and password of an administrator of the master realm"
        : status === 401 || status === 403
          ? "The user must be an administrator of the master realm"
          : "Keycloak's log says more";
  return new KitError("Keycloak does not give the realm", [
    { where: url, what: `it answers ${status}`, fix },
  ]);
}

export interface RealmUrl {
  /** Base URL, `https://sso.example.com/auth`. */
  readonly keycloak: string;
  readonly realm: string;
}

/** @throws KitError when it is not the URL of a realm */
export function realmUrl(source: string): RealmUrl {
  const found = /^(.+?)\/(?:admin\/)?realms\/([^/?#]+)\/?$/.exec(source);
  const valid = URL.canParse(source) && new URL(source).username === "";
  const realm = valid && decoded(found?.[2] ?? "");
  if (found?.[1] && realm) return { keycloak: found[1], realm };
  throw new KitError("the realm cannot be found", [
    {
      where: "URL",
      what: "not the URL of a realm",
      allowed: "https://sso.example.com/auth/realms/mail, without a user",
    },
  ]);
}

/** Undefined for what is no escape, or none of UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** As KIT_ADOPT_USER and KIT_ADOPT_PASSWORD, or KIT_ADOPT_PASSWORD_FILE, give it. @throws KitError */
export function administrator(): { username: string; password: string } {
  const { KIT_ADOPT_USER, KIT_ADOPT_PASSWORD, KIT_ADOPT_PASSWORD_FILE } = process.env;
  if (KIT_ADOPT_USER && KIT_ADOPT_PASSWORD) return { username: KIT_ADOPT_USER, password: KIT_ADOPT_PASSWORD };
  if (KIT_ADOPT_USER && KIT_ADOPT_PASSWORD_FILE) {
    const password = readText(KIT_ADOPT_PASSWORD_FILE, "KIT_ADOPT_PASSWORD_FILE").replace(/\r?\n$/, "");
    return { username: KIT_ADOPT_USER, password };
  }
  throw new KitError("Keycloak's administrator is not given", [
    {
      where: "environment",
      what: "a user or a password is missing",
      allowed: "KIT_ADOPT_USER, and KIT_ADOPT_PASSWORD or KIT_ADOPT_PASSWORD_FILE",
    },
  ]);
}
