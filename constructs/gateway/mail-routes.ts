import { createHash } from "node:crypto";
import { Secret } from "../workload/secret";
import type { ForwardTarget, GatewayRoute, HttpMethod, Upstream, WebFinger } from "./gateway-route";

export interface MailRoutesProps {
  /** Scheme, host and port that clients use, without a path, e.g. `https://mail.example.com`. */
  readonly publicUrl: string;
  /** James's JMAP port. */
  readonly upstream: Upstream;
  /** Proves to James that `X-User` comes from the gateway; James takes it from 3.9 on. @default none is sent */
  readonly userSecret?: Secret;
  /** Whether James is reached with HTTP Basic too. @default true */
  readonly passwords?: boolean;
  /** What the gateway answers to WebFinger. @default James is asked, and says 404 where it does not have it, as 3.8 */
  readonly webFinger?: WebFinger;
}

/** Proves that the last address of X-Forwarded-For is the gateway's word: James counts wrong passwords by it. */
const forwardedProofHeader = "X-Forwarded-Proof";

function forwardedProof(userSecret: Secret): Secret {
  const proof = createHash("sha256").update(`X-Forwarded-For ${userSecret.reveal()}`).digest("hex");
  return new Secret("forwardedProof", proof);
}

type MailRoute = Omit<ForwardTarget, "upstream"> & { path: string; methods: readonly HttpMethod[] };

/**
 * James's JMAP endpoints (RFC 8620, RFC 8887), each twice: under `/oidc` with a bearer token, beside it with HTTP Basic,
 * which James checks; without passwords only what is public stays beside it, and discovery leads to `/oidc`. The session
 * object of either names URLs of the same kind.
 *
 * Beside the fifteen routes of the reference example there is `/eventSource`, which every session object names.
 * Discovery of the session (RFC 8620, section 2.2) redirects within its kind; James alone would send `/oidc` clients out
 * of it. It tells nothing, so it asks for nothing: the session asks.
 * WebFinger (RFC 7033) is public by its nature. `linagora-ecosystem` is James's to answer: 404 where it does not have
 * it, as 3.8.
 */
export function mailRoutes(props: MailRoutesProps): GatewayRoute[] {
  const beside = routesUnder("", props);
  return [...routesUnder("/oidc", props), ...((props.passwords ?? true) ? beside : beside.filter(isPublic))];
}

function isPublic({ authentication }: GatewayRoute): boolean {
  return authentication === "public";
}

function routesUnder(
  prefix: "/oidc" | "",
  { publicUrl, upstream, userSecret, webFinger, passwords = true }: MailRoutesProps,
): GatewayRoute[] {
  const kind = prefix === "" ? "basic" : "oidc";
  const origin = publicUrl.replace(/\/+$/, "");
  // What proves to James that X-User is the gateway's must not be where a client says who it is.
  const identity = !userSecret
    ? {}
    : prefix
      ? { "X-User-Secret": userSecret }
      : { [forwardedProofHeader]: forwardedProof(userSecret) };

  const mailRoute = (id: string, { path, methods, requestHeaders, ...target }: MailRoute): GatewayRoute => ({
    id: `${kind}-${id}`,
    path: `${prefix}${path}`,
    methods,
    authentication: kind,
    target: { upstream, upstreamPath: path, requestHeaders: { ...identity, ...requestHeaders }, ...target },
  });

  return [
    mailRoute("jmap", { path: "/jmap", methods: ["POST"] }),
    mailRoute("session", {
      path: "/jmap/session",
      methods: ["GET"],
      // James builds every URL of the session object from these.
      requestHeaders: {
        "X-JMAP-PREFIX": `${origin}${prefix}`,
        "X-JMAP-WEBSOCKET-PREFIX": `${origin.replace(/^http/, "ws")}${prefix}`,
      },
    }),
    mailRoute("websocket", {
      path: "/jmap/ws",
      methods: ["GET"],
      webSocket: true,
      webSocketProtocol: "jmap",
    }),
    mailRoute("upload", { path: "/upload/*", methods: ["POST"] }),
    mailRoute("download", { path: "/download/*", methods: ["GET"] }),
    // A stream that is silent until mail comes.
    mailRoute("event-source", { path: "/eventSource", methods: ["GET"], idleTimeoutSeconds: 3600 }),
    mailRoute("linagora-ecosystem", { path: "/.well-known/linagora-ecosystem", methods: ["GET"] }),
    {
      id: `${kind}-webfinger`,
      path: `${prefix}/.well-known/webfinger`,
      methods: ["GET"],
      authentication: "public",
      target: webFinger ? { webFinger } : { upstream, upstreamPath: "/.well-known/webfinger" },
    },
    {
      id: `${kind}-well-known-jmap`,
      path: `${prefix}/.well-known/jmap`,
      methods: ["GET"],
      authentication: "public",
      target: { redirectTo: `${passwords ? prefix : "/oidc"}/jmap/session` },
    },
  ];
}
