import type { TerraformStack } from "../../terraform";
import { KeycloakProvider } from "../bindings/provider";
import { type KeycloakAdminAccess, sensitiveVariable } from "./realm/realm-scope";

/** Connects a stack to a Keycloak. Terraform takes the administrator's password from variable `keycloak_admin`. */
export function connectKeycloak(
  stack: TerraformStack,
  access: Omit<KeycloakAdminAccess, "password">,
): KeycloakAdminAccess {
  const { url, username, realm, ca } = access;
  const { origin, pathname } = new URL(url);
  const password = sensitiveVariable(stack, "keycloak_admin").stringValue;
  new KeycloakProvider(stack, "keycloak-provider", {
    url: origin,
    basePath: pathname.replace(/\/$/, ""),
    clientId: "admin-cli",
    username,
    password,
    ...(realm !== undefined && { realm }),
    ...(ca !== undefined && { rootCaCertificate: ca }),
    // So that it can be planned before there is a Keycloak.
    initialLogin: false,
    // Seconds: the first realm of a Keycloak that has just started takes more than a minute on a slow machine, and what
    // is answered later Terraform would never know of.
    clientTimeout: 300,
  });
  return { ...access, password };
}
