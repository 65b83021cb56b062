import { KitError } from "../../../../kit/errors";
import type { TerraformResource } from "../../../terraform";
import { literal } from "../../../terraform/terraform-literal";
import {
  GenericProtocolMapper,
  type GenericProtocolMapperConfig,
} from "../../bindings/generic-protocol-mapper";
import { OpenidClient, type OpenidClientConfig } from "../../bindings/openid-client";
import { OpenidClientDefaultScopes } from "../../bindings/openid-client-default-scopes";
import { OpenidClientOptionalScopes } from "../../bindings/openid-client-optional-scopes";
import { OpenidClientScope, type OpenidClientScopeConfig } from "../../bindings/openid-client-scope";
import { SamlClientScope } from "../../bindings/saml-client-scope";
import { bareRealm } from "../../compare/bare-realm";
import { consoleClients } from "../../compare/console-clients";
import { completeMapperConfig } from "../../compare/normalize-clients";
import { builtInClients } from "../../representation/built-in-clients";
import { optionalScopes } from "../../representation/optional-scopes";
import type { RealmRepresentation } from "../../representation/realm-template";
import { flowId } from "../authentication/flows";
import {
  builtInClient,
  isBuiltInMapper,
  isOpenid,
  isUnchangedClient,
  isUnchangedScope,
} from "../mapping/built-in-objects";
import { attributesOf, type JsonMap } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";
import { clientId as knownClient } from "../users/roles";
import {
  clientScopeTable,
  clientTable,
  completeClient,
  isBearerOnly,
  protocolMapperTable,
  samlScopeTable,
  switchedOff,
} from "./client-table";

type Client = NonNullable<RealmRepresentation["clients"]>[number];
type ClientScope = NonNullable<RealmRepresentation["clientScopes"]>[number];

/** Client scopes with their mappers. */
export function clientScopeResources(scope: RealmScope): void {
  for (const clientScope of scope.representation.clientScopes ?? []) {
    if (isUnchangedScope(clientScope as JsonMap)) continue;
    const { name = "" } = clientScope;
    const [ScopeOfProtocol, table] = isOpenid(clientScope)
      ? [OpenidClientScope, clientScopeTable]
      : [SamlClientScope, samlScopeTable];
    const resource = new ScopeOfProtocol(scope, scope.idOf("scope", name), {
      ...attributesOf<OpenidClientScopeConfig>(table, clientScope as JsonMap),
      realmId: scope.realmId,
      ...consentText(clientScope),
      dependsOn: scope.emptied,
    });
    scope.existing(resource, clientScope.id);
    const { id } = resource;
    scope.clientScopes.push(resource);
    scope.clientScopeIds.set(name, id);
    mappers(scope, ["scope", name], { clientScopeId: id }, clientScope);
  }
}

/** The provider shows a scope on the consent screen exactly when it has a text. */
function consentText({ name = "", attributes = {} }: ClientScope): { consentScreenText?: string } {
  if (attributes["display.on.consent.screen"] === "false") return {};
  return { consentScreenText: literal(attributes["consent.screen.text"] || name) };
}

