import { isObject } from "../../kit/json";
import { stringToken } from "./terraform-token";

const TEMPLATES = new RegExp(`(${stringToken.source})|[$%](?=\\{)`, "g");

/**
 * Text that Terraform must not read as a template, at any depth. What CDK for Terraform will put in the place of a token
 * stays a template.
 * https://developer.hashicorp.com/terraform/language/expressions/strings
 */
export function literal<T>(value: T): T {
  if (typeof value === "string")
    return value.replace(TEMPLATES, (found, token?: string) => token ?? found + found) as T;
  if (Array.isArray(value)) return value.map(literal) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, literal(item)])) as T;
}
