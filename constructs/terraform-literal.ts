import { isObject } from "./json";

/**
 * Text that Terraform must not read as a template, at any depth.
 * https://developer.hashicorp.com/terraform/language/expressions/strings
 */
export function literal<T>(value: T): T {
  if (typeof value === "string") return value.replace(/[$%](?=\{)/g, "$&$&") as T;
  if (Array.isArray(value)) return value.map(literal) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literal(item)])) as T;
}