/** Clients with their mappers and scopes. */
export function clientResources(scope: RealmScope): void {
  for (const client of scope.representation.clients ?? []) {
    if (!isOpenid(client)) continue;
    const { clientId = "" } = client;
    if (isUnchangedClient(scope.representation, client as JsonMap)) {
      // The realm has scopes of its own, and the client's follow from them.
      if (scope.representation.clientScopes) scopesOf(scope, client, knownClient(scope, clientId));
      continue;
    }
    const complete = completeClient(client as JsonMap);
    const builtIn = builtInClients.has(clientId);
    const before = scope.clientScopes.length > 0 ? scope.clientScopes : scope.emptied;
    const config: OpenidClientConfig = {
      ...switchedOff,
      ...attributesOf<OpenidClientConfig>(clientTable, complete),
    };
    const resource = new OpenidClient(scope, scope.idOf("client", clientId), {
      ...config,
      realmId: scope.realmId,
      accessType: client.publicClient ? "PUBLIC" : client.bearerOnly ? "BEARER-ONLY" : "CONFIDENTIAL",
      ...secretOf(scope, client),
      ...flowOverrides(scope, client),
      ...(builtIn && { import: true }),
      dependsOn: builtIn
        ? [changeBuiltIn(scope, clientId, { ...complete, ...switchesOf(config) }, before)]
        : before,
    });
    scope.existing(resource, client.id);
    const { id } = resource;
    scope.clientIds.set(clientId, id);
    scope.ownClients.add(clientId);
    if (resource.serviceAccountsEnabledInput === true) {
      scope.serviceAccounts.set(clientId, resource.serviceAccountUserId);
      scope.users.push(resource);
    }
    const own = client.protocolMappers?.filter((mapper) => !isBuiltInMapper(clientId, mapper)) ?? [];
    mappers(scope, ["client", clientId], { clientId: id }, { ...client, protocolMappers: own });
    scopesOf(scope, client, id);
  }
  const { clientIds, scopes } = consoleClients(scope.representation);
  for (const clientId of clientIds) {
    scopesOf(
      scope,
      { clientId, defaultClientScopes: [...scopes], optionalClientScopes: [] },
      knownClient(scope, clientId),
    );
  }
}

/** Which flows a client has, as the provider is told. */
function switchesOf(config: OpenidClientConfig): JsonMap {
  const { standardFlowEnabled, implicitFlowEnabled, directAccessGrantsEnabled, serviceAccountsEnabled } =
    config;
  return { standardFlowEnabled, implicitFlowEnabled, directAccessGrantsEnabled, serviceAccountsEnabled };
}

/**
 * Sets the fields of a client that Keycloak makes, before the provider takes it over: the provider itself would keep the old
 * value where false or nothing is wanted.
 */
function changeBuiltIn(
  scope: RealmScope,
  clientId: string,
  complete: JsonMap,
  before: TerraformResource[],
): TerraformResource {
  const own = builtInClient(scope.name, clientId);
  const emptyAttributes = Object.keys(own.attributes ?? {}).map((key) => [key, ""]);
  const setElsewhere = ["secret", "protocolMappers", "defaultClientScopes", "optionalClientScopes"];
  const fields = Object.keys(own)
    .filter((key) => !setElsewhere.includes(key))
    .map((key) => [key, complete[key] ?? (Array.isArray(own[key]) ? [] : "")])
    .filter(([key, value]) => value !== "" || typeof own[key as string] === "string");
  return scope.program(
    scope.idOf("client", clientId, "own"),
    {
      command: "client",
      triggers: { realm: scope.realm.internalId },
      environment: {
        KIT_REALM: scope.name,
        KIT_CLIENT: clientId,
        KIT_FIELDS: literal(
          JSON.stringify({
            ...Object.fromEntries(fields),
            attributes: { ...Object.fromEntries(emptyAttributes), ...(complete.attributes as JsonMap) },
          }),
        ),
      },
    },
    before,
  );
}

function flowOverrides(scope: RealmScope, { authenticationFlowBindingOverrides = {} }: Client) {
  const { browser, direct_grant: directGrant } = authenticationFlowBindingOverrides;
  const browserId = flowId(scope, browser);
  const directGrantId = flowId(scope, directGrant);
  if (browserId === undefined && directGrantId === undefined) return {};
  return {
    authenticationFlowBindingOverrides: {
      ...(browserId && { browserId }),
      ...(directGrantId && { directGrantId }),
    },
  };
}

