import { KitError } from "../config/errors";
import { readText } from "../config/read-text";
import { configLabel, stepLabel } from "../constructs/keycloak/adopt/import-blocks";
import type { RealmRepresentation } from "../constructs/keycloak/realm-template";
import { exportedRealm, type KeycloakAdmin, type Refusal, withAdminApi } from "./keycloak-admin";

/** A realm of a Keycloak that is of no environment. */
export interface ForeignRealm {
  readonly realm: RealmRepresentation;
  /** Ids of steps of flows by their `stepLabel`, and of their configurations by `configLabel`. */
  readonly steps: ReadonlyMap<string, string>;
}

/** @throws KitError */
export async function foreignRealm({ keycloak, realm: name }: RealmUrl): Promise<ForeignRealm> {
  const access = {
    ...administrator(),
    baseUrl: keycloak,
    unreachable: "Is it the URL of a Keycloak that runs?",
    refused,
  };
  return withAdminApi(access, async (admin) => {
    const realm = await exportedRealm(admin, name);
    return { realm, steps: await stepIds(admin, name, realm) };
  });
}

/** An export has no ids of steps. */
async function stepIds(
  admin: KeycloakAdmin,
  name: string,
  { authenticationFlows = [] }: RealmRepresentation,
): Promise<Map<string, string>> {
  const steps = new Map<string, string>();
  for (const { alias = "", builtIn } of authenticationFlows) {
    if (builtIn) continue;
    const own = await admin.authenticationManagement.getExecutions({ realm: name, flow: alias });
    for (const { id, providerId, level, authenticationConfig } of own) {
      if (level !== 0 || providerId === undefined || id === undefined) continue;
      steps.set(stepLabel(alias, providerId), id);
      if (authenticationConfig !== undefined) steps.set(configLabel(id), authenticationConfig);
    }
  }
  return steps;
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

function administrator(): { username: string; password: string } {
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
