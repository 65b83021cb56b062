import { type Editable, forEachObject } from "../../constructs/keycloak/adopt/export/representation-objects";
import type { ExportFinding } from "../../constructs/keycloak/adopt/findings";
import { madeFlows } from "../../constructs/keycloak/provider/authentication/flows";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { KitError, type Problem } from "../../kit/errors";
import type { KeycloakAdmin } from "./admin-api";

/** What a Keycloak tells of its programs. */
export type ServerInfo = Awaited<ReturnType<KeycloakAdmin["serverInfo"]["find"]>>;

/**
 * Takes protocol mappers out of a realm whose provider its Keycloak lacks: an extension that is gone, a feature that is
 * off. Exports have them, the rest of the admin API, and so Terraform, does not.
 *
 * @returns what was taken out
 */
export function takeUninstalledMappers(realm: RealmRepresentation, server: ServerInfo): ExportFinding[] {
  const installed = namesOf(server, "protocol-mapper");
  const found: ExportFinding[] = [];
  const lacking = new Set<object>();
  forEachObject(realm as unknown as Editable, (kind, mapper, path) => {
    if (kind !== "protocolMapper" || installed?.has(String(mapper.protocolMapper)) !== false) return;
    lacking.add(mapper);
    found.push({
      path,
      kind: "extension",
      what: `this Keycloak lacks provider ${mapper.protocolMapper}: the mapper stays in it, and is in nothing written here`,
    });
  });
  for (const holder of [...(realm.clients ?? []), ...(realm.clientScopes ?? [])]) {
    if (!holder.protocolMappers) continue;
    holder.protocolMappers = holder.protocolMappers.filter((mapper: object) => !lacking.has(mapper));
  }
  return found;
}

/**
 * Takes the names of themes out of a realm that its Keycloak lacks: it shows its own instead, as where none is named, and
 * Terraform would stop at them.
 *
 * @returns what was taken out
 */
export function takeUninstalledThemes(realm: RealmRepresentation, { themes }: ServerInfo): ExportFinding[] {
  const found: ExportFinding[] = [];
  const take = (type: string, holder: Editable, field: string, path: string) => {
    const name = holder[field];
    if (!name || themes?.[type]?.some((theme) => theme.name === name) !== false) return;
    delete holder[field];
    found.push({
      path,
      kind: "theme",
      what: `no ${type} theme ${name} is installed: people see Keycloak's own, and it is in nothing written here`,
    });
  };
  for (const type of ["login", "account", "admin", "email"]) {
    take(type, realm as unknown as Editable, `${type}Theme`, `${type}Theme`);
  }
  for (const { clientId, attributes } of realm.clients ?? []) {
    if (attributes) take("login", attributes, "login_theme", `clients[${clientId}].attributes.login_theme`);
  }
  return found;
}

/** @throws KitError for steps that a Keycloak lacks: Terraform would stop at them half-way */
export function refuseUninstalled(realm: RealmRepresentation, server: ServerInfo): void {
  const problems = uninstalledSteps(realm, server);
  if (problems.length > 0) throw new KitError("Keycloak lacks what the realm uses", problems);
}

function uninstalledSteps(realm: RealmRepresentation, server: ServerInfo): Problem[] {
  const types = ["authenticator", "client-authenticator", "form-action", "form-authenticator"];
  const known = types.map((type) => namesOf(server, type));
  const made = madeFlows(realm);
  const flows = (realm.authenticationFlows ?? []).filter(({ alias }) => made.has(alias));
  return flows.flatMap(({ alias, authenticationExecutions = [] }) =>
    (authenticationExecutions as { authenticator?: string }[])
      .filter(
        ({ authenticator }) => authenticator && known.every((names) => names?.has(authenticator) === false),
      )
      .map(({ authenticator }) => ({
        where: `authenticationFlows[${alias}]`,
        what: `no authenticator ${authenticator} is installed`,
        fix: "Install its extension or enable its feature, or take the step out of the flow",
      })),
  );
}

/** Undefined where the server does not tell. */
function namesOf({ providers }: ServerInfo, type: string): ReadonlySet<string> | undefined {
  const known = providers?.[type]?.providers;
  return known && new Set(Object.keys(known));
}
