import { builtInClients } from "../../constructs/keycloak/representation/built-in-clients";
import { componentType } from "../../constructs/keycloak/representation/component-type";
import { KitError } from "../../kit/errors";
import type { Deployment } from "../deployment/deployment";
import type { KeycloakAdmin } from "../keycloak/admin-api";
import { withKeycloakAdmin } from "../keycloak/keycloak-admin";
import type { Loss } from "./realm-losses";

/** How many users are looked at one by one: for each of a federation Keycloak asks its directory. */
const sampleSize = 200;

const andTheirs = "and their passwords, passkeys, consents, roles and groups";
const keys = "its signing keys: tokens that it issued are refused";

/** What is in a realm or federation, line by line; the kinds of things alone where they cannot be counted. */
export async function lossCounts(deployment: Deployment, { realm, federation, by }: Loss): Promise<string[]> {
  if (by === "clients") return [];
  try {
    if (!deployment.environment.platform.services.keycloak.managed) {
      throw new KitError("the environment file names another Keycloak");
    }
    return await withKeycloakAdmin(deployment, async (admin) => {
      if (!(await admin.realms.findOne({ realm }))) return ["Keycloak has no realm of this name"];
      if (federation !== undefined) return [await usersOf(admin, realm, federation)];
      return [
        ...(await Promise.all([users(admin, realm), sessions(admin, realm), objects(admin, realm)])),
        keys,
      ];
    });
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    const uncounted = `${error.summary}, so nobody could count:`;
    if (federation !== undefined) return [uncounted, `users of the federation, ${andTheirs}`];
    const kinds = [
      `users, ${andTheirs}`,
      "sessions, offline ones too",
      "clients, roles, groups, identity providers",
    ];
    return [uncounted, ...kinds, keys];
  }
}

async function users(admin: KeycloakAdmin, realm: string): Promise<string> {
  const [stored, sample, federations] = await Promise.all([
    admin.users.count({ realm }),
    sampleOf(admin, realm),
    federationsOf(admin, realm),
  ]);
  // To list them makes Keycloak store users of a federation that it has not seen before.
  const total = Math.max(stored, sample.length);
  const details = [
    ...federations.map(
      ({ id, name }) =>
        `of federation ${name}: ${sample.filter((user) => user.federationLink === id).length}`,
    ),
    oneTimePasswords(sample),
  ];
  const seen = sample.length < total ? `among the first ${sample.length}, ` : "";
  return `users: ${total} (${seen}${details.join(", ")}), ${andTheirs}`;
}

async function usersOf(admin: KeycloakAdmin, realm: string, federation: string): Promise<string> {
  const [sample, federations] = await Promise.all([sampleOf(admin, realm), federationsOf(admin, realm)]);
  const ids = federations.filter(({ name }) => name === federation).map(({ id }) => id);
  const linked = sample.filter(({ federationLink }) => ids.includes(federationLink));
  const more = sample.length === sampleSize ? " or more" : "";
  return `users of the federation: ${linked.length}${more} (${oneTimePasswords(linked)}), ${andTheirs}`;
}

const oneTimePasswords = (users: readonly { totp?: boolean }[]) =>
  `with a one-time password: ${users.filter(({ totp }) => totp).length}`;

const sampleOf = (admin: KeycloakAdmin, realm: string) =>
  admin.users.find({ realm, max: sampleSize, briefRepresentation: false });

const federationsOf = (admin: KeycloakAdmin, realm: string) =>
  admin.components.find({ realm, type: componentType.storage });

async function sessions(admin: KeycloakAdmin, realm: string): Promise<string> {
  const { active, offline } = await clientSessions(admin, realm);
  return `sessions of clients: ${active}, offline ones: ${offline}`;
}

/** How many sessions the clients of a realm have. */
export async function clientSessions(
  admin: KeycloakAdmin,
  realm: string,
): Promise<{ active: number; offline: number }> {
  const stats = (await admin.realms.getClientSessionStats({ realm })) as {
    active: string;
    offline: string;
  }[];
  const sum = (key: "active" | "offline") => stats.reduce((total, one) => total + Number(one[key]), 0);
  return { active: sum("active"), offline: sum("offline") };
}

async function objects(admin: KeycloakAdmin, realm: string): Promise<string> {
  const [clients, roles, groups, identityProviders] = await Promise.all([
    admin.clients.find({ realm }),
    admin.roles.find({ realm }),
    admin.groups.count({ realm }),
    admin.identityProviders.find({ realm }),
  ]);
  const own = clients.filter(({ clientId = "" }) => !builtInClients.has(clientId));
  return `clients: ${own.length}, roles: ${roles.length}, groups: ${groups.count}, identity providers: ${identityProviders.length}`;
}
