import {
  dataPolicy,
  pagePolicy,
  privateCache,
  securityHeaders,
  strictTransport,
} from "../gateway/security-headers";
import type { GatewayConfig } from "./gateway-config";

/**
 * What an answer is to browsers, by nginx's variable `kit_answer`, which kit-forward sets: empty for what the gateway answers
 * itself.
 */
export type Answer = "" | "private" | "page" | "whole";

/** What APISIX's configuration has no word for, in nginx's own: beside its server, in `http`. */
export function renderSnippet(config: GatewayConfig): string {
  return [
    // Tokens of users with many roles are longer than nginx's 8 KiB.
    "large_client_header_buffers 4 16k;",
    ...hygiene(config),
    // Else nginx's TLS keeps what an upstream says until there are 16 KiB of it: an event stream would be silent.
    ...(config.tls ? ["proxy_buffering off;", "proxy_buffer_size 32k;", "proxy_buffers 4 32k;"] : []),
    ...redirectServer(config),
  ].join("\n");
}

/** In its server: until kit-forward says what the answer is. */
export const serverSnippet = 'set $kit_answer "";';

/** What browsers are told of every answer, nginx's own of broken requests among them (gateway/security-headers.ts). */
function hygiene({ tls }: GatewayConfig): string[] {
  const { "X-Frame-Options": framing, ...everywhere } = securityHeaders;
  return [
    ...Object.entries(everywhere).flatMap(([name, value]) =>
      unlessSaid(name, { "": value, private: value, page: value, whole: value }),
    ),
    ...unlessSaid("X-Frame-Options", { "": framing, private: framing, page: framing }),
    ...unlessSaid("Content-Security-Policy", { "": dataPolicy, private: dataPolicy, page: pagePolicy }),
    ...unlessSaid("Cache-Control", { private: privateCache }),
    ...(tls
      ? [
          ...map("$https$sent_http_strict_transport_security", "$kit_strict_transport", [
            ["on", strictTransport],
          ]),
          "add_header Strict-Transport-Security $kit_strict_transport always;",
        ]
      : []),
    "proxy_hide_header X-Powered-By;",
  ];
}

/** nginx adds no header without a value. */
function unlessSaid(name: string, values: Partial<Record<Answer, string>>): string[] {
  const word = name.toLowerCase().replaceAll("-", "_");
  return [
    ...map(
      `"$kit_answer:$sent_http_${word}"`,
      `$kit_${word}`,
      Object.entries(values).map(([answer, value]) => [`${answer}:`, value]),
    ),
    `add_header ${name} $kit_${word} always;`,
  ];
}

function map(source: string, target: string, entries: readonly (readonly [string, string])[]): string[] {
  return [
    `map ${source} ${target} {`,
    '  default "";',
    ...entries.map(([value, result]) => `  "${value}" "${result}";`),
    "}",
  ];
}

/** A server of its own: no route is there, nor anything that reads a token. */
function redirectServer({ tls, origins = new Map(), proxy }: GatewayConfig): string[] {
  if (tls?.redirectPort === undefined) return [];
  const { redirectPort, challenges } = tls;
  return [
    ...map("$host", "$kit_origin", [...origins]),
    "server {",
    `  listen 0.0.0.0:${redirectPort} default_server${proxy?.protocol === "proxy-v2" ? " proxy_protocol" : ""};`,
    "  location / {",
    '    if ($kit_origin = "") { return 404; }',
    "    return 308 $kit_origin$request_uri;",
    "  }",
    ...(challenges
      ? [
          // A token is of base64url: https://www.rfc-editor.org/rfc/rfc8555#section-8.3
          "  location ~ ^/\\.well-known/acme-challenge/[A-Za-z0-9_-]+$ {",
          "    limit_except GET { deny all; }",
          // By a variable it is looked up when it is asked: it may start later, or at another address.
          `    set $kit_challenges ${challenges.host}:${challenges.port};`,
          "    proxy_pass http://$kit_challenges$uri;",
          "    proxy_pass_request_headers off;",
          "    proxy_pass_request_body off;",
          "    proxy_set_header Host $host;",
          "  }",
        ]
      : []),
    "}",
  ];
}
