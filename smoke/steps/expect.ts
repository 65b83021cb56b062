import type { LineClient } from "../clients/line-client";
import type { Login } from "../clients/login";

/** Why steps that use a password are left out. */
export const PASSWORDS_OFF = "the environment takes no passwords here";

/** @throws when it does not hold */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** @throws with the server's reply when it refused */
export function accepted(login: Login, what: string): LineClient {
  if (login.accepted) return login.lines;
  throw new Error(`${what} was refused: ${login.reply}`);
}

/** @throws when the server took the credentials */
export function refused(login: Login, what: string): void {
  if (!login.accepted) return;
  login.lines.close();
  throw new Error(`${what} was accepted`);
}

/**
 * Tries every 100 ms until it does not throw any more, at least once.
 *
 * @param seconds how long
 * @throws the last error, when the time is over
 */
export async function within<T>(seconds: number, attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + seconds * 1000;
  while (true) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Why OAUTHBEARER is left out where James lacks it. */
export const NO_OAUTHBEARER =
  "the running James reads OAUTHBEARER in a form that no mail program sends; with XOAUTH2 they log in";
