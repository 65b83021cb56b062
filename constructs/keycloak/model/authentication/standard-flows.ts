import type { RealmDraft } from "../object/representation";
import { addFlow, type FlowStep, type Requirement } from "./authentication-flow";

const step = (requirement: Requirement, authenticator: string): FlowStep => ({ authenticator, requirement });
const required = (authenticator: string) => step("REQUIRED", authenticator);
const alternative = (authenticator: string) => step("ALTERNATIVE", authenticator);
const disabled = (authenticator: string) => step("DISABLED", authenticator);

const flow = (
  requirement: Requirement,
  subFlow: string,
  description: string,
  steps: readonly FlowStep[],
): FlowStep => ({ subFlow, requirement, description, steps });

const configured = (
  authenticator: string,
  requirement: Requirement,
  configAlias: string,
  config: Record<string, string>,
): FlowStep => ({ authenticator, requirement, configAlias, config });

const secondFactors = (prefix: string): FlowStep[] => [
  required("conditional-user-configured"),
  configured("conditional-credential", "REQUIRED", `${prefix}-conditional-credential`, {
    credentials: "webauthn-passwordless",
  }),
  alternative("auth-otp-form"),
  disabled("webauthn-authenticator"),
  disabled("auth-recovery-authn-code-form"),
];
const isSecondFactorNeeded = "Flow to determine if any 2FA is required for the authentication";

interface StandardFlow {
  readonly alias: string;
  readonly description: string;
  readonly clients?: boolean;
  readonly steps: readonly FlowStep[];
}

/** What Keycloak 26.7 gives a realm that names no flow, as an export shows it. */
const standardFlows: readonly StandardFlow[] = [
  {
    alias: "browser",
    description: "Browser based authentication",
    steps: [
      alternative("auth-cookie"),
      disabled("auth-spnego"),
      alternative("identity-provider-redirector"),
      flow("ALTERNATIVE", "forms", "Username, password, otp and other auth forms.", [
        required("auth-username-password-form"),
        flow("CONDITIONAL", "Browser - Conditional 2FA", isSecondFactorNeeded, secondFactors("browser")),
      ]),
    ],
  },
  {
    alias: "direct grant",
    description: "OpenID Connect Resource Owner Grant",
    steps: [
      required("direct-grant-validate-username"),
      required("direct-grant-validate-password"),
      flow(
        "CONDITIONAL",
        "Direct Grant - Conditional OTP",
        "Flow to determine if the OTP is required for the authentication",
        [required("conditional-user-configured"), required("direct-grant-validate-otp")],
      ),
    ],
  },
  {
    alias: "registration",
    description: "Registration flow",
    steps: [
      {
        subFlow: "registration form",
        description: "Registration form",
        requirement: "REQUIRED",
        form: "registration-page-form",
        steps: [
          required("registration-user-creation"),
          required("registration-password-action"),
          disabled("registration-recaptcha-action"),
          disabled("registration-terms-and-conditions"),
        ],
      },
    ],
  },
  {
    alias: "reset credentials",
    description: "Reset credentials for a user if they forgot their password or something",
    steps: [
      required("reset-credentials-choose-user"),
      required("reset-credential-email"),
      required("reset-password"),
      flow(
        "CONDITIONAL",
        "Reset - Conditional OTP",
        "Flow to determine if the OTP should be reset or not. Set to REQUIRED to force.",
        [required("conditional-user-configured"), required("reset-otp")],
      ),
    ],
  },
  {
    alias: "clients",
    description: "Base authentication for clients",
    clients: true,
    steps: ["client-secret", "client-jwt", "client-secret-jwt", "client-x509", "federated-jwt"].map(
      alternative,
    ),
  },
  {
    alias: "first broker login",
    description:
      "Actions taken after first broker login with identity provider account, which is not yet linked to any Keycloak account",
    steps: [
      configured("idp-review-profile", "REQUIRED", "review profile config", {
        "update.profile.on.first.login": "missing",
      }),
      flow("REQUIRED", "User creation or linking", "Flow for the existing/non-existing user alternatives", [
        configured("idp-create-user-if-unique", "ALTERNATIVE", "create unique user config", {
          "require.password.update.after.registration": "false",
        }),
        flow(
          "ALTERNATIVE",
          "Handle Existing Account",
          "Handle what to do if there is existing account with same email/username like authenticated identity provider",
          [
            required("idp-confirm-link"),
            flow(
              "REQUIRED",
              "Account verification options",
              "Method with which to verify the existing account",
              [
                alternative("idp-email-verification"),
                flow(
                  "ALTERNATIVE",
                  "Verify Existing Account by Re-authentication",
                  "Reauthentication of existing account",
                  [
                    required("idp-username-password-form"),
                    flow(
                      "CONDITIONAL",
                      "First broker login - Conditional 2FA",
                      isSecondFactorNeeded,
                      secondFactors("first-broker-login"),
                    ),
                  ],
                ),
              ],
            ),
          ],
        ),
      ]),
    ],
  },
  {
    alias: "docker auth",
    description: "Used by Docker clients to authenticate against the IDP",
    steps: [required("docker-http-basic-authenticator")],
  },
  {
    alias: "saml ecp",
    description: "SAML ECP Profile Authentication Flow",
    steps: [required("http-basic-authenticator")],
  },
];

/** Keycloak's own flows: an import with any flow has only those that it names, and fails without these. */
export function addStandardFlows(realm: RealmDraft): void {
  for (const standard of standardFlows) addFlow(realm, { ...standard, topLevel: true, builtIn: true });
}

/** Names of Keycloak's own flows, those inside others too. */
export const standardFlowAliases: readonly string[] = (() => {
  const realm: RealmDraft = {};
  addStandardFlows(realm);
  return (realm.authenticationFlows ?? []).map(({ alias }) => alias);
})();
