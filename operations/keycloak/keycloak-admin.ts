import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { ExitCode, KitError } from "../../kit/errors";
import { slotsFor } from "../../kit/slots";
import { containerNames } from "../../platform/addresses";
import { keycloakAddress } from "../../stacks/identity-stack";
import type { Deployment } from "../deployment/deployment";
import { lastLogLines } from "../engine/engine";
import { withoutLostAnswers } from "./lost-answers";

export type KeycloakAdmin = import("@keycloak/keycloak-admin-client", { with: {
  "resolution-mode": "import",
}}).default;

/** Longest wait for one answer, in milliseconds. */
const timeout = 20_000;

/** Brute-force protection refuses a login during which the same user begins another one. */
const oneLogin = slotsFor(1);

/** Keycloak does not answer, or not as itself. */
export class KeycloakUnreachable extends KitError {
  constructor(url: string, what: string, fix: string) {
    super("Keycloak does not answer", [{ where: url, what, fix }], { exitCode: ExitCode.machine });
  }
}

/** Where a Keycloak is, who administers it, and what to tell when it fails. */
export interface KeycloakAccess {
  /** `http://127.0.0.1:8080/auth`. */
  readonly baseUrl: string;
  readonly username: string;
  readonly password: string;
  /** What to do when it does not answer. */
  readonly unreachable: string;
  readonly refused: (refusal: Refusal) => KitError | Promise<KitError>;
}

/** An answer that is no success. */
export interface Refusal {
  /** What was asked for. */
  readonly url: string;
  readonly status: number;
  readonly message: string;
  /** Whether the administrator's password was taken. */
  readonly loggedIn: boolean;
}

/**
 * Works with the admin API of a Keycloak.
 *
 * @throws KeycloakUnreachable
 * @throws KitError that `refused` makes
 */
export async function withAdminApi<T>(
  { baseUrl, username, password, unreachable, refused }: KeycloakAccess,
  work: (admin: KeycloakAdmin) => Promise<T>,
): Promise<T> {
  const { default: KeycloakAdminClient, NetworkError } = await import("@keycloak/keycloak-admin-client");
  const admin = new KeycloakAdminClient({ baseUrl, realmName: "master", timeout });
  let loggedIn = false;
  try {
    return await withoutLostAnswers(async () => {
      await oneLogin(() => admin.auth({ grantType: "password", clientId: "admin-cli", username, password }));
      loggedIn = true;
      return work(admin);
    });
  } catch (error) {
    if (isNoAnswer(error)) throw new KeycloakUnreachable(baseUrl, reason(error), unreachable);
    if (error instanceof SyntaxError && !loggedIn) {
      throw new KeycloakUnreachable(baseUrl, "something else answers", unreachable);
    }
    if (!(error instanceof NetworkError)) throw error;
    const { status, url } = error.response;
    if (status >= 500) throw new KeycloakUnreachable(url, `it answers ${status}`, unreachable);
    throw await refused({ url, status, message: error.message, loggedIn });
  }
}

/**
 * Works with Keycloak's admin API as the environment's administrator.
 *
 * @throws KeycloakUnreachable
 * @throws KitError when it does not take the stored password, or refuses what is asked of it
 */
export async function withKeycloakAdmin<T>(
  { environment, secrets }: Deployment,
  work: (admin: KeycloakAdmin) => Promise<T>,
): Promise<T> {
  const access: KeycloakAccess = {
    // The issuer's name need not resolve here.
    baseUrl: `${keycloakAddress(environment)}/auth`,
    username: "admin",
    password: secrets.get("keycloakAdmin").reveal(),
    unreachable: "`status` shows the containers, `up` starts them",
    refused: async ({ url, status, message, loggedIn }) => {
      if (loggedIn) {
        return new KitError("Keycloak refuses what it is asked", [
          { where: url, what: `${status}: ${message}` },
        ]);
      }
      const where = secrets.givenBy("keycloakAdmin") ?? "secret keycloakAdmin";
      if (await isLocked(containerNames(environment.name).keycloak)) {
        return new KitError(
          "Keycloak refuses its administrator for a while",
          [
            {
              where,
              what: "after too many wrong passwords of user admin Keycloak takes none, not even the right one",
              fix: "Wait: a minute at first, a quarter of an hour at most after the last wrong one; the container's log says from where they come",
            },
          ],
          { exitCode: ExitCode.machine },
        );
      }
      return new KitError("Keycloak refuses its administrator", [
        {
          where,
          what: "the password here is not that of user admin in Keycloak, which keeps it itself",
          fix: secrets.isUnproven("keycloakAdmin")
            ? "Leave it out: the stored one stays; `secrets rotate keycloakAdmin` gives Keycloak another one"
            : "Take the secrets.json with which the environment was last brought up, or give KIT_SECRET_KEYCLOAK_ADMIN",
        },
      ]);
    },
  };
  return withAdminApi(access, work);
}

/** Whether brute-force protection refused the last login. Keycloak says so in its log only, not in its answer. */
async function isLocked(container: string): Promise<boolean> {
  const lines = await lastLogLines(container, 20);
  const last = lines.findLast((line) => /type="?LOGIN_ERROR"?.*realmName="?master"?/.test(line));
  return last !== undefined && /error="?user_temporarily_disabled/.test(last);
}

/** Whether `fetch` got no answer. A TypeError without a cause is a bug, and not this. */
function isNoAnswer(error: unknown): error is Error {
  const { name, cause } = error as Error;
  return name === "TimeoutError" || (error instanceof TypeError && cause !== undefined);
}

/** `fetch failed` says nothing; its cause does. */
function reason({ message, cause }: Error): string {
  const { code, message: why } = (cause ?? {}) as { code?: string; message?: string };
  return code ?? why ?? message;
}

/** Whether Keycloak has a realm of this name. @throws as `withKeycloakAdmin` */
export async function realmRuns(deployment: Deployment, name: string): Promise<boolean> {
  return withKeycloakAdmin(
    deployment,
    // Null, whatever its type says.
    async ({ realms }) => Boolean(await realms.findOne({ realm: name })),
  );
}

/** A realm as it runs. Undefined when there is none. */
export async function runningRealm(
  admin: KeycloakAdmin,
  name: string,
): Promise<RealmRepresentation | undefined> {
  return (await admin.realms.findOne({ realm: name })) ? exportedRealm(admin, name) : undefined;
}

/**
 * A realm as it runs, with its clients' secrets; other secrets are masked. It has no users, except those of service
 * accounts.
 */
export async function exportedRealm(admin: KeycloakAdmin, name: string): Promise<RealmRepresentation> {
  const realm = await admin.realms.export({ realm: name, exportClients: true, exportGroupsAndRoles: true });
  const clients = await admin.clients.find({ realm: name });
  const secrets = new Map(clients.map(({ clientId, secret }) => [clientId, secret]));
  for (const client of realm.clients ?? []) {
    const secret = secrets.get(client.clientId);
    if (secret !== undefined) client.secret = secret;
  }
  return realm;
}
