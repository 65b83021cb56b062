import type { Problem } from "../../../config/errors";
import type { ILdapDirectory } from "../../ldap/ldap-directory";
import { type MailClientOptions, secretVersionAttribute } from "../mail-realm";
import type { RealmRepresentation } from "../realm-template";
import type { RealmDraft } from "./representation";
import {
  type ClientRepresentation,
  type Component,
  type Covered,
  components,
  componentType,
} from "./representation";

/** What is changed of a representation, beside the settings of the realm. */
export interface RepresentationOverrides {
  /** By client id. @default none */
  readonly clients?: Readonly<Record<string, MailClientOptions>>;
  /** Client ids to leave out. @default none */
  readonly withoutClients?: readonly string[];
  /** Where the people of LDAP federations are, by the federation's name. @default as it is */
  readonly directories?: Readonly<Record<string, ILdapDirectory>>;
}

export function overridden(base: RealmRepresentation, overrides: RepresentationOverrides): RealmDraft {
  const { clients = {}, withoutClients = [], directories = {} } = overrides;
  const storage = components(base, componentType.storage);
  return {
    ...(structuredClone(base) as RealmDraft),
    ...(base.clients && {
      clients: base.clients
        .filter(({ clientId = "" }) => !withoutClients.includes(clientId))
        .map((client) => changedClient(structuredClone(client), clients[client.clientId ?? ""] ?? {})),
    }),
    ...(storage.length > 0 && {
      components: {
        ...structuredClone(base.components),
        [componentType.storage]: storage.map((component) =>
          connected(component, directories[component.name ?? ""]),
        ),
      } as NonNullable<RealmDraft["components"]>,
    }),
  };
}

/** Overrides of what is not there. */
export function overrideProblems(
  base: RealmRepresentation,
  { clients = {}, withoutClients = [], directories = {} }: RepresentationOverrides,
): Omit<Problem, "where">[] {
  const ids = base.clients?.map(({ clientId }) => clientId) ?? [];
  const names = components(base, componentType.storage).map(({ name }) => name);
  const missing = (what: string, wanted: readonly string[], found: readonly unknown[]) =>
    wanted
      .filter((name) => !found.includes(name))
      .map((name) => ({ what: `${what} ${name} is missing`, got: found }));
  return [
    ...missing("client", [...Object.keys(clients), ...withoutClients], ids),
    ...missing("user federation", Object.keys(directories), names),
  ];
}

function changedClient(
  client: ClientRepresentation,
  options: MailClientOptions,
): Covered<ClientRepresentation> {
  const { secret, redirectUris, webOrigins, backchannelLogoutUrl: url } = options;
  const attributes = {
    ...client.attributes,
    ...(url !== undefined && {
      "backchannel.logout.url": url,
      "backchannel.logout.session.required": "true",
    }),
    ...(secret && secret.version > 1 && { [secretVersionAttribute]: String(secret.version) }),
  };
  return {
    ...client,
    ...(secret && { secret }),
    ...(redirectUris && { redirectUris: [...redirectUris] }),
    ...(webOrigins && { webOrigins: [...webOrigins] }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
}

function connected(component: Component, directory: ILdapDirectory | undefined): Component {
  if (!directory) return component;
  const { url, usersDn, bindDn, bindPassword } = directory;
  return {
    ...component,
    config: {
      ...component.config,
      connectionUrl: [url],
      usersDn: [usersDn],
      bindDn: [bindDn],
      bindCredential: [bindPassword],
    },
  };
}
