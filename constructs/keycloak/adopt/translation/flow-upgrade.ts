import type { Editable } from "../export/representation-objects";

/**
 * Before release 8.0.2 a flow might have alternatives beside steps that are required: they go into flows of their own, since
 * newer releases would skip them.
 */
export function separateAlternatives(realm: Editable): string | undefined {
  const flows = (realm.authenticationFlows ?? []) as Editable[];
  const made = flows.flatMap(separated);
  if (made.length === 0) return undefined;
  realm.authenticationFlows = [...flows, ...made];
  return `flows for alternatives beside required steps: ${made.map(({ alias }) => alias).join(", ")}`;
}

/** Changes a flow whose steps are mixed. @returns the flows that took its alternatives */
function separated(flow: Editable): Editable[] {
  const steps = ((flow.authenticationExecutions ?? []) as Editable[]).toSorted(
    (a, b) => Number(a.priority ?? 0) - Number(b.priority ?? 0),
  );
  const isRequired = ({ requirement }: Editable) =>
    requirement === "REQUIRED" || requirement === "CONDITIONAL";
  const isAlternative = ({ requirement }: Editable) => requirement === "ALTERNATIVE";
  if (!steps.some(isRequired) || !steps.some(isAlternative)) return [];
  const made: Editable[] = [];
  const left: Editable[] = [];
  let waiting: Editable[] = [];
  const close = () => {
    if (waiting.length === 0) return;
    const alias = `${flow.alias} - Alternatives - ${made.length}`;
    made.push({
      alias,
      description: `Subflow of ${flow.alias} with alternative executions`,
      providerId: "basic-flow",
      topLevel: false,
      builtIn: flow.builtIn ?? false,
      authenticationExecutions: waiting.map((step, index) => ({ ...step, priority: (index + 1) * 10 })),
    });
    left.push({
      flowAlias: alias,
      requirement: "REQUIRED",
      priority: waiting[0]?.priority,
      authenticatorFlow: true,
    });
    waiting = [];
  };
  for (const step of steps) {
    if (isAlternative(step)) waiting.push(step);
    else {
      if (isRequired(step)) close();
      left.push(step);
    }
  }
  close();
  flow.authenticationExecutions = left;
  return made;
}
