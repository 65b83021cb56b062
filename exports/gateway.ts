/** Routes in plain terms, which every gateway renders; HTTPS, hosts that are passed on. */

export type { Autoconfig, AutoconfigLogin, AutoconfigServer } from "../constructs/gateway/autoconfig";
export type { ForwardedHost } from "../constructs/gateway/forwarded-host";
export type {
  DocumentTarget,
  ForwardTarget,
  GatewayDocument,
  GatewayRoute,
  HttpMethod,
  RedirectTarget,
  RouteAuthentication,
  Upstream,
  WebFinger,
  WebFingerTarget,
} from "../constructs/gateway/gateway-route";
export type { GatewaySite } from "../constructs/gateway/gateway-site";
export type { GatewayTls } from "../constructs/gateway/gateway-tls";
export { type MailRoutesProps, mailRoutes } from "../constructs/gateway/mail-routes";
