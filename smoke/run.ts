import { createHttp } from "./clients/http";
import { explainFromLogs } from "./explain";
import { createRedact } from "./redact";
import { certificatesTaken } from "./steps/certificates-taken";
import { createContext } from "./steps/context";
import { exposureSteps } from "./steps/exposure";
import { identitySteps } from "./steps/identity";
import { imapBodySteps } from "./steps/imap-bodies";
import { basicJmapSteps, jmapSteps } from "./steps/jmap";
import { logoutSteps } from "./steps/logout";
import { basicMailSteps, mailSteps } from "./steps/mail";
import { otherRealmSteps } from "./steps/other-realm";
import { createPlan, type Explain, type StepResult } from "./steps/plan";
import { refusalSteps } from "./steps/refusals";
import { sieveSteps } from "./steps/sieve";
import type { SmokeTarget } from "./steps/target";
import { tlsSteps } from "./steps/tls";

export interface SmokeReport {
  /** Whether every step that was not left out on purpose succeeded. */
  readonly ok: boolean;
  /** Milliseconds from the first step's start to the last one's end. */
  readonly ms: number;
  readonly steps: readonly StepResult[];
}

export interface SmokeOptions {
  /** Told of every step in a fixed order, as soon as it and those before it have ended. */
  readonly onStep?: (result: StepResult) => void;
  /** Where the lines that explain a failure come from. @default the target's container logs */
  readonly explain?: Explain;
}

/**
 * Uses a deployed platform as its clients would: single sign-on, JMAP, IMAP, SMTP, ManageSieve, what must be refused,
 * and single logout. Steps that do not need each other run at the same time. A failed step never throws: it is reported
 * with the log lines of the service that explains it. What the test makes on the platform it removes.
 *
 * No secret and no token is in the report.
 */
export async function runSmoke(target: SmokeTarget, options: SmokeOptions = {}): Promise<SmokeReport> {
  const redact = createRedact(secretsOf(target));
  const http = createHttp(target);
  const context = createContext(target, http);
  const plan = createPlan();

  const identity = identitySteps(plan, context);
  const session = jmapSteps(plan, context, identity.tokens);
  mailSteps(plan, context, identity.tokens, session);
  sieveSteps(plan, context, identity.tokens);
  basicJmapSteps(plan, context);
  imapBodySteps(plan, context, identity.tokens);
  basicMailSteps(plan, context);
  tlsSteps(plan, context, identity.tokens);
  refusalSteps(plan, context, identity.tokens);
  otherRealmSteps(plan, context);
  exposureSteps(plan, context);
  logoutSteps(plan, context, identity);

  await certificatesTaken(target);
  const start = performance.now();
  const steps: StepResult[] = [];
  try {
    await plan.run({
      explain: options.explain ?? explainFromLogs(target, redact),
      onStep: (result) => {
        const shown = redactResult(result, redact);
        steps.push(shown);
        options.onStep?.(shown);
      },
    });
  } finally {
    await http.close();
  }
  return { ok: steps.every(({ ok }) => ok), ms: Math.round(performance.now() - start), steps };
}

function secretsOf({ user, passwordClient, codeClient, stranger }: SmokeTarget) {
  return [
    ...[user?.password, passwordClient?.clientSecret, codeClient.clientSecret],
    ...[stranger?.user.password, stranger?.codeClient.clientSecret],
  ].filter((secret) => secret !== undefined);
}

/** Servers quote what they were sent, in errors and in logs. */
function redactResult(result: StepResult, redact: (text: string) => string): StepResult {
  return {
    ...result,
    ...(result.detail && { detail: redact(result.detail) }),
    ...(result.error && { error: redact(result.error) }),
    ...(result.log && { log: result.log.map(redact) }),
  };
}
