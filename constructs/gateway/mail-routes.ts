import { createHash } from "node:crypto";
import { Secret } from "../workload/secret";
import { type Autoconfig, autoconfigDocument } from "./autoconfig";
import type { ForwardTarget, GatewayRoute, HttpMethod, Upstream, WebFinger } from "./gateway-route";

export interface MailRoutesProps {
  /**
   * Where clients find the gateway, e.g. `https://mail.example.com`, or with a path, which all routes are below then:
   * `https://example.com/mail`.
   */
  readonly publicUrl: string;
  /** James's JMAP port. */
  readonly upstream: Upstream;
  /** Proves to James that `X-User` comes from the gateway; James takes it from 3.9 on. @default none is sent */
  readonly userSecret?: Secret;
  /** Whether James is reached with HTTP Basic too. @default true */
  readonly passwords?: boolean;
  /** What the gateway answers to WebFinger. @default James is asked, and says 404 where it does not have it, as 3.8 */
  readonly webFinger?: WebFinger;
  /** What mail programs are told that configure themselves. @default nothing: 404 */
  readonly autoconfig?: Autoconfig;
}

/** Proves that the last address of X-Forwarded-For is the gateway's word: James counts wrong passwords by it. */
const forwardedProofHeader = "X-Forwarded-Proof";

function forwardedProof(userSecret: Secret): Secret {
  const proof = createHash("sha256").update(`X-Forwarded-For ${userSecret.reveal()}`).digest("hex");
  return new Secret("forwardedProof", proof);
}

type MailRoute = Omit<ForwardTarget, "upstream"> & {
  readonly upstreamPath: string;
  readonly methods: readonly HttpMethod[];
};

/**
 * James's JMAP endpoints (RFC 8620, RFC 8887), each twice: under `/oidc` with a bearer token, beside it with HTTP Basic,
 * which James checks; without passwords only what is public stays beside it, and discovery leads to `/oidc`. The session
 * object of either names URLs of the same kind.
 *
 * Beside the fifteen routes of the reference example there is `/eventSource`, which every session object names.
 * Discovery of the session (RFC 8620, section 2.2) redirects within its kind; James alone would send `/oidc` clients out
 * of it. It tells nothing, so it asks for nothing: the session asks.
 * What mail programs configure themselves by is where they look for it, at the root of the host.
 * WebFinger (RFC 7033) is public by its nature. `linagora-ecosystem` is James's to answer: 404 where it does not have
 * it, as 3.8.
 */
export function mailRoutes(props: MailRoutesProps): GatewayRoute[] {
  const beside = routesUnder("", props);
  return [
    ...routesUnder("/oidc", props),
    ...((props.passwords ?? true) ? beside : beside.filter(isPublic)),
    ...(basePath(props) === "" ? [] : beside.filter(isPublic).map(atRoot(props))),
    ...autoconfigRoutes(props),
  ];
}

/** Where programs look for their configuration at the host of a mail domain. */
export const autoconfigPath = "/.well-known/autoconfig/mail/config-v1.1.xml";

/** Of a mail domain's own host, and of `autoconfig.` below it: https://wiki.mozilla.org/Thunderbird:Autoconfiguration */
function autoconfigRoutes({ autoconfig }: MailRoutesProps): GatewayRoute[] {
  if (!autoconfig) return [];
  const route = (id: string, path: string): GatewayRoute => ({
    ...{ id, path, methods: ["GET"], authentication: "public" },
    target: { document: autoconfigDocument(autoconfig) },
  });
  return [route("well-known-autoconfig", autoconfigPath), route("autoconfig", "/mail/config-v1.1.xml")];
}

/** What the paths of all routes begin with. */
function basePath({ publicUrl }: MailRoutesProps): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, "");
}

/** Clients ask for `/.well-known` at the root of a host only (RFC 8615). */
function atRoot(props: MailRoutesProps) {
  return (route: GatewayRoute): GatewayRoute => ({
    ...route,
    id: `root-${route.id.replace(/^basic-/, "")}`,
    path: route.path.slice(basePath(props).length),
  });
}

function isPublic({ authentication }: GatewayRoute): boolean {
  return authentication === "public";
}

function routesUnder(prefix: "/oidc" | "", props: MailRoutesProps): GatewayRoute[] {
  const { publicUrl, upstream, userSecret, webFinger, passwords = true } = props;
  const kind = prefix === "" ? "basic" : "oidc";
  const base = publicUrl.replace(/\/+$/, "");
  const path = basePath(props);
  // What proves to James that X-User is the gateway's must not be where a client says who it is.
  const identity = !userSecret
    ? {}
    : prefix
      ? { "X-User-Secret": userSecret }
      : { [forwardedProofHeader]: forwardedProof(userSecret) };

  const mailRoute = (id: string, { methods, requestHeaders, ...target }: MailRoute): GatewayRoute => ({
    id: `${kind}-${id}`,
    path: `${path}${prefix}${target.upstreamPath}`,
    methods,
    authentication: kind,
    target: { upstream, requestHeaders: { ...identity, ...requestHeaders }, ...target },
  });

  return [
    mailRoute("jmap", { upstreamPath: "/jmap", methods: ["POST"] }),
    mailRoute("session", {
      upstreamPath: "/jmap/session",
      methods: ["GET"],
      // James builds every URL of the session object from these.
      requestHeaders: {
        "X-JMAP-PREFIX": `${base}${prefix}`,
        "X-JMAP-WEBSOCKET-PREFIX": `${base.replace(/^http/, "ws")}${prefix}`,
      },
    }),
    mailRoute("websocket", {
      upstreamPath: "/jmap/ws",
      methods: ["GET"],
      webSocket: true,
      webSocketProtocol: "jmap",
    }),
    mailRoute("upload", { upstreamPath: "/upload/*", methods: ["POST"] }),
    mailRoute("download", { upstreamPath: "/download/*", methods: ["GET"] }),
    // A stream that is silent until mail comes.
    mailRoute("event-source", { upstreamPath: "/eventSource", methods: ["GET"], idleTimeoutSeconds: 3600 }),
    mailRoute("linagora-ecosystem", { upstreamPath: "/.well-known/linagora-ecosystem", methods: ["GET"] }),
    {
      id: `${kind}-webfinger`,
      path: `${path}${prefix}/.well-known/webfinger`,
      methods: ["GET"],
      authentication: "public",
      target: webFinger ? { webFinger } : { upstream, upstreamPath: "/.well-known/webfinger" },
    },
    {
      id: `${kind}-well-known-jmap`,
      path: `${path}${prefix}/.well-known/jmap`,
      methods: ["GET"],
      authentication: "public",
      target: { redirectTo: `${path}${passwords ? prefix : "/oidc"}/jmap/session` },
    },
  ];
}
