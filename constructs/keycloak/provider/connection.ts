import type { TerraformStack } from "../../terraform";
import { KeycloakProvider } from "../bindings/provider";
import { type KeycloakAdminAccess, sensitiveVariable } from "./realm-scope";

/**
 * Connects a stack to a Keycloak. Terraform takes the administrator's password from variable `keycloak_admin`.
 *
 * @param url its base URL: `https://sso.example.com/auth`
 */
export function connectKeycloak(stack: TerraformStack, url: string, username: string): KeycloakAdminAccess {
  const { origin, pathname } = new URL(url);
  const password = sensitiveVariable(stack, "keycloak_admin").stringValue;
  new KeycloakProvider(stack, "keycloak-provider", {
    url: origin,
    basePath: pathname.replace(/\/$/, ""),
    clientId: "admin-cli",
    username,
    password,
    // So that it can be planned before there is a Keycloak.
    initialLogin: false,
    // Seconds: the first realm of a Keycloak that has just started takes more than a minute on a slow machine, and what
    // is answered later Terraform would never know of.
    clientTimeout: 300,
  });
  return { url, username, password };
}
