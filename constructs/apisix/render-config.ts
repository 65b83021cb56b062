import type { IRedis } from "../redis/redis-server";
import type { ConfigFile } from "../workload/config-file";
import type { Secret } from "../workload/secret";
import type { ApisixLimits } from "./apisix-gateway-props";
import { apisixCapabilities } from "./schema/capabilities";
import { renderYaml } from "./values/yaml";

export interface GatewayConfig {
  /** APISIX's folder in the image. */
  readonly home: string;
  readonly version: string;
  readonly port: number;
  /** Names of the plugins to load: no other code of APISIX's plugins runs. */
  readonly plugins: readonly string[];
  readonly limits: ApisixLimits;
  /** The Java plugin of the reference example; without a Redis it keeps revoked sessions in its memory. */
  readonly javaPlugin?: { readonly redis?: IRedis };
  readonly secretText: (secret: Secret) => string;
}

/**
 * `config.yaml`: what APISIX is started with. Nothing but the routes listens: no admin API, no control API, no TLS.
 * https://apisix.apache.org/docs/apisix/deployment-modes/#standalone
 */
export function renderGatewayConfig(config: GatewayConfig): ConfigFile[] {
  const { home, version, port, plugins, limits, javaPlugin } = config;
  const { http2Option } = apisixCapabilities(version);
  const content = renderYaml({
    deployment: { role: "data_plane", role_data_plane: { config_provider: "yaml" } },
    apisix: {
      node_listen: [{ ip: "0.0.0.0", port }],
      enable_admin: false,
      enable_control: false,
      enable_server_tokens: false,
      enable_ipv6: false,
      ssl: { enable: false },
      router: { http: "radixtree_uri" },
      // Paths reach upstreams byte for byte.
      delete_uri_tail_slash: false,
      normalize_uri_like_servlet: false,
      extra_lua_path: `${home}/kit/?.lua`,
      // Seconds that an address is kept: a replaced container has another one, and the engine's DNS says 600.
      dns_resolver_valid: 5,
      ...(http2Option && { enable_http2: false }),
    },
    nginx_config: {
      error_log: "/dev/stderr",
      error_log_level: "warn",
      // Tokens of users with many roles are longer than nginx's 8 KiB.
      http_configuration_snippet: "large_client_header_buffers 4 16k;",
      worker_processes: limits.workers,
      // Fewer than APISIX's own, which engines that allow a container 20,000 open files refuse to each process.
      event: { worker_connections: 8192 },
      worker_rlimit_nofile: 16384,
      http: {
        access_log: "/dev/stdout",
        // The path without the query: what a client puts there by mistake stays out of the log.
        access_log_format: "$remote_addr $request_method $uri $status $body_bytes_sent $request_time",
        client_max_body_size: limits.maxBodyBytes,
        client_header_timeout: "30s",
        client_body_timeout: "30s",
        // By default who connects from 127.0.0.1 names his address himself, in X-Real-IP.
        real_ip_from: ["unix:"],
        // X_User is not X-User to every upstream.
        underscores_in_headers: "off",
        custom_lua_shared_dict: {
          // What openid-connect has verified, for routes without kit-bearer: else it would verify at every request.
          jwt_verification: "10m",
          // Sessions that have ended, some 150 bytes each.
          "kit-sessions": "10m",
        },
      },
    },
    plugins: [...plugins],
    stream_plugins: [],
    ...(javaPlugin && {
      "ext-plugin": {
        // An argument file: the password is not seen in the process list.
        cmd: ["java", `@${argumentsPath(home)}`, "-jar", `${home}/token_revoker_plugin.jar`],
      },
    }),
  });
  return [
    { path: `${home}/conf/config.yaml`, content },
    ...(javaPlugin ? [javaArguments(config, javaPlugin)] : []),
  ];
}

function argumentsPath(home: string): string {
  return `${home}/kit/java-plugin.arguments`;
}

/** Its options: https://github.com/linagora/tmail-backend, demo/apisix; the file: https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html#java-command-line-argument-files */
function javaArguments(
  { home, secretText }: GatewayConfig,
  { redis }: NonNullable<GatewayConfig["javaPlugin"]>,
): ConfigFile {
  const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  const options = [
    "-DAPP_REWRITE_XUSER_USERINFO_FIELD=email",
    "-Xms64m",
    "-Xmx256m",
    ...(redis
      ? [
          `-DREDIS_URL=${redis.host}:${redis.port}`,
          `-DREDIS_PASSWORD=${secretText(redis.password)}`,
          // By default it takes every token when Redis is away.
          "-DREDIS_IGNORE_ERRORS=false",
        ]
      : []),
  ];
  return { path: argumentsPath(home), content: `${options.map(quoted).join("\n")}\n`, secret: true };
}
