import type { Construct } from "constructs";
import { KitError, type Problem } from "../../kit/errors";
import { terraformTokens } from "./terraform-token";

/**
 * One thing that must hold for props. `check` gives the problem, without its place, or undefined; the place is the
 * construct's path and the prop's name.
 */
export interface Rule<Props> {
  readonly prop: keyof Props & string;
  readonly check: (props: Props) => Omit<Problem, "where"> | undefined;
}

/**
 * Checks all rules and reports every broken one at once, with the construct's path.
 *
 * @param atApply props that may hold what only Terraform will know
 * @throws KitError
 */
export function checkProps<Props extends object>(
  scope: Construct,
  props: Props,
  rules: readonly Rule<Props>[],
  atApply: readonly (keyof Props & string)[] = [],
): void {
  const unknown = Object.entries(props)
    .filter(([prop]) => !atApply.includes(prop as keyof Props & string))
    .flatMap(([prop, value]) => terraformTokens(scope, value, `${scope.node.path}.${prop}`));
  const problems =
    unknown.length > 0
      ? unknown
      : rules.flatMap(({ prop, check }) => {
          const problem = check(props);
          return problem ? [{ where: `${scope.node.path}.${prop}`, ...problem }] : [];
        });
  if (problems.length > 0) {
    throw new KitError(`${scope.constructor.name} ${scope.node.path} cannot be built`, problems);
  }
}
