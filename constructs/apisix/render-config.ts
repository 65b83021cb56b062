import type { ConfigFile } from "../workload/config-file";
import type { TrustedProxy } from "../workload/trusted-proxy";
import type { GatewayConfig } from "./gateway-config";
import { renderSnippet, serverSnippet } from "./render-snippet";
import { apisixCapabilities } from "./schema/capabilities";
import { renderYaml, type YamlMap } from "./values/yaml";

/** The variable of the container's environment that has what `TrustedProxy` calls 127.0.0.1 (apisix-start.sh). */
const engineAddress = "KIT_ENGINE_ADDRESS";

/** Whether the container must be told at its start from where programs of the engine's machine connect. */
export function asksForEngineAddress(proxy: TrustedProxy | undefined): boolean {
  return proxy?.trusted.includes("127.0.0.1") ?? false;
}

/** Of 128 bits and more, by ephemeral keys: https://wiki.mozilla.org/Security/Server_Side_TLS, "intermediate", without DHE. */
const cipherSuites = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].flatMap((cipher) => [
  `ECDHE-ECDSA-${cipher}`,
  `ECDHE-RSA-${cipher}`,
]);

/**
 * Port in the container that a proxy with the PROXY protocol finds published as the gateway's own, where that has no TLS: the
 * environment's services, which come to the own one, send no header.
 */
export const proxyProtocolPort = 9181;

/**
 * `config.yaml`: what APISIX is started with. Nothing but the routes listens: no admin API, no control API.
 * https://apisix.apache.org/docs/apisix/deployment-modes/#standalone
 */
export function renderGatewayConfig(config: GatewayConfig): ConfigFile[] {
  const { home, version, port, plugins, limits, javaPlugin, authorities = [], tls } = config;
  const trusted = `${home}/kit/trusted.pem`;
  const { http2Option } = apisixCapabilities(version);
  const content = renderYaml({
    deployment: { role: "data_plane", role_data_plane: { config_provider: "yaml" } },
    apisix: {
      node_listen: [{ ip: "0.0.0.0", port }],
      enable_admin: false,
      enable_control: false,
      enable_server_tokens: false,
      enable_ipv6: false,
      ssl: {
        ...renderTls(config),
        ...(authorities.length > 0 && { ssl_trusted_certificate: trusted }),
      },
      ...renderProxyPort(config),
      router: { http: "radixtree_uri", ...(tls && { ssl: "certificate_files" }) },
      // Paths reach upstreams byte for byte.
      delete_uri_tail_slash: false,
      normalize_uri_like_servlet: false,
      extra_lua_path: `${home}/kit/?.lua`,
      // Seconds that an address is kept: a replaced container has another one, and the engine's DNS says 600.
      dns_resolver_valid: 5,
      ...(http2Option && { enable_http2: tls !== undefined }),
    },
    nginx_config: {
      error_log: "/dev/stderr",
      error_log_level: "warn",
      http_configuration_snippet: renderSnippet(config),
      http_server_configuration_snippet: serverSnippet,
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
        ...renderRealIp(config),
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
    ...(tls && {
      plugin_attr: {
        "kit-certificates": {
          list: tls.certificates.map(({ hosts, chainFile, keyFile }) => ({
            ...{ hosts, chain: chainFile, key: keyFile },
          })),
        },
      },
    }),
    ...(javaPlugin && {
      "ext-plugin": {
        // An argument file: the password is not seen in the process list.
        cmd: ["java", `@${argumentsPath(home)}`, "-jar", `${home}/token_revoker_plugin.jar`],
      },
    }),
  });
  return [
    { path: `${home}/conf/config.yaml`, content },
    ...(authorities.length > 0
      ? [{ path: trusted, content: authorities.map((pem) => `${pem.trim()}\n`).join("") }]
      : []),
    ...(javaPlugin ? [javaArguments(config, javaPlugin)] : []),
  ];
}

function renderTls({ tls, proxy, version }: GatewayConfig): YamlMap {
  if (!tls) return { enable: false };
  const http2 = !apisixCapabilities(version).http2Option && { enable_http2: true };
  return {
    enable: true,
    listen: proxy?.protocol === "proxy-v2" ? [] : [{ ip: "0.0.0.0", port: tls.port, ...http2 }],
    ssl_protocols: "TLSv1.2 TLSv1.3",
    ssl_ciphers: cipherSuites.join(":"),
    // To clients that name no host.
    fallback_sni: tls.certificates[0].hosts[0],
  };
}

function renderProxyPort({ tls, proxy }: GatewayConfig): YamlMap {
  if (proxy?.protocol !== "proxy-v2") return {};
  return {
    proxy_protocol: tls ? { listen_https_port: tls.port } : { listen_http_port: proxyProtocolPort },
  };
}

function renderRealIp({ proxy }: GatewayConfig): YamlMap {
  // By default who connects from 127.0.0.1 names his address himself, in X-Real-IP.
  if (!proxy) return { real_ip_from: ["unix:"] };
  return {
    real_ip_from: proxy.trusted.map((one) => (one === "127.0.0.1" ? `\${{${engineAddress}}}` : one)),
    ...(proxy.protocol === "proxy-v2"
      ? { real_ip_header: "proxy_protocol" }
      : // Several proxies, one behind the other: the last address that is none of theirs.
        { real_ip_header: "X-Forwarded-For", real_ip_recursive: "on" }),
  };
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