function secretOf(scope: RealmScope, { clientId = "", publicClient, secret, attributes }: Client) {
  if (publicClient) return {};
  const found = scope.secret(`client ${clientId}`, secret, attributes?.["kit.secret.version"]);
  if (found) return { clientSecretWo: found.value, clientSecretWoVersion: found.version };
  // Keycloak would make one, and the provider would write it into the state.
  throw new KitError(`client ${clientId} cannot be built`, [
    {
      where: `clients[${clientId}].secret`,
      what: "the client is confidential, and its secret is not known here",
      fix: "Give the secret, or make the client public",
    },
  ]);
}

function scopesOf(scope: RealmScope, client: Client, id: string): void {
  if (isBearerOnly(client as JsonMap)) return;
  const { clientId = "" } = client;
  const { representation } = scope;
  const own = representation.clientScopes !== undefined;
  const saml = new Set(
    representation.clientScopes?.filter((one) => !isOpenid(one)).map(({ name }) => name ?? ""),
  );
  const openid = (names: readonly string[] | undefined) => names?.filter((name) => !saml.has(name));
  const said = statedScopes(client) ?? (own ? realmScopes(representation) : undefined);
  const [defaults, optional] = [openid(said?.defaults), openid(said?.optional)];
  const base = { realmId: scope.realmId, clientId: id };
  const moved = defaults?.filter((name) => realmScopes(representation).optional.includes(name)) ?? [];
  const dependsOn =
    moved.length === 0
      ? scope.clientScopes
      : [
          scope.program(
            scope.idOf("client", clientId, "moved-scopes"),
            {
              command: "detach",
              triggers: { client: id, scopes: literal(JSON.stringify(moved)) },
              environment: {
                KIT_REALM: scope.name,
                KIT_CLIENT: id,
                KIT_SCOPES: literal(JSON.stringify(moved)),
              },
            },
            scope.clientScopes,
          ),
        ];
  const first =
    defaults &&
    new OpenidClientDefaultScopes(scope, scope.idOf("client", clientId, "default-scopes"), {
      ...base,
      defaultScopes: defaults,
      dependsOn,
    });
  if (!optional) return;
  new OpenidClientOptionalScopes(scope, scope.idOf("client", clientId, "optional-scopes"), {
    ...base,
    optionalScopes: optional,
    // A scope that changes sides is first taken away.
    dependsOn: first ? [first] : dependsOn,
  });
}

/** The scopes that a client names. One that names its default scopes only has no optional ones, and the other way round. */
function statedScopes({ defaultClientScopes: defaults, optionalClientScopes: optional }: Client) {
  return defaults || optional ? { defaults: defaults ?? [], optional: optional ?? [] } : undefined;
}

/** Scopes that a new client has. */
function realmScopes(realm: RealmRepresentation): {
  defaults?: readonly string[];
  optional: readonly string[];
} {
  const { clientScopes, defaultDefaultClientScopes: defaults, defaultOptionalClientScopes } = realm;
  const usual = defaultOptionalClientScopes ?? bareRealm("").defaultOptionalClientScopes ?? [];
  return { ...(defaults && { defaults }), optional: clientScopes ? optionalScopes(realm) : usual };
}

function mappers(
  scope: RealmScope,
  holder: readonly [kind: "client" | "scope", name: string],
  owner: { clientId?: string; clientScopeId?: string },
  { id, protocolMappers = [] }: Client | ClientScope,
): void {
  for (const mapper of protocolMappers) {
    const resource = new GenericProtocolMapper(scope, scope.idOf(...holder, "mapper", mapper.name ?? ""), {
      ...attributesOf<GenericProtocolMapperConfig>(protocolMapperTable, completeMapper(mapper as JsonMap)),
      ...owner,
      realmId: scope.realmId,
    });
    scope.existing(resource, owner.clientScopeId ? "client-scope" : "client", id, mapper.id);
  }
}

/** A mapper as Keycloak shows it, with its defaults. */
function completeMapper(mapper: JsonMap): JsonMap {
  return { protocol: "openid-connect", ...mapper, config: completeMapperConfig(mapper) };
}
