/** What other projects import: everything at once here, or by a path a service, `james-oidc-kit/keycloak`. */

/** Of the CDK for Terraform that the kit found in the project. */
export { App } from "./constructs/terraform";
export * from "./exports/apisix";
export * from "./exports/certificates";
export * from "./exports/config";
export * from "./exports/engine";
export * from "./exports/errors";
export * from "./exports/gateway";
export * from "./exports/httpd";
export * from "./exports/james";
export * from "./exports/keycloak";
export * from "./exports/ldap";
export * from "./exports/platform";
export * from "./exports/postgres";
export * from "./exports/redis";
export * from "./exports/stacks";
export * from "./exports/workload";
