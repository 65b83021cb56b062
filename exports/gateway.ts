/** Routes in plain terms, which every gateway renders. */
export type {
  ForwardTarget,
  GatewayRoute,
  HttpMethod,
  RedirectTarget,
  RouteAuthentication,
  Upstream,
  WebFinger,
  WebFingerTarget,
} from "../constructs/gateway/gateway-route";
export type { GatewaySite } from "../constructs/gateway/gateway-site";
export { type MailRoutesProps, mailRoutes } from "../constructs/gateway/mail-routes";
