import { KitError } from "../../../../kit/errors";
import type { RealmRepresentation } from "../../representation/realm-template";
import { type ClientRepresentation, type Covered, uncovered } from "../object/representation";
import { clientProblems, type MailRealmOptions, mailClient } from "../realm/mail-realm";
import { overridden } from "../realm/realm-overrides";
import { ProtocolMapper } from "./protocol-mapper";
import { audienceOf } from "./token-content";

/** What James and the gateway want to find in tokens: an audience, else Keycloak calls them inactive, and the user. */
const inTokens = [ProtocolMapper.audience({ client: "james" }), ProtocolMapper.userAttribute("email")];

/**
 * The mail clients of a template as somebody else's realm is given them: what they need is in mappers of their own, so that
 * they work whatever client scopes the realm has. Which of these they have is left to the realm, as for any client that is
 * made there. The result holds secrets in clear.
 *
 * @throws KitError when the template lacks a client that the options speak of
 */
export function existingRealmClients(
  template: RealmRepresentation,
  options: Pick<MailRealmOptions, "clients" | "others" | "without">,
): ClientRepresentation[] {
  const { clients, others = [], without = [] } = options;
  const problems = clientProblems(template, options);
  if (problems.length > 0) {
    throw new KitError(`realm template ${template.realm} does not fit a mail platform`, problems);
  }
  const wanted = [
    ...(overridden(template, { clients, withoutClients: without }).clients ?? []),
    ...others.map((client) => mailClient(template, client)),
  ];
  return uncovered(
    wanted.map((client) => inExistingRealm(client, template)),
    (secret) => secret.reveal(),
  ) as ClientRepresentation[];
}

function inExistingRealm(
  client: Covered<ClientRepresentation>,
  template: RealmRepresentation,
): Covered<ClientRepresentation> {
  const { defaultClientScopes: _, optionalClientScopes: __, protocolMappers = [], ...others } = client;
  const mail = audienceOf(client as ClientRepresentation, template).has("james");
  const own = mail ? inTokens.map((mapper) => mapper.representation()) : [];
  const mappers = [...protocolMappers, ...own];
  return { ...others, ...(mappers.length > 0 && { protocolMappers: mappers }) };
}
