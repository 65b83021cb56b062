/** Apache httpd as the gateway. */
export type { HttpdLimits, HttpdOidc } from "../constructs/httpd/httpd-config";
export { HttpdGateway, type HttpdGatewayProps } from "../constructs/httpd/httpd-gateway";
