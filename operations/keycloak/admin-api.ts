import { setTimeout } from "node:timers/promises";
import { ExitCode, KitError } from "../../kit/errors";
import { slotsFor } from "../../kit/slots";
import { withoutLostAnswers } from "./lost-answers";

export type KeycloakAdmin = import("@keycloak/keycloak-admin-client", { with: {
  "resolution-mode": "import",
}}).default;

/** Longest wait for one answer, in milliseconds. */
const timeout = 20_000;

/**
 * Milliseconds for errors at a login that pass: Keycloak whose database was just away, as when `up` has made it anew,
 * answers 500 once for each connection that it had.
 */
const patience = 10_000;

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
  /** Realm that the administrator is in. @default "master" */
  readonly realm?: string;
  /** Certificates in PEM, of which its own must be. @default those that Node.js trusts */
  readonly ca?: string;
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
  { baseUrl, username, password, realm = "master", ca, unreachable, refused }: KeycloakAccess,
  work: (admin: KeycloakAdmin) => Promise<T>,
): Promise<T> {
  const { default: KeycloakAdminClient, NetworkError } = await import("@keycloak/keycloak-admin-client");
  const { Agent } = await import("undici");
  // Of undici's own fetch, which its types do not tell.
  const trusting = ca === undefined ? {} : { requestOptions: { dispatcher: new Agent({ connect: { ca } }) } };
  const admin = new KeycloakAdminClient({ baseUrl, realmName: realm, timeout, ...(trusting as object) });
  let loggedIn = false;
  try {
    return await withoutLostAnswers(async () => {
      const login = () => admin.auth({ grantType: "password", clientId: "admin-cli", username, password });
      await oneLogin(() =>
        withPatience(login, (error) => error instanceof NetworkError && error.response.status === 500),
      );
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
    const { error_description: description } = Object(error.responseData) as { error_description?: string };
    if (status >= 500) throw new KeycloakUnreachable(url, `it answers ${status}`, unreachable);
    throw await refused({ url, status, message: description ?? error.message, loggedIn });
  }
}

/** Does it again while what goes wrong may pass. */
async function withPatience(work: () => Promise<void>, mayPass: (error: unknown) => boolean): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || performance.now() > end) throw error;
      await setTimeout(250);
    }
  }
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
