import type { Construct } from "constructs";
import { type ConfigMap, snakeCase } from "../values/apisix-value";
import { ApisixObject, type DescribedProps, described } from "./apisix-object";

export interface ApisixUpstreamProps extends DescribedProps {
  readonly nodes: readonly UpstreamNode[];
  /** How a node is chosen. @default "roundrobin" */
  readonly type?: "roundrobin" | "chash" | "ewma" | "least_conn";
  /** What `chash` looks at. @default "vars" */
  readonly hashOn?: "vars" | "header" | "cookie" | "consumer" | "vars_combinations";
  /** Name of what `chash` looks at, as `remote_addr`. @default none */
  readonly key?: string;
  /** @default "http" */
  readonly scheme?: "http" | "https" | "grpc" | "grpcs";
  /** @default 60 seconds each */
  readonly timeout?: ApisixTimeout;
  /** Further nodes that are tried when one fails; 0 for none. @default as many as there are */
  readonly retries?: number;
  /** Seconds after which no further node is tried; 0 for no end. @default 0 */
  readonly retryTimeoutSeconds?: number;
  /** Which Host header the upstream gets: the client's, the node's, or `upstreamHost`. @default "pass" */
  readonly passHost?: "pass" | "node" | "rewrite";
  /** Host header; exactly with `passHost: "rewrite"`. @default none */
  readonly upstreamHost?: string;
  /** Connections that are kept. @default 320, 60 seconds, 1000 requests each */
  readonly keepalivePool?: {
    readonly size?: number;
    readonly idleTimeoutSeconds?: number;
    readonly requests?: number;
  };
  /** Health checks, under APISIX's names. @default none */
  readonly checks?: ConfigMap;
}

export interface UpstreamNode {
  readonly host: string;
  readonly port: number;
  /** Its share; 0 for none. @default 1 */
  readonly weight?: number;
  /** Nodes of a lower priority are asked when no higher one works. @default 0 */
  readonly priority?: number;
}

/** Longest waits, each above 0: to connect, and of silence while sending or reading. */
export interface ApisixTimeout {
  readonly connectSeconds: number;
  readonly sendSeconds: number;
  readonly readSeconds: number;
}

export function timeoutDocument(timeout: ApisixTimeout | undefined): ConfigMap | undefined {
  return timeout && { connect: timeout.connectSeconds, send: timeout.sendSeconds, read: timeout.readSeconds };
}

/** Where requests go. */
export class ApisixUpstream extends ApisixObject {
  readonly kind = "upstreams";

  constructor(
    scope: Construct,
    id: string,
    readonly props: ApisixUpstreamProps,
  ) {
    super(scope, id, props);
  }

  document(): ConfigMap {
    const { nodes, type = "roundrobin", timeout, retryTimeoutSeconds, keepalivePool, ...props } = this.props;
    const { hashOn, key, scheme, retries, passHost, upstreamHost, checks } = props;
    return {
      id: this.objectId,
      ...described(props),
      type,
      nodes: nodes.map(({ host, port, weight = 1, priority }) => ({ host, port, weight, priority })),
      ...snakeCase({ hashOn, key, scheme, retries, passHost, upstreamHost, checks }),
      timeout: timeoutDocument(timeout),
      retry_timeout: retryTimeoutSeconds,
      keepalive_pool: keepalivePool && {
        size: keepalivePool.size,
        idle_timeout: keepalivePool.idleTimeoutSeconds,
        requests: keepalivePool.requests,
      },
    };
  }
}
