import { builtInClients } from "../../constructs/keycloak/representation/built-in-clients";
import { kitClients } from "../model/platform-model";
import { at, type PlatformRule } from "./rule";

/** By these people log in. */
const redirectUris: PlatformRule = ({ realms }) =>
  realms.flatMap(({ clients, provision }, index) =>
    (["oidc", "thunderbird"] as const).flatMap((client) =>
      at(
        ["realms", index, "clients", client],
        provision !== "nothing" &&
          clients[client].redirectUris.length === 0 && {
            what: "the client has no redirect URI: nobody could log in by it",
            fix: "Say where it comes back to after login",
          },
      ),
    ),
  );

/** Names of a realm's `clients.others` that are others' already. */
const clientNames: PlatformRule = ({ realms }, say) =>
  realms.flatMap(({ clients, template }, realm) => {
    const taken = (owner: string) => `the name is taken: ${owner}`;
    const owners = new Map<string, string>([
      ...[...builtInClients].map((name) => [name, taken("Keycloak's own")] as const),
      ...(template?.clients ?? []).map(
        ({ clientId = "" }) => [clientId, taken("a client of the realm template")] as const,
      ),
      ...["oidc", "james-thunderbird", "james", "kit-smoke"].map(
        (name) => [name, taken("the kit's own")] as const,
      ),
    ]);
    return clients.others.flatMap(({ name }, index) => {
      const path = ["realms", realm, "clients", "others", index];
      const what = owners.get(name);
      owners.set(name, `${say(path)} has this name`);
      return at([...path, "name"], what !== undefined && { what, got: name, fix: "Choose another name" });
    });
  });

/** Clients of a template whose logouts the gateway would not hear of, though it takes their tokens. */
const unheardLogouts: PlatformRule = ({ realms }) =>
  realms.flatMap(({ template = {}, provision, backchannelLogoutUrl, loginClients }, index) =>
    (provision === "realm" ? (template.clients ?? []) : []).flatMap(({ clientId = "", attributes }) => {
      if (kitClients.includes(clientId) || !loginClients.includes(clientId)) return [];
      const told = attributes?.["backchannel.logout.url"];
      return at(
        ["realms", index, "template"],
        backchannelLogoutUrl !== undefined &&
          told &&
          told !== backchannelLogoutUrl && {
            what: `James and the gateway take tokens of client ${clientId}, which tells its logouts elsewhere: they would be good after a logout`,
            got: told,
            allowed: backchannelLogoutUrl,
            fix: "Say revocation: introspection, or take james out of the audience of its tokens",
          },
      );
    }),
  );

export const clientRules: readonly PlatformRule[] = [redirectUris, clientNames, unheardLogouts];
