import { defined } from "../../../../kit/defined";
import type { Secret } from "../../../workload/secret";
import { flowAlias, type IAuthenticationFlow, type OrName } from "../object/references";
import { configTexts, type RealmDraft, type SecretConfig } from "../object/representation";

/** Settings of a realm. What is not given is as Keycloak has it: its defaults, or those of the representation. */
export interface RealmSettings {
  /** For people. */
  readonly displayName?: string;
  /** Whether anybody can log in. @default true */
  readonly enabled?: boolean;
  /** Whether requests must come by TLS. @default Keycloak's, "external": those from outside private networks */
  readonly sslRequired?: "all" | "external" | "none";
  readonly tokens?: TokenSettings;
  readonly sessions?: SessionSettings;
  readonly login?: LoginSettings;
  /** What happens to those who try passwords. @default Keycloak's, nothing */
  readonly bruteForce?: BruteForceSettings;
  /** As `length(12) and notUsername(undefined)`. @default Keycloak's, none */
  readonly passwordPolicy?: string;
  /** Where mail of Keycloak itself goes out. @default none */
  readonly smtp?: SmtpServer;
  /** @default English */
  readonly locales?: { readonly supported: readonly string[]; readonly default: string };
  readonly themes?: {
    readonly login?: string;
    readonly account?: string;
    readonly admin?: string;
    readonly email?: string;
  };
  /** Beside those that Keycloak sends by default. */
  readonly securityHeaders?: SecurityHeaders;
  readonly events?: EventSettings;
  /** Flows by the name of what exists; `realm.bindFlows()` takes those of the realm. */
  readonly bindings?: FlowBindings;
  /** Further attributes, under Keycloak's names. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Lifetimes in seconds. */
export interface TokenSettings {
  /** @default Keycloak's, 300 */
  readonly accessTokenSeconds?: number;
  /** @default Keycloak's, 900 */
  readonly implicitAccessTokenSeconds?: number;
  /** Whether a refresh token can be used once only. @default Keycloak's, false */
  readonly rotateRefreshTokens?: boolean;
  /** How often beyond once. @default 0 */
  readonly refreshTokenReuses?: number;
  /** @default Keycloak's, 60 */
  readonly codeSeconds?: number;
  /** How long a login may take. @default Keycloak's, 1800 */
  readonly loginSeconds?: number;
  /** How long a step of a login may take, as a change of the password. @default Keycloak's, 300 */
  readonly loginActionSeconds?: number;
  /** Of links in mails that users ask for. @default Keycloak's, 300 */
  readonly userActionSeconds?: number;
  /** Of links in mails that administrators send. @default Keycloak's, 43200 */
  readonly adminActionSeconds?: number;
  /** @default Keycloak's, "RS256" */
  readonly signatureAlgorithm?: string;
}

/** In seconds. */
export interface SessionSettings {
  /** @default Keycloak's, 1800 */
  readonly idleSeconds?: number;
  /** @default Keycloak's, 36000 */
  readonly maxSeconds?: number;
  /** @default as other sessions */
  readonly rememberMeIdleSeconds?: number;
  /** @default as other sessions */
  readonly rememberMeMaxSeconds?: number;
  /** Of mail clients that stay logged in. @default Keycloak's, 2592000 */
  readonly offlineIdleSeconds?: number;
  /** @default unlimited */
  readonly offlineMaxSeconds?: number;
  /** @default as the whole session */
  readonly clientIdleSeconds?: number;
  /** @default as the whole session */
  readonly clientMaxSeconds?: number;
}

/** Each as Keycloak has it by default: false where no other default is named. */
export interface LoginSettings {
  readonly registration?: boolean;
  readonly rememberMe?: boolean;
  readonly resetPassword?: boolean;
  readonly verifyEmail?: boolean;
  /** @default Keycloak's, true */
  readonly withEmail?: boolean;
  readonly duplicateEmails?: boolean;
  readonly emailAsUsername?: boolean;
  readonly editUsername?: boolean;
}

export interface BruteForceSettings {
  /** @default true */
  readonly enabled?: boolean;
  /** @default false: for a time */
  readonly permanent?: boolean;
  /** Failures before it begins. @default Keycloak's, 30 */
  readonly failures?: number;
  /** How much longer each time. @default Keycloak's, 60 */
  readonly waitSeconds?: number;
  /** @default Keycloak's, 900 */
  readonly maxWaitSeconds?: number;
  /** After which failures are forgotten. @default Keycloak's, 43200 */
  readonly resetSeconds?: number;
  /** Failures so fast are no person's. @default Keycloak's, 1000 */
  readonly quickLoginMilliseconds?: number;
  /** How long these wait. @default Keycloak's, 60 */
  readonly quickLoginWaitSeconds?: number;
}

export interface SmtpServer {
  readonly host: string;
  /** @default 587 with StartTLS, 465 with TLS, else 25 */
  readonly port?: number;
  readonly from: string;
  /** @default none */
  readonly fromDisplayName?: string;
  /** @default none */
  readonly replyTo?: string;
  /** Address for bounces. @default `from` */
  readonly envelopeFrom?: string;
  /** @default "starttls" */
  readonly security?: "none" | "starttls" | "tls";
  /** @default none: without login */
  readonly login?: { readonly user: string; readonly password: Secret };
}

export interface SecurityHeaders {
  readonly contentSecurityPolicy?: string;
  readonly contentSecurityPolicyReportOnly?: string;
  readonly referrerPolicy?: string;
  readonly strictTransportSecurity?: string;
  readonly xContentTypeOptions?: string;
  readonly xFrameOptions?: string;
  readonly xRobotsTag?: string;
}

export interface EventSettings {
  /** Whether events of users are kept. @default Keycloak's, false */
  readonly save?: boolean;
  /** Which of them, as `LOGIN`. @default every kind that Keycloak keeps */
  readonly types?: readonly string[];
  /** @default for ever */
  readonly expirationSeconds?: number;
  /** Who is told of them. @default Keycloak's, ["jboss-logging"] */
  readonly listeners?: readonly string[];
  /** Whether events of administrators are kept. @default Keycloak's, false */
  readonly saveAdmin?: boolean;
  /** With what they sent. @default false */
  readonly adminDetails?: boolean;
}

/** Which flow is taken for what. @default Keycloak's own, each */
export interface FlowBindings {
  readonly browser?: OrName<IAuthenticationFlow>;
  readonly directGrant?: OrName<IAuthenticationFlow>;
  readonly registration?: OrName<IAuthenticationFlow>;
  readonly resetCredentials?: OrName<IAuthenticationFlow>;
  readonly clientAuthentication?: OrName<IAuthenticationFlow>;
  readonly firstBrokerLogin?: OrName<IAuthenticationFlow>;
}

type Field = keyof RealmDraft & string;

const tokenFields: Record<keyof TokenSettings, Field> = {
  accessTokenSeconds: "accessTokenLifespan",
  implicitAccessTokenSeconds: "accessTokenLifespanForImplicitFlow",
  rotateRefreshTokens: "revokeRefreshToken",
  refreshTokenReuses: "refreshTokenMaxReuse",
  codeSeconds: "accessCodeLifespan",
  loginSeconds: "accessCodeLifespanLogin",
  loginActionSeconds: "accessCodeLifespanUserAction",
  userActionSeconds: "actionTokenGeneratedByUserLifespan",
  adminActionSeconds: "actionTokenGeneratedByAdminLifespan",
  signatureAlgorithm: "defaultSignatureAlgorithm",
};

const sessionFields: Record<keyof SessionSettings, Field> = {
  idleSeconds: "ssoSessionIdleTimeout",
  maxSeconds: "ssoSessionMaxLifespan",
  rememberMeIdleSeconds: "ssoSessionIdleTimeoutRememberMe",
  rememberMeMaxSeconds: "ssoSessionMaxLifespanRememberMe",
  offlineIdleSeconds: "offlineSessionIdleTimeout",
  offlineMaxSeconds: "offlineSessionMaxLifespan",
  clientIdleSeconds: "clientSessionIdleTimeout",
  clientMaxSeconds: "clientSessionMaxLifespan",
};

const loginFields: Record<keyof LoginSettings, Field> = {
  registration: "registrationAllowed",
  rememberMe: "rememberMe",
  resetPassword: "resetPasswordAllowed",
  verifyEmail: "verifyEmail",
  withEmail: "loginWithEmailAllowed",
  duplicateEmails: "duplicateEmailsAllowed",
  emailAsUsername: "registrationEmailAsUsername",
  editUsername: "editUsernameAllowed",
};

const bruteForceFields: Record<keyof BruteForceSettings, Field> = {
  enabled: "bruteForceProtected",
  permanent: "permanentLockout",
  failures: "failureFactor",
  waitSeconds: "waitIncrementSeconds",
  maxWaitSeconds: "maxFailureWaitSeconds",
  resetSeconds: "maxDeltaTimeSeconds",
  quickLoginMilliseconds: "quickLoginCheckMilliSeconds",
  quickLoginWaitSeconds: "minimumQuickLoginWaitSeconds",
};

const themeFields: Record<keyof NonNullable<RealmSettings["themes"]>, Field> = {
  login: "loginTheme",
  account: "accountTheme",
  admin: "adminTheme",
  email: "emailTheme",
};

const eventFields: Record<keyof EventSettings, Field> = {
  save: "eventsEnabled",
  types: "enabledEventTypes",
  expirationSeconds: "eventsExpiration",
  listeners: "eventsListeners",
  saveAdmin: "adminEventsEnabled",
  adminDetails: "adminEventsDetailsEnabled",
};

const bindingFields: Record<keyof FlowBindings, string> = {
  browser: "browserFlow",
  directGrant: "directGrantFlow",
  registration: "registrationFlow",
  resetCredentials: "resetCredentialsFlow",
  clientAuthentication: "clientAuthenticationFlow",
  firstBrokerLogin: "firstBrokerLoginFlow",
};

/** Settings as fields of a representation. Attributes and headers of `base` stay beside them. */
export function settingsDraft(settings: RealmSettings, base: RealmDraft): RealmDraft {
  const { displayName, enabled, sslRequired, passwordPolicy, smtp, locales, bruteForce } = settings;
  return {
    ...defined({ displayName, enabled, sslRequired, passwordPolicy }),
    ...renamed(settings.tokens, tokenFields),
    ...renamed(settings.sessions, sessionFields),
    ...(settings.sessions?.offlineMaxSeconds !== undefined && { offlineSessionMaxLifespanEnabled: true }),
    ...renamed(settings.login, loginFields),
    ...renamed(bruteForce && { enabled: true, ...bruteForce }, bruteForceFields),
    ...renamed(settings.themes, themeFields),
    ...renamed(settings.events, eventFields),
    ...flowFields(settings.bindings),
    ...(locales && {
      internationalizationEnabled: true,
      supportedLocales: [...locales.supported],
      defaultLocale: locales.default,
    }),
    ...(smtp && { smtpServer: smtpFields(smtp) }),
    ...(settings.securityHeaders && {
      browserSecurityHeaders: { ...base.browserSecurityHeaders, ...settings.securityHeaders },
    }),
    ...(settings.attributes && { attributes: { ...base.attributes, ...settings.attributes } }),
  } as RealmDraft;
}

export function flowFields(bindings: FlowBindings = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(bindings).flatMap(([name, flow]) =>
      flow === undefined ? [] : [[bindingFields[name as keyof FlowBindings], flowAlias(flow)]],
    ),
  );
}

function renamed<Settings extends object>(
  settings: Settings | undefined,
  fields: Record<keyof Settings & string, string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[fields[name as keyof Settings & string], value]],
    ),
  );
}

const smtpPort = { none: 25, starttls: 587, tls: 465 } as const;

function smtpFields(smtp: SmtpServer): Record<string, string | Secret> {
  const { security = "starttls", login, host, from, fromDisplayName, replyTo, envelopeFrom } = smtp;
  const config: SecretConfig = {
    host,
    port: smtp.port ?? smtpPort[security],
    from,
    fromDisplayName,
    replyTo,
    envelopeFrom,
    starttls: security === "starttls",
    ssl: security === "tls",
    auth: login !== undefined,
    user: login?.user,
    password: login?.password,
  };
  return configTexts(config);
}
