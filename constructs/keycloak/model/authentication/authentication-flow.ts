import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import { type InnerProblem, RealmObject, realmOf } from "../object/realm-object";
import type { IAuthenticationFlow } from "../object/references";
import type { RealmDraft } from "../object/representation";

/**
 * - `REQUIRED`: must succeed
 * - `ALTERNATIVE`: one of them must, where none is required
 * - `CONDITIONAL`: a sub-flow that is entered when its conditions hold
 * - `DISABLED`: left out
 */
export type Requirement = "REQUIRED" | "ALTERNATIVE" | "CONDITIONAL" | "DISABLED";

/** Something that is asked or checked. */
export interface Execution {
  /** Id of its provider, as `auth-cookie` or `auth-username-password-form`. */
  readonly authenticator: string;
  readonly requirement: Requirement;
  /** @default none */
  readonly config?: Readonly<Record<string, string>>;
  /** Name of `config`, unique in the realm. @default flow and authenticator */
  readonly configAlias?: string;
}

/** Steps that count as one. */
export interface SubFlow {
  /** Its name, unique in the realm. */
  readonly subFlow: string;
  readonly requirement: Requirement;
  readonly steps: readonly FlowStep[];
  /** @default none */
  readonly description?: string;
  /** Provider of the page, when the steps are parts of one form, as `registration-page-form`. @default none */
  readonly form?: string;
}

export type FlowStep = Execution | SubFlow;

export interface AuthenticationFlowProps {
  /** @default the construct's id */
  readonly alias?: string;
  /** @default none */
  readonly description?: string;
  /** In the order in which they are taken. */
  readonly steps: readonly FlowStep[];
  /** Whether it authenticates clients. @default false: people */
  readonly clients?: boolean;
}

/**
 * A flow of authentication. `realm.bindFlows()` puts it to use.
 * https://www.keycloak.org/docs/latest/server_admin/#_authentication-flows
 */
export class AuthenticationFlow extends RealmObject implements IAuthenticationFlow {
  readonly kind = "flow";
  readonly alias: string;

  constructor(
    scope: Construct,
    id: string,
    readonly props: AuthenticationFlowProps,
  ) {
    super(scope, id);
    this.alias = props.alias ?? id;
  }

  /** A flow that exists, as Keycloak's own `browser`. */
  static fromAlias(scope: Construct, alias: string): IAuthenticationFlow {
    return { alias, realm: realmOf(scope) ?? scope };
  }

  get objectName(): string {
    return this.alias;
  }

  addTo(realm: RealmDraft): void {
    addFlow(realm, { ...this.props, alias: this.alias, topLevel: true, builtIn: false });
  }

  override problems(): InnerProblem[] {
    return [...wrongSteps(this.props.steps, "steps"), ...sameConfigs(this.alias, this.props.steps)];
  }
}

/** A configuration is found by its name: of two, one would be lost. */
function sameConfigs(flow: string, steps: readonly FlowStep[]): InnerProblem[] {
  const aliases = configAliases(flow, steps);
  return [...new Set(aliases.filter((alias, index) => aliases.indexOf(alias) < index))].map((got) => ({
    at: "steps",
    what: "two steps have configurations of one name",
    got,
    fix: "Give one of them a configAlias",
  }));
}

function configAliases(flow: string, steps: readonly FlowStep[]): string[] {
  return steps.flatMap((step) => {
    if ("subFlow" in step) return configAliases(step.subFlow, step.steps);
    return step.config ? [configAlias(flow, step)] : [];
  });
}

function wrongSteps(steps: readonly FlowStep[], at: string): InnerProblem[] {
  const empty = steps.length === 0 ? [{ at, what: "the flow has no step: nobody could get through" }] : [];
  const wrong = steps.flatMap((step, index): InnerProblem[] => {
    const here = `${at}.${index}`;
    if ("subFlow" in step) return wrongSteps(step.steps, `${here}.steps`);
    if (step.requirement !== "CONDITIONAL") return [];
    return [
      {
        at: `${here}.requirement`,
        what: "only a sub-flow is conditional",
        got: step.authenticator,
        fix: "Put it into a conditional sub-flow",
      },
    ];
  });
  return [...empty, ...wrong];
}

interface Flow {
  readonly alias: string;
  readonly description?: string;
  readonly steps: readonly FlowStep[];
  readonly clients?: boolean;
  readonly form?: string;
  readonly topLevel: boolean;
  readonly builtIn: boolean;
}

/** Adds a flow, then the flows inside it. */
export function addFlow(realm: RealmDraft, flow: Flow): void {
  const { alias, description, steps, clients, form, topLevel, builtIn } = flow;
  const providerId = form === undefined ? (clients ? "client-flow" : "basic-flow") : "form-flow";
  realm.authenticationFlows = [
    ...(realm.authenticationFlows ?? []),
    {
      alias,
      ...defined({ description }),
      providerId,
      topLevel,
      builtIn,
      authenticationExecutions: steps.map((step, index) => ({
        requirement: step.requirement,
        priority: 10 * (index + 1),
        userSetupAllowed: false,
        ...("subFlow" in step
          ? {
              authenticatorFlow: true,
              flowAlias: step.subFlow,
              ...defined({ authenticator: step.form }),
            }
          : {
              authenticatorFlow: false,
              authenticator: step.authenticator,
              ...defined({ authenticatorConfig: step.config && configAlias(alias, step) }),
            }),
      })),
    },
  ];
  for (const step of steps) {
    if ("subFlow" in step) {
      const { subFlow, ...inner } = step;
      addFlow(realm, { ...inner, alias: subFlow, topLevel: false, builtIn, ...(clients && { clients }) });
    } else if (step.config) {
      const config = { alias: configAlias(alias, step), config: { ...step.config } };
      realm.authenticatorConfig = [...(realm.authenticatorConfig ?? []), config];
    }
  }
}

function configAlias(flow: string, { configAlias: given, authenticator }: Execution): string {
  return given ?? `${flow} ${authenticator}`;
}
