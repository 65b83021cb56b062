import { describe, expect, it } from "vitest";
import { isAtLeast, levelOf } from "../../../operations/logs/log-line";

describe("the level of a line as a service wrote it", () => {
  it.each([
    ["16:41:49.113 WARN  SessionRoutes [  ] Unauthorized", "warn"],
    ["16:41:49.113 [ERROR] o.a.j.Main - a failure", "error"],
    ["2026-12-01 16:40:53,588 WARN  [org.keycloak.common.Profile] (main) Deprecated features", "warn"],
    ["2026-12-01 16:40:53,588 INFO  [io.quarkus] (main) Profile prod activated", "info"],
    ["[Tue Dec 01 16:40:18.702621 2026] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache", "info"],
    ["[Tue Dec 01 16:40:18.702621 2026] [proxy:error] [pid 1:tid 1] (111)Connection refused", "error"],
    ["[Tue Dec 01 16:40:18.702621 2026] [ssl:trace3] [pid 1:tid 1] OpenSSL", "debug"],
    ["127.0.0.1 oidc-session GET /oidc/jmap/session 401 0 63345us", "info"],
    ["127.0.0.1 - GET /oidc/jmap/session 503 299 63345us", "error"],
    ["172.20.0.1 GET /oidc/jmap/session 502 0 0.012", "error"],
    ["2026/12/01 16:40:18 [warn] 45#45: *7 upstream is slow", "warn"],
    ["1:M 01 Dec 2026 16:40:13.797 * Running mode=standalone, port=6379.", "info"],
    ["1:M 01 Dec 2026 16:40:13.797 # WARNING Memory overcommit must be enabled!", "warn"],
    ["2026-12-01 16:40:13.123 UTC [1] LOG:  database system is ready", "info"],
    ['2026-12-01 16:40:13.123 UTC [42] FATAL:  role "x" does not exist', "error"],
    ["2026-12-01 16:40:13.123 UTC [42] DEBUG2:  a detail", "debug"],
    ["2026-12-01 16:40:13.123 UTC [42] STATEMENT:  select 1", undefined],
    ["6b0ef870.32b8bd8b 0x7f07c49fd200 slapd starting", undefined],
    ["\tat kit.james.GatewayUser.createMailboxSession(GatewayUser.java:44)", undefined],
    ["16:41:49.113 CONSTRUCTOR called", undefined],
  ])("%s", (text, level) => expect(levelOf(text)).toBe(level));
});

it("who wants warnings gets errors too, and what does not say how bad it is", () => {
  const shown = (level?: "debug" | "info" | "warn" | "error") => isAtLeast(level ? { level } : {}, "warn");
  expect([shown("debug"), shown("info"), shown("warn"), shown("error"), shown()]).toEqual([
    ...[false, false],
    ...[true, true, true],
  ]);
});
