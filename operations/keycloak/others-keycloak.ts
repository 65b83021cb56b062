import { KitError, type Problem } from "../../kit/errors";
import type { KeycloakAdministrator } from "../../platform/model/platform-spec";
import { keycloakAddress } from "../../stacks/identity-stack";
import type { Deployment } from "../deployment/deployment";
import type { KeycloakAccess, Refusal } from "./admin-api";

/** The Keycloak of an environment that somebody else runs, as who may make its clients there. */
export function othersKeycloak({ environment, secrets }: Deployment): KeycloakAccess {
  const { admin, ca } = environment.platform.services.keycloak;
  if (!admin) throw new Error("nobody may change the realms");
  return {
    baseUrl: keycloakAddress(environment),
    username: admin.user,
    realm: admin.realm,
    ...(ca !== undefined && { ca }),
    password: secrets.get("keycloakAdmin").reveal(),
    unreachable:
      "Is keycloak.url the base URL of one that runs, and keycloak.ca, where it is wanted, the authority of its certificate?",
    refused: (refusal) => {
      const where = secrets.givenBy("keycloakAdmin") ?? "secret keycloakAdmin";
      return refusal.loggedIn ? refusedWork(refusal, admin) : refusedLogin(refusal, admin, where);
    },
  };
}

function refusedLogin(
  { url, status, message }: Refusal,
  { user, realm }: KeycloakAdministrator,
  secret: string,
) {
  const problem = (): Problem => {
    if (status === 404) {
      return {
        where: url,
        what: `there is no realm ${realm}, in which user ${user} would be`,
        fix: "Name it by keycloak.admin.realm; or is keycloak.url not the base URL? Older Keycloaks have /auth in it",
      };
    }
    // Keycloak's own words, with one status or another by its release.
    if (status === 401 || message === "Invalid user credentials") {
      return {
        where: secret,
        what: `the password is not that of user ${user} in realm ${realm}`,
        fix: "Give it by KIT_SECRET_KEYCLOAK_ADMIN; after many wrong ones Keycloak may refuse the right one for a while, too",
      };
    }
    return {
      where: `user ${user} of realm ${realm}`,
      what: `${status}: ${message}`,
      fix: "The user logs in by client admin-cli with a password alone: no one-time password, nothing left to do at the first login",
    };
  };
  return new KitError("Keycloak refuses its administrator", [problem()]);
}

function refusedWork({ url, status, message }: Refusal, admin: KeycloakAdministrator): KitError {
  const realm = decodeURIComponent(/\/admin\/realms\/([^/?]+)/.exec(url)?.[1] ?? "");
  if (status === 403) return mayNotManage(admin, realm);
  return new KitError("Keycloak refuses what it is asked", [
    status === 404
      ? { where: url, what: `there is no realm ${realm}`, fix: "Name one that is there by realm.name" }
      : { where: url, what: `${status}: ${message}` },
  ]);
}

/** @param realm of which the administrator lacks a role */
export function mayNotManage(admin: KeycloakAdministrator, realm: string): KitError {
  const roles: Readonly<Record<string, string>> = {
    master: `manage-clients of client ${realm}-realm`,
    [realm]: "manage-clients of client realm-management",
  };
  const role = roles[admin.realm];
  return new KitError("Keycloak's administrator may not make clients", [
    {
      where: `user ${admin.user} of realm ${admin.realm}`,
      what: `nobody gave the right to manage clients of realm ${realm}`,
      fix: role
        ? `Give the user role ${role}, in realm ${admin.realm}`
        : `Take a user of realm ${realm}, or of master`,
    },
  ]);
}
