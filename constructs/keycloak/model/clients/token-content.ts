import type { RealmRepresentation } from "../../representation/realm-template";
import type {
  ClientRepresentation,
  ClientScopeRepresentation,
  MapperRepresentation,
  RealmDraft,
} from "../object/representation";
import { standardScopes } from "./standard-scopes";

type Realm = RealmRepresentation | RealmDraft;

const standard: readonly ClientScopeRepresentation[] = standardScopes.map(({ name, mappers = [] }) => ({
  name,
  protocolMappers: mappers.map((mapper) => mapper.representation() as MapperRepresentation),
}));
const standardDefaults = standardScopes
  .filter(({ assignment }) => assignment === "default")
  .map(({ name }) => name);

/** Scopes that a client has without asking. To one that names none Keycloak gives those of the realm. */
function defaultScopesOf(client: ClientRepresentation, realm: Realm): readonly string[] {
  return (
    client.defaultClientScopes ??
    (realm.defaultDefaultClientScopes as string[] | undefined) ??
    (realm.clientScopes ? [] : standardDefaults)
  );
}

/** The mappers that work on every access token of a client, its own and those of its default scopes. */
function mappersOf(client: ClientRepresentation, realm: Realm): readonly MapperRepresentation[] {
  const scopes: readonly ClientScopeRepresentation[] = realm.clientScopes ?? standard;
  const names = defaultScopesOf(client, realm);
  const all = [
    ...(client.protocolMappers ?? []),
    ...scopes.filter(({ name = "" }) => names.includes(name)).flatMap((scope) => scope.protocolMappers ?? []),
  ];
  return all.filter(({ config }) => config?.["access.token.claim"] === "true");
}

/** Clients and other texts that are in `aud` of every access token of a client. */
export function audienceOf(client: ClientRepresentation, realm: Realm): ReadonlySet<string> {
  return new Set(
    mappersOf(client, realm)
      .filter(({ protocolMapper }) => protocolMapper === "oidc-audience-mapper")
      .flatMap(({ config = {} }) => [config["included.client.audience"], config["included.custom.audience"]])
      .filter((text) => typeof text === "string" && text !== ""),
  );
}

/** Clients of a realm that can get a token with another client in its `aud`, by an optional scope too. */
export function clientsWithAudience(
  realm: RealmRepresentation,
  audience: string,
): readonly ClientRepresentation[] {
  return (realm.clients ?? []).filter((client) => {
    const optional =
      client.optionalClientScopes ?? (realm.defaultOptionalClientScopes as string[] | undefined) ?? [];
    const asking = { ...client, defaultClientScopes: [...defaultScopesOf(client, realm), ...optional] };
    return (
      client.enabled !== false && client.clientId !== audience && audienceOf(asking, realm).has(audience)
    );
  });
}

/** Claims of every access token of a client, by the mappers that name one. */
export function claimsOf(client: ClientRepresentation, realm: Realm): ReadonlySet<string> {
  return new Set(mappersOf(client, realm).flatMap(({ config }) => config?.["claim.name"] ?? []));
}
