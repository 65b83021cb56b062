import type { Construct } from "constructs";
import type { Secret } from "../../../workload/secret";
import { Role } from "../users/role";
import { ClientScope } from "./client-scope";
import { type ClientFlow, OidcClient } from "./oidc-client";
import { ProtocolMapper } from "./protocol-mapper";

export interface MailClientsProps {
  /** Of the web client `oidc`. */
  readonly redirectUris: readonly string[];
  /** Origins of the web client. @default none */
  readonly webOrigins?: readonly string[];
  /** Of client `james-thunderbird`. */
  readonly thunderbirdRedirectUris: readonly string[];
  /** Of client `james`, by which James and the gateway ask whether tokens are active. @default Keycloak makes one */
  readonly jamesSecret?: Secret;
  /** @default Keycloak makes one */
  readonly thunderbirdSecret?: Secret;
  /** Where the gateway hears of logouts. @default nowhere: it asks about each token */
  readonly backchannelLogoutUrl?: string;
  /** Clients of these that take people's passwords themselves. @default none */
  readonly directAccessGrants?: readonly ("oidc" | "james-thunderbird")[];
  /** Whether client `kit-smoke` exists, which takes passwords. @default false */
  readonly directGrants?: boolean;
}

/** What a mail platform needs of a realm. */
export interface MailClients {
  readonly oidc: OidcClient;
  readonly thunderbird: OidcClient;
  /** Resource server: it logs nobody in. */
  readonly james: OidcClient;
  readonly smoke?: OidcClient;
  readonly scopes: Readonly<
    Record<"basic" | "email" | "profile" | "offlineAccess" | "roles" | "mail", ClientScope>
  >;
}

/** The clients and client scopes of realm-templates/oidc.json. */
export function addMailClients(realm: Construct, props: MailClientsProps): MailClients {
  const { redirectUris, webOrigins = [], thunderbirdRedirectUris, backchannelLogoutUrl: url } = props;
  const { directAccessGrants = [] } = props;
  const scopes = mailScopes(realm);
  const ofMail = {
    mail: true,
    defaultScopes: [scopes.basic, scopes.email, scopes.profile, scopes.mail],
    optionalScopes: [scopes.offlineAccess],
  };
  const logoutUrl = url === undefined ? {} : { url };
  const backchannelLogout = { ...logoutUrl, sessionRequired: true, revokeOfflineTokens: true };
  const flows = (client: "oidc" | "james-thunderbird"): { flows: ClientFlow[] } => ({
    flows: directAccessGrants.includes(client) ? ["standard", "direct-access"] : ["standard"],
  });
  const oidc = new OidcClient(realm, "oidc", {
    ...ofMail,
    ...flows("oidc"),
    kind: "public",
    name: "Web clients on JMAP",
    redirectUris,
    webOrigins,
    backchannelLogout,
  });
  const thunderbird = new OidcClient(realm, "james-thunderbird", {
    ...ofMail,
    ...flows("james-thunderbird"),
    kind: "confidential",
    // Thunderbird sends no proof.
    pkce: false,
    name: "Thunderbird",
    redirectUris: thunderbirdRedirectUris,
    webOrigins: [],
    backchannelLogout,
    ...(props.thunderbirdSecret && { secret: props.thunderbirdSecret }),
  });
  const james = new OidcClient(realm, "james", {
    kind: "confidential",
    flows: [],
    name: "James and the gateway, which ask whether a token is still good",
    defaultScopes: [scopes.basic],
    optionalScopes: [],
    ...(props.jamesSecret && { secret: props.jamesSecret }),
  });
  const smoke =
    props.directGrants === true
      ? new OidcClient(realm, "kit-smoke", {
          ...ofMail,
          kind: "public",
          flows: ["direct-access"],
          name: "The kit's smoke test: password grants, only where the environment asks for them",
          ...(url !== undefined && { backchannelLogout: { url, sessionRequired: true } }),
        })
      : undefined;
  for (const client of [oidc, thunderbird, smoke]) client?.allowIntrospectionBy(james);
  return { oidc, thunderbird, james, ...(smoke && { smoke }), scopes };
}

function mailScopes(realm: Construct): MailClients["scopes"] {
  return {
    basic: new ClientScope(realm, "basic", {
      description: "Subject and session, in every access token",
      assignment: "default",
      includeInTokenScope: false,
      displayOnConsentScreen: false,
      mappers: [
        ProtocolMapper.sub(),
        ProtocolMapper.sessionNote("AUTH_TIME", { name: "auth_time", claim: "auth_time", type: "long" }),
      ],
    }),
    email: new ClientScope(realm, "email", {
      description: "The mail address, by which James and the gateway know the user",
      consentText: "Mail address",
      assignment: "default",
      mappers: [ProtocolMapper.userAttribute("email")],
    }),
    profile: new ClientScope(realm, "profile", {
      description: "Names of the user",
      consentText: "Name",
      assignment: "default",
      mappers: [
        ProtocolMapper.userAttribute("username", { name: "username", claim: "preferred_username" }),
        ProtocolMapper.fullName(),
      ],
    }),
    offlineAccess: new ClientScope(realm, "offline_access", {
      description: "Mail clients that stay logged in",
      consentText: "Stay logged in",
      assignment: "optional",
      // Keycloak gives it to those only that have the role, which everybody has.
      roles: [Role.fromRoleName(realm, "offline_access")],
    }),
    roles: new ClientScope(realm, "roles", {
      description: "What people may do at Keycloak itself: its account and admin consoles need it",
      includeInTokenScope: false,
      displayOnConsentScreen: false,
      mappers: [
        ProtocolMapper.realmRoles(),
        ProtocolMapper.clientRoles(),
        ProtocolMapper.custom("audience resolve", "oidc-audience-resolve-mapper", {
          "access.token.claim": true,
          "introspection.token.claim": true,
        }),
      ],
    }),
    mail: new ClientScope(realm, "mail", {
      description:
        "Puts `james` into the audience: without it Keycloak tells James that the token is inactive",
      displayOnConsentScreen: false,
      mappers: [ProtocolMapper.audience({ client: "james" })],
    }),
  };
}
