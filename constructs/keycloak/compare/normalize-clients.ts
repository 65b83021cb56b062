import type { Json, JsonObject } from "../../../kit/json";
import { attributeDefaults, fieldDefaults } from "./defaults";
import {
  comparable,
  keyed,
  listOf,
  mapValues,
  named,
  type Objects,
  objectOf,
  property,
  sortedSet,
  stringMap,
  textOf,
  without,
} from "./values";

export function clients(realm: JsonObject): Objects {
  const scopes = keyed(realm.clientScopes, "name");
  // Exports name them by their ids.
  const aliases = new Map(
    listOf(realm.authenticationFlows).map((flow) => [property(flow, "id"), property(flow, "alias") ?? ""]),
  );
  const ofProtocol = (list: unknown, protocol: unknown) =>
    listOf(list).filter((scope) => (scopes[textOf(scope)]?.protocol ?? "openid-connect") === protocol);
  return named(realm.clients, "clientId", "client", (client, clientId) => {
    const full: Record<string, Json> = { ...fieldDefaults.client, ...client };
    const bearerOnly = full.bearerOnly === true && full.publicClient !== true;
    // A client that names its default scopes only has no optional ones, and the other way round.
    const said = full.defaultClientScopes !== undefined || full.optionalClientScopes !== undefined;
    const scopesOf = (own: unknown, ofRealm: unknown) =>
      bearerOnly ? [] : sortedSet(ofProtocol(said ? own : ofRealm, full.protocol));
    const secretless = full.publicClient === true || bearerOnly;
    return comparable({
      ...(secretless ? without(full, ["secret"]) : full),
      // It gets no tokens, whatever its flows say.
      ...(bearerOnly && allFlowsOff),
      attributes: stringMap(objectOf(full.attributes), attributeDefaults.client),
      protocolMappers: protocolMappers(full.protocolMappers),
      redirectUris: sortedSet(full.redirectUris ?? []),
      webOrigins: sortedSet(full.webOrigins ?? originsOf(full.redirectUris)),
      // Keycloak leaves out those of another protocol.
      defaultClientScopes: scopesOf(full.defaultClientScopes, realm.defaultDefaultClientScopes),
      optionalClientScopes: scopesOf(full.optionalClientScopes, realm.defaultOptionalClientScopes),
      authenticationFlowBindingOverrides: mapValues(
        objectOf(full.authenticationFlowBindingOverrides),
        (id) => aliases.get(id) ?? id,
      ),
      scopeMappings: scopeMappings(realm, "client", clientId),
    });
  });
}

const allFlowsOff: JsonObject = {
  standardFlowEnabled: false,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
  serviceAccountsEnabled: false,
};

/** Keycloak takes them for the origins of a client that says nothing of its own. */
export function originsOf(redirectUris: unknown): string[] {
  return listOf(redirectUris).flatMap((uri) => /^https?:\/\/[^/]+/.exec(textOf(uri))?.[0] ?? []);
}

export function clientScopes(realm: JsonObject): Objects {
  // Keycloak makes it for the first client with a service account.
  const own = listOf(realm.clientScopes).filter((scope) => property(scope, "name") !== "service_account");
  return named(own, "name", "client scope", (scope, name) =>
    comparable({
      ...scope,
      attributes: withConsentText(name, stringMap(objectOf(scope.attributes), attributeDefaults.clientScope)),
      protocolMappers: protocolMappers(scope.protocolMappers),
      scopeMappings: scopeMappings(realm, "clientScope", name),
    }),
  );
}

/** A consent screen shows the name of a scope that has no text for it, and no text of one that it does not show. */
function withConsentText(name: string, attributes: JsonObject): JsonObject {
  const { "consent.screen.text": text, ...others } = attributes;
  return attributes["display.on.consent.screen"] === "true"
    ? { ...others, "consent.screen.text": text ?? name }
    : others;
}

function protocolMappers(mappers: unknown): JsonObject {
  return mapValues(keyed(mappers, "name"), (mapper) =>
    comparable({
      ...fieldDefaults.protocolMapper,
      ...without(mapper, ["name"]),
      config: stringMap(completeMapperConfig(mapper)),
    }),
  );
}

/** Mappers whose claims are in the access token, and in the answer to introspection, unless their configuration says otherwise. */
const alwaysInAccessToken = ["oidc-allowed-origins-mapper", "oidc-audience-resolve-mapper"];
/** Mappers that know nothing of introspection and userinfo: their configuration is complete as it is. */
const withoutCompletion = ["oidc-nonce-backwards-compatible-mapper"];

/**
 * The configuration of a mapper with what Keycloak adds to it: where it says nothing of introspection, a claim goes there
 * when it goes into the access token; to userinfo when it goes into the ID token. Seen of every mapper of 26.7.3, as its API
 * gives them back.
 */
export function completeMapperConfig({
  config = {},
  protocol = "openid-connect",
  protocolMapper,
}: {
  readonly config?: unknown;
  readonly protocol?: unknown;
  readonly protocolMapper?: unknown;
}): JsonObject {
  const given = objectOf(config);
  if (protocol !== "openid-connect" || withoutCompletion.includes(textOf(protocolMapper))) return given;
  if (alwaysInAccessToken.includes(textOf(protocolMapper)))
    return { "access.token.claim": "true", "introspection.token.claim": "true", ...given };
  const { "access.token.claim": access, "id.token.claim": id } = given;
  return {
    ...(access !== undefined && { "introspection.token.claim": access }),
    ...(id !== undefined && { "userinfo.token.claim": id }),
    ...given,
  };
}

/** Roles that a client or scope may put into tokens: those of the realm, and of clients. */
function scopeMappings(realm: JsonObject, holder: "client" | "clientScope", name: string): JsonObject {
  const own = (list: unknown) => listOf(list).filter((mapping) => property(mapping, holder) === name);
  const rolesOf = (list: readonly Json[]) =>
    sortedSet(list.flatMap((mapping) => listOf(property(mapping, "roles"))));
  return comparable({
    realm: rolesOf(own(realm.scopeMappings)),
    client: mapValues(objectOf(realm.clientScopeMappings), (list) => rolesOf(own(list))),
  });
}
