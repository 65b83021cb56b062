import { describe, expect, it } from "vitest";
import { pickLines } from "../../smoke/explain";

describe("pickLines", () => {
  it("keeps trouble and what names the user", () => {
    const log = [
      "12:00:00 [INFO] started",
      "12:00:01 [WARN ] Token is not active",
      "Caused by: java.net.ConnectException: refused",
      "\tat reactor.core.publisher.MonoError.subscribe(MonoError.java:55)",
      "type=LOGIN_ERROR, realm=oidc",
      "[auth_openidc:error] [pid 7] oidc_oauth_check",
      "12:00:02 [INFO] connection of james-user@localhost",
      '10.0.0.1 - - "GET /oidc/jmap HTTP/1.1" 401 381',
      '10.0.0.1 - - "GET /oidc/jmap HTTP/1.1" 200 381',
    ].join("\r\n");
    expect(pickLines(log, ["james-user@localhost"]).lines).toEqual([
      "12:00:01 [WARN ] Token is not active",
      "Caused by: java.net.ConnectException: refused",
      "type=LOGIN_ERROR, realm=oidc",
      "[auth_openidc:error] [pid 7] oidc_oauth_check",
      "12:00:02 [INFO] connection of james-user@localhost",
      '10.0.0.1 - - "GET /oidc/jmap HTTP/1.1" 401 381',
    ]);
  });

  it("keeps the last 15", () => {
    const log = Array.from({ length: 20 }, (_, index) => `WARN ${index}`).join("\n");
    expect(pickLines(log, []).lines).toEqual(Array.from({ length: 15 }, (_, index) => `WARN ${index + 5}`));
  });

  it("has nothing to say about a quiet log", () => {
    expect(pickLines("INFO all is well\n", ["bob"])).toEqual({ lines: [], trouble: false });
  });

  it("tells trouble from lines about the user", () => {
    expect(pickLines("INFO hello bob\n", ["bob"])).toEqual({ lines: ["INFO hello bob"], trouble: false });
    expect(pickLines("INFO hello bob\nERROR x\n", ["bob"]).trouble).toBe(true);
  });
});
