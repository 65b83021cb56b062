import { ExitCode, KitError } from "../../kit/errors";
import { containerNames } from "../../platform/model/addresses";
import { keycloakAddress } from "../../stacks/identity-stack";
import type { Deployment } from "../deployment/deployment";
import { lastLogLines } from "../engine/engine";
import type { KeycloakAccess } from "./admin-api";

/** The Keycloak of an environment, which the kit deploys. */
export function ownKeycloak({ environment, secrets }: Deployment): KeycloakAccess {
  return {
    baseUrl: keycloakAddress(environment),
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
}

/** Whether brute-force protection refused the last login. Keycloak says so in its log only, not in its answer. */
async function isLocked(container: string): Promise<boolean> {
  const lines = await lastLogLines(container, 20);
  const last = lines.findLast((line) => /type="?LOGIN_ERROR"?.*realmName="?master"?/.test(line));
  return last !== undefined && /error="?user_temporarily_disabled/.test(last);
}
