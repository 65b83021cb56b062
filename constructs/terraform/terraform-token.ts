import type { Construct } from "constructs";
import type { Problem } from "../../kit/errors";
import { isObject } from "../../kit/json";
import { DefaultTokenResolver, StringConcat, Token, Tokenization } from "./cdk";

/** How CDK for Terraform writes down, in text, what only Terraform will know. */
export const stringToken = /\$\{TfToken\[[\w.-]+\]\}/;

/**
 * A problem for each value that only Terraform will know, at any depth of plain data: a variable, an attribute of another
 * resource. Constructs are not looked into.
 *
 * @param where of `value`
 */
export function terraformTokens(scope: Construct, value: unknown, where: string): Problem[] {
  if (isToken(value)) {
    return [
      {
        what: "only Terraform will know this, and it is needed at synthesis",
        where,
        got: resolved(scope, value),
        allowed: "a value",
        fix: "Read it before, as from a variable of the environment or a file.",
      },
    ];
  }
  const inside = Array.isArray(value) || isPlain(value) ? Object.entries(value) : [];
  return inside.flatMap(([key, item]) =>
    terraformTokens(scope, item, Array.isArray(value) ? `${where}[${key}]` : `${where}.${key}`),
  );
}

/** With Terraform's own expression, as `${var.host}`, in the place of each token. */
export function resolved<T>(scope: Construct, value: T): T {
  return Tokenization.resolve(value, {
    scope,
    resolver: new DefaultTokenResolver(new StringConcat()),
    preparing: false,
  });
}

function isToken(value: unknown): boolean {
  if (typeof value === "string") return stringToken.test(value);
  if (Array.isArray(value) || isPlain(value)) return false;
  return typeof value === "number" ? Token.isUnresolved(value) : Tokenization.isResolvable(value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}
