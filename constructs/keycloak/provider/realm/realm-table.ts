import { isEmpty } from "../../compare/values";
import { duration, emptyToNone, lower, text } from "../mapping/conversions";
import { type FieldMapping, type JsonMap, sameNames } from "../mapping/field-mapping";

const seconds = (...names: string[]): FieldMapping[] =>
  names.map((name) => ({ at: name, to: name, as: duration }));
const filled = (value: unknown) => !isEmpty(value);

/** Fields of one block, whose attributes are called otherwise. */
function block(
  to: string,
  names: Readonly<Record<string, string>>,
  common: Omit<FieldMapping, "at" | "to"> = {},
): FieldMapping[] {
  return Object.entries(names).map(([at, name]) => ({ ...common, at, to: `${to}.${name}` }) as FieldMapping);
}

const isProtected = (_: unknown, { bruteForceProtected }: JsonMap) => bruteForceProtected === true;
const isLocalized = (_: unknown, { internationalizationEnabled }: JsonMap) =>
  internationalizationEnabled === true;
const sendsMail = (_: unknown, { smtpServer }: JsonMap) =>
  ["host", "from"].every((key) => !isEmpty((smtpServer as JsonMap | undefined)?.[key]));
const logsIn = (value: unknown, realm: JsonMap) => sendsMail(value, realm) && smtpAuth(realm) === "true";

function smtpAuth({ smtpServer }: JsonMap): string {
  return String((smtpServer as JsonMap | undefined)?.auth ?? "false");
}

const webAuthn = {
  RpEntityName: "relyingPartyEntityName",
  RpId: "relyingPartyId",
  SignatureAlgorithms: "signatureAlgorithms",
  AttestationConveyancePreference: "attestationConveyancePreference",
  AuthenticatorAttachment: "authenticatorAttachment",
  RequireResidentKey: "requireResidentKey",
  ResidentKey: "discoverableCredential",
  UserVerificationRequirement: "userVerificationRequirement",
  CreateTimeout: "createTimeout",
  AvoidSameAuthenticatorRegister: "avoidSameAuthenticatorRegister",
  AcceptableAaguids: "acceptableAaguids",
  ExtraOrigins: "extraOrigins",
};
const prefixed = (prefix: string) =>
  Object.fromEntries(Object.entries(webAuthn).map(([name, to]) => [prefix + name, to]));

