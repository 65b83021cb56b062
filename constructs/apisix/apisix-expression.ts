import { type ConfigValue, type InnerProblem, isList } from "./apisix-value";
import { regexProblems } from "./plugin-regex";

type Operand = string | number | boolean | readonly (string | number | boolean)[];
type Operator = "==" | "~=" | ">" | ">=" | "<" | "<=" | "~~" | "~*" | "in" | "has" | "ipmatch";

/** A comparison with a variable of nginx or APISIX, as `["arg_name", "==", "json"]`; `!` turns it round. */
export type Comparison =
  | readonly [variable: string, operator: Operator, value: Operand]
  | readonly [variable: string, not: "!", operator: Operator, value: Operand];

/** Comparisons that must all hold, or combined as `["OR", […], […]]`. https://github.com/api7/lua-resty-expr */
export type Expression =
  | readonly Condition[]
  | readonly ["AND" | "OR" | "!AND" | "!OR", Condition, Condition, ...Condition[]];

export type Condition =
  | Comparison
  | readonly ["AND" | "OR" | "!AND" | "!OR", Condition, Condition, ...Condition[]];

const operators = ["==", "~=", ">", ">=", "<", "<=", "~~", "~*", "in", "has", "ipmatch"];

/** What is wrong with an expression. APISIX drops a whole route for it, with a line in its log. */
export function expressionProblems(expression: ConfigValue | undefined, at: string): InnerProblem[] {
  if (!isList(expression) || expression.length === 0) return [];
  if (isList(expression[0]))
    return expression.flatMap((item, index) => conditionProblems(item, `${at}.${index}`));
  if (isLogic(expression[0])) return conditionProblems(expression, at);
  return [
    {
      at,
      what: "a list of comparisons is expected",
      got: expression,
      fix: 'Write [["variable", "==", "value"]]',
    },
  ];
}

function conditionProblems(condition: ConfigValue, at: string): InnerProblem[] {
  if (!isList(condition)) return [{ at, what: "not a comparison", got: condition }];
  if (isLogic(condition[0])) {
    return condition.length < 3
      ? [{ at, what: `${condition[0]} needs two conditions or more`, got: condition }]
      : condition.slice(1).flatMap((item, index) => conditionProblems(item, `${at}.${index + 1}`));
  }
  const [variable, ...rest] = condition;
  const [operator, value] = rest[0] === "!" ? rest.slice(1) : rest;
  if (typeof variable !== "string" || rest.length !== (rest[0] === "!" ? 3 : 2)) {
    return [{ at, what: "not a comparison", got: condition, allowed: "[variable, operator, value]" }];
  }
  if (typeof operator !== "string" || !operators.includes(operator.toLowerCase())) {
    return [{ at, what: "not an operator", got: operator, allowed: operators }];
  }
  return operator.startsWith("~") && operator !== "~=" ? regexProblems(value, at) : [];
}

function isLogic(value: ConfigValue | undefined): value is string {
  return typeof value === "string" && /^!?(?:and|or)$/i.test(value);
}
