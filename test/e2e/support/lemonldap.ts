import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { Image } from "../../../constructs/workload/image";
import { packageRoot } from "../../../kit/package-root";

/** Debian's LemonLDAP::NG, to be built. */
export function lemonldapImage(): Image {
  const base = Image.built(join(packageRoot, "images/base"));
  return Image.built(join(__dirname, "lemonldap"), { bases: { parent: base } });
}

/** An application that LemonLDAP::NG knows. */
export interface LemonldapClient {
  readonly secret?: string;
  readonly redirectUri?: string;
  /** Whether its tokens are for mail, so that `james` is in their audience. @default false */
  readonly forMail?: boolean;
}

/** What LemonLDAP::NG is to be. */
export interface LemonldapOptions {
  readonly url: string;
  readonly clients: Readonly<Record<string, LemonldapClient>>;
  readonly directory: {
    readonly url: string;
    readonly usersDn: string;
    readonly bindDn: string;
    readonly bindPassword: string;
    /** Path in its container. */
    readonly ca: string;
  };
}

/**
 * The configuration of LemonLDAP::NG as an OpenID provider, in its own words.
 *
 * @see https://lemonldap-ng.org/documentation/2.0/idpopenidconnect.html
 */
export function lemonldapConfiguration({ url, clients, directory }: LemonldapOptions): object {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { hostname } = new URL(url);
  const sessions = (folder: string) => ({
    Directory: `/tmp/llng/${folder}`,
    LockDirectory: `/tmp/llng/${folder}/lock`,
    generateModule: "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
  });
  const ofClients = <T>(value: (client: LemonldapClient, id: string) => T) =>
    Object.fromEntries(Object.entries(clients).map(([id, client]) => [id, value(client, id)]));
  return {
    ...{ cfgNum: 1, cfgDate: 1, cfgAuthor: "a test" },
    cfgVersion: "2.16.1",
    portal: `${url}/`,
    domain: hostname,
    securedCookie: 1,
    cookieName: "lemonldap",
    ...{ requireToken: 1, captcha_mail_enabled: 0, captcha_register_enabled: 0 },
    ...{ authentication: "LDAP", userDB: "Same", passwordDB: "Null", registerDB: "Null" },
    ...{ ldapServer: directory.url, ldapBase: directory.usersDn, ldapVerify: "require" },
    ...{ managerDn: directory.bindDn, managerPassword: directory.bindPassword, ldapCAFile: directory.ca },
    AuthLDAPFilter: "(mail=$user)",
    ldapExportedVars: { uid: "uid", mail: "mail", cn: "cn" },
    ...{ globalStorage: "Apache::Session::File", globalStorageOptions: sessions("sessions") },
    ...{ persistentStorage: "Apache::Session::File", persistentStorageOptions: sessions("psessions") },
    localSessionStorage: "Cache::FileCache",
    localSessionStorageOptions: {
      ...{ cache_root: "/tmp/llng/cache", cache_depth: 3, default_expires_in: 600 },
      namespace: "lemonldap-ng-sessions",
    },
    locationRules: { [hostname]: { default: "accept" } },
    ...{ exportedHeaders: {}, exportedVars: {}, groups: {}, macros: { _whatToTrace: "lc($_user)" } },
    ...{ whatToTrace: "_whatToTrace", timeout: 72_000 },
    issuerDBOpenIDConnectActivation: 1,
    oidcServicePrivateKeySig: privateKey.export({ type: "pkcs8", format: "pem" }),
    oidcServicePublicKeySig: publicKey.export({ type: "spki", format: "pem" }),
    oidcServiceKeyIdSig: "signs",
    oidcServiceAllowAuthorizationCodeFlow: 1,
    oidcServiceIgnoreScopeForClaims: 1,
    oidcRPMetaDataExportedVars: ofClients(() => ({ email: "mail", name: "cn" })),
    oidcRPMetaDataOptions: ofClients(({ secret, redirectUri, forMail }, id) => ({
      oidcRPMetaDataOptionsClientID: id,
      ...(secret === undefined
        ? { oidcRPMetaDataOptionsPublic: 1, oidcRPMetaDataOptionsRequirePKCE: 1 }
        : { oidcRPMetaDataOptionsClientSecret: secret }),
      ...(redirectUri !== undefined && { oidcRPMetaDataOptionsRedirectUris: redirectUri }),
      ...(forMail && { oidcRPMetaDataOptionsAdditionalAudiences: "james" }),
      oidcRPMetaDataOptionsBypassConsent: 1,
      oidcRPMetaDataOptionsIDTokenSignAlg: "RS256",
      oidcRPMetaDataOptionsIDTokenForceClaims: 1,
      oidcRPMetaDataOptionsAccessTokenJWT: 1,
      oidcRPMetaDataOptionsAccessTokenSignAlg: "RS256",
      oidcRPMetaDataOptionsAccessTokenClaims: 1,
      oidcRPMetaDataOptionsRefreshToken: 1,
      oidcRPMetaDataOptionsLogoutBypassConfirm: 1,
    })),
  };
}
