import { asList, asMap, asText, type Configuration } from "../configuration/configuration";
import { at, type Found, type Key } from "../configuration/finding";
import { type UpstreamUse, upstreamsOf } from "../configuration/upstreams";
import { droppedFor } from "./object-rules";

/** Upstreams that APISIX drops, or that it cannot use when a request comes, beyond what their schema says. */
export function upstreamFindings(configuration: Configuration): Found[] {
  return upstreamsOf(configuration).flatMap((upstream) => rules.flatMap((rule) => rule(upstream)));
}

type UpstreamRule = (upstream: UpstreamUse) => Found[];

const types = ["chash", "ewma", "least_conn", "roundrobin"];
/** As APISIX has it, `A-z` too. */
const hashVariable =
  /^(?:(?:uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)|arg_[0-9a-zA-z_-]+)$/;

const discoveries = ["consul", "consul_kv", "dns", "eureka", "kubernetes", "nacos", "tars"];

const rules: readonly UpstreamRule[] = [
  (upstream) => {
    const discovery = asText(upstream.value.discovery_type);
    return discovery === undefined || discoveries.includes(discovery) || discovery.includes("${{")
      ? []
      : [
          {
            ...found(upstream, "discovery_type"),
            what: `there is no discovery \`${discovery}\``,
            why: "requests that go to it get 503",
            fix: `Use one of ${discoveries.join(", ")}, which config.yaml sets up`,
          },
        ];
  },
  (upstream) => {
    const type = asText(upstream.value.type);
    if (type === undefined || types.includes(type) || type.includes("${{")) return [];
    const what = `there is no type \`${type}\``;
    const fix = `Use one of ${types.join(", ")}`;
    return isAlone(upstream)
      ? [
          {
            ...found(upstream, "type"),
            severity: "warning",
            what,
            why: "with a second node, requests get 500",
            fix,
          },
        ]
      : [{ ...found(upstream, "type"), what, why: "requests that go to it get 500", fix }];
  },
  (upstream) =>
    isEmpty(upstream.value.nodes)
      ? [
          {
            ...found(upstream, "nodes"),
            what: "it has no node",
            why: "every request that goes to it gets 503",
            fix: "Name a host and port",
          },
        ]
      : [],
  (upstream) =>
    Object.keys(asMap(upstream.value.nodes) ?? {})
      .filter((address) => (address.includes("/") || !hasGoodPort(address)) && !address.includes("${{"))
      .map((address) => ({
        ...found(upstream, "nodes", address),
        what: address.includes("/") ? "a URL in place of a host and port" : "a port that there is not",
        why: "requests that go to it get 502 or 503",
        fix: "Write host:port; `scheme` says https",
      })),
  (upstream) => {
    const { pass_host: passHost, upstream_host: host } = upstream.value;
    if (passHost !== "rewrite" || host) return [];
    const missing = {
      ...found(upstream, "upstream_host"),
      what: "missing: pass_host is `rewrite`",
      fix: "Name the host",
    };
    return isOwnObject(upstream)
      ? [{ ...missing, why: droppedFor(upstream.entry) }]
      : [{ ...missing, severity: "warning", why: "nothing says which host is meant" }];
  },
  (upstream) => {
    const scheme = asText(upstream.value.scheme) ?? "";
    return upstream.path.length > 0 &&
      upstream.entry.list !== "stream_routes" &&
      ["tcp", "tls", "udp"].includes(scheme)
      ? [
          {
            ...found(upstream, "scheme"),
            what: `\`${scheme}\` is for streams`,
            why: "requests that go to it get 5xx",
            fix: "Use http, https, grpc or grpcs",
          },
        ]
      : [];
  },
  (upstream) => {
    const { type, hash_on: on = "vars", key } = upstream.value;
    if (type !== "chash" || on === "consumer") return [];
    const problem = keyProblem(asText(on), key);
    if (problem === undefined) return [];
    const place = found(upstream, "key");
    const fix = "Name what requests are told apart by, as remote_addr";
    if (isOwnObject(upstream)) return [{ ...place, what: problem, why: droppedFor(upstream.entry), fix }];
    return key === undefined && !isAlone(upstream)
      ? [{ ...place, what: problem, why: "requests that go to it get 500", fix }]
      : [
          {
            ...place,
            severity: "warning",
            what: problem,
            why: "requests are told apart by their address",
            fix,
          },
        ];
  },
];

function found({ entry, path }: UpstreamUse, ...keys: readonly Key[]) {
  return { severity: "error", at: at(entry, ...path, ...keys) } as const;
}

function keyProblem(on: string | undefined, key: unknown): string | undefined {
  if (key === undefined) return "missing: the type is `chash`";
  if (typeof key !== "string" || key.includes("${{")) return undefined;
  if (on === "vars") return hashVariable.test(key) ? undefined : "not a variable that it can tell by";
  return on === "vars_combinations" || /^[a-zA-Z0-9-_]+$/.test(key) ? undefined : `not the name of a ${on}`;
}

/** One of `upstreams`: only these APISIX looks at before they are used. */
function isOwnObject({ path }: UpstreamUse): boolean {
  return path.length === 0;
}

/** Whether it has one node, which APISIX takes whatever the type. */
function isAlone({ value: { nodes } }: UpstreamUse): boolean {
  return (asList(nodes)?.length ?? Object.keys(asMap(nodes) ?? {}).length) === 1;
}

function hasGoodPort(address: string): boolean {
  const port = /:(\d+)$/.exec(address)?.[1];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

function isEmpty(nodes: unknown): boolean {
  return typeof nodes === "object" && nodes !== null && Object.keys(nodes).length === 0;
}