/** keycloak_realm. */
export const realmTable: readonly FieldMapping[] = [
  ...sameNames("realm", "enabled", "displayName", "displayNameHtml"),
  { at: "userManagedAccessAllowed", to: "userManagedAccess" },
  ...sameNames("organizationsEnabled", "adminPermissionsEnabled"),
  ...sameNames(
    "registrationAllowed",
    "registrationEmailAsUsername",
    "editUsernameAllowed",
    "resetPasswordAllowed",
  ),
  ...sameNames("rememberMe", "verifyEmail", "loginWithEmailAllowed", "duplicateEmailsAllowed"),
  { at: "sslRequired", to: "sslRequired", as: lower },
  ...sameNames("loginTheme", "accountTheme", "adminTheme", "emailTheme"),
  ...sameNames("defaultSignatureAlgorithm", "revokeRefreshToken", "refreshTokenMaxReuse", "passwordPolicy"),
  ...seconds("ssoSessionIdleTimeout", "ssoSessionMaxLifespan"),
  ...seconds("ssoSessionIdleTimeoutRememberMe", "ssoSessionMaxLifespanRememberMe"),
  ...seconds("offlineSessionIdleTimeout", "offlineSessionMaxLifespan"),
  ...sameNames("offlineSessionMaxLifespanEnabled"),
  ...seconds("clientSessionIdleTimeout", "clientSessionMaxLifespan"),
  ...seconds("accessTokenLifespan", "accessTokenLifespanForImplicitFlow"),
  ...seconds("accessCodeLifespan", "accessCodeLifespanLogin", "accessCodeLifespanUserAction"),
  ...seconds("actionTokenGeneratedByUserLifespan", "actionTokenGeneratedByAdminLifespan"),
  ...seconds("oauth2DeviceCodeLifespan"),
  ...sameNames("oauth2DevicePollingInterval"),
  // The provider has no attributes of their own for these; Keycloak takes them as attributes of the realm too.
  ...["clientOfflineSessionIdleTimeout", "clientOfflineSessionMaxLifespan"].map(
    (name): FieldMapping => ({ at: name, to: `attributes.${name}`, as: text, when: filled }),
  ),
  { at: "attributes/oauth2DeviceCodeLifespan", is: "default", why: "the realm's own field says it" },
  { at: "attributes/oauth2DevicePollingInterval", is: "default", why: "the realm's own field says it" },
  { at: "attributes/realmReusableOtpCode", is: "default", why: "otpPolicyCodeReusable says it" },
  { at: "attributes", to: "attributes" },

  { at: "internationalizationEnabled", is: "translated", why: "it is there when its locales are" },
  { at: "supportedLocales", to: "internationalization.supportedLocales", when: isLocalized },
  { at: "defaultLocale", to: "internationalization.defaultLocale", when: isLocalized },

  { at: "bruteForceProtected", is: "translated", why: "it is there when its settings are" },
  ...block(
    "securityDefenses.bruteForceDetection",
    {
      permanentLockout: "permanentLockout",
      maxTemporaryLockouts: "maxTemporaryLockouts",
      bruteForceStrategy: "bruteForceStrategy",
      failureFactor: "maxLoginFailures",
      waitIncrementSeconds: "waitIncrementSeconds",
      quickLoginCheckMilliSeconds: "quickLoginCheckMilliSeconds",
      minimumQuickLoginWaitSeconds: "minimumQuickLoginWaitSeconds",
      maxFailureWaitSeconds: "maxFailureWaitSeconds",
      maxDeltaTimeSeconds: "failureResetTimeSeconds",
    },
    { when: isProtected },
  ),
  ...block("securityDefenses.headers", {
    "browserSecurityHeaders/contentSecurityPolicy": "contentSecurityPolicy",
    "browserSecurityHeaders/contentSecurityPolicyReportOnly": "contentSecurityPolicyReportOnly",
    "browserSecurityHeaders/strictTransportSecurity": "strictTransportSecurity",
    "browserSecurityHeaders/xContentTypeOptions": "xContentTypeOptions",
    "browserSecurityHeaders/xFrameOptions": "xFrameOptions",
    "browserSecurityHeaders/xRobotsTag": "xRobotsTag",
    "browserSecurityHeaders/xXSSProtection": "xXssProtection",
    "browserSecurityHeaders/referrerPolicy": "referrerPolicy",
  }),

  ...["starttls", "ssl", "allowutf8"].map(
    (name): FieldMapping => ({
      at: `smtpServer/${name}`,
      to: `smtpServer.${name === "allowutf8" ? "allowUtf8" : name}`,
      as: (value) => String(value) === "true",
      when: sendsMail,
    }),
  ),
  ...["host", "port", "from", "fromDisplayName", "replyTo", "replyToDisplayName", "envelopeFrom"].map(
    (name): FieldMapping => ({
      at: `smtpServer/${name}`,
      to: `smtpServer.${name}`,
      as: (value) => emptyToNone(String(value)),
      when: sendsMail,
    }),
  ),
  { at: "smtpServer/auth", is: "translated", why: "it is there when its user is" },
  {
    at: "smtpServer/authType",
    is: "translated",
    why: "basic, as its user tells",
    when: (type) => type !== "token",
  },
  { at: "smtpServer/user", to: "smtpServer.auth.username", when: logsIn },
  {
    at: "smtpServer/password",
    is: "translated",
    why: "set by a program, so that no state holds it",
    when: logsIn,
  },

  ...block("otpPolicy", {
    otpPolicyType: "type",
    otpPolicyAlgorithm: "algorithm",
    otpPolicyDigits: "digits",
    otpPolicyInitialCounter: "initialCounter",
    otpPolicyLookAheadWindow: "lookAheadWindow",
    otpPolicyPeriod: "period",
    otpPolicyCodeReusable: "codeReusable",
  }),
  // Deprecated by Keycloak for the discoverable credential.
  ...["webAuthnPolicy", "webAuthnPolicyPasswordless"].map(
    (prefix): FieldMapping => ({
      at: `${prefix}RequireResidentKey`,
      is: "default",
      why: "the policy about discoverable credentials says it",
      when: (value) => value === "not specified",
    }),
  ),
  ...block("webAuthnPolicy", prefixed("webAuthnPolicy")),
  ...block("webAuthnPasswordlessPolicy", {
    ...prefixed("webAuthnPolicyPasswordless"),
    webAuthnPolicyPasswordlessPasskeysEnabled: "passwordlessPasskeysEnabled",
  }),

  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "keycloakVersion", is: "default", why: "it tells where the export is from" },
  { at: "notBefore", is: "default", why: "it is state, not configuration" },
  { at: "requiredCredentials", is: "default", why: "Keycloak no longer reads it" },
  { at: "otpSupportedApplications", is: "default", why: "it follows from the OTP policy" },
  { at: "defaultRole", is: "default", why: "Keycloak makes it; its composites are among the roles" },
];

/** keycloak_realm_events. */
export const eventsTable: readonly FieldMapping[] = [
  ...sameNames("eventsEnabled", "eventsExpiration", "eventsListeners", "enabledEventTypes"),
  ...sameNames("adminEventsEnabled", "adminEventsDetailsEnabled"),
];
