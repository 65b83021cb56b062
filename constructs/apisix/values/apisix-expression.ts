import { Secret } from "../../workload/secret";
import { addressProblems } from "./address";
import { type ApisixProblem, type ConfigValue, isList, refused } from "./apisix-value";
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

/** What is wrong with an expression, as lua-resty-expr compiles it. APISIX drops the whole object for most of it. */
export function expressionProblems(expression: ConfigValue | undefined, at: string): ApisixProblem[] {
  if (!isList(expression) || expression.length === 0) return [];
  const [first] = expression;
  if (isNested(first) || isLogic(first)) return conditionProblems(expression, at);
  return refused([
    {
      at,
      what: "a list of comparisons is expected",
      got: expression,
      fix: 'Write [["variable", "==", "value"]]',
    },
  ]);
}

function conditionProblems(condition: ConfigValue, at: string): ApisixProblem[] {
  if (!isList(condition) || condition.length === 0) {
    return refused([
      { at, what: "not a comparison", got: condition, allowed: "[variable, operator, value]" },
    ]);
  }
  const [first, ...rest] = condition;
  if (isNested(first)) {
    return condition.flatMap((item, index) => conditionProblems(item, `${at}.${index}`));
  }
  if (!isLogic(first)) return comparisonProblems(condition, at);
  return rest.length < 2
    ? refused([{ at, what: `${first} needs two conditions or more`, got: condition }])
    : rest.flatMap((item, index) => conditionProblems(item, `${at}.${index + 1}`));
}

function comparisonProblems(comparison: readonly ConfigValue[], at: string): ApisixProblem[] {
  const [variable] = comparison;
  if (typeof variable !== "string") {
    const why =
      typeof variable === "number"
        ? "the requests that it is for get 500, or no answer"
        : "APISIX stops at it, and takes no object of this list";
    return refused([{ at, what: "a variable is named by a text", got: variable, why }]);
  }
  const isNegated = comparison.length === 4;
  const [operator, value] = isNegated ? comparison.slice(2) : comparison.slice(1);
  const isOperator = typeof operator === "string" && operators.includes(operator.toLowerCase());
  const allowed = '[variable, operator, value], or [variable, "!", operator, value]';
  if (comparison.length === 2 && isOperator) {
    return [{ at, what: "not a comparison: it has no value", got: comparison, allowed }];
  }
  // The older form, [variable, value]: they must be equal.
  if (comparison.length === 2 && (typeof operator === "string" || typeof operator === "number")) {
    return /[A-Z]/.test(`${operator}`)
      ? [{ at, what: "it never holds: APISIX puts the value into lower case", got: comparison, allowed }]
      : [];
  }
  if (comparison.length === 1 || (isNegated && comparison[1] !== "!")) {
    return refused([{ at, what: "not a comparison", got: comparison, allowed }]);
  }
  if (!isOperator) return refused([{ at, what: "not an operator", got: operator, allowed: operators }]);
  if (operator.toLowerCase() === "ipmatch") return refused(addressListProblems(value, at));
  // Not refused: it never matches.
  return operator === "~~" || operator === "~*" ? regexProblems(value, at) : [];
}

function addressListProblems(value: ConfigValue | undefined, at: string): ApisixProblem[] {
  const addresses = isList(value) ? value : [value];
  return addresses.length === 0
    ? [{ at, what: "no address" }]
    : addresses.flatMap((address) => addressProblems(address, at));
}

/** To Lua, a map and a list are the same. */
function isNested(value: ConfigValue | undefined): boolean {
  return typeof value === "object" && !(value instanceof Secret);
}

function isLogic(value: ConfigValue | undefined): value is string {
  return typeof value === "string" && /^!?(?:and|or)$/i.test(value);
}
