import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, loadLua } from "./lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});
const answer = (challenge: string | undefined, sent: boolean) => {
  const [status, shown] = lua.call("kit.refusal", "answer", challenge, sent);
  return [status, shown];
};
/** As APISIX's openid-connect writes it. */
const invalid = (why: string) => `Bearer realm="apisix", error="invalid_token", error_description="${why}"`;

describe("refusal.answer", () => {
  it("asks for a token without an error where there was none (RFC 6750, section 3.1)", () => {
    for (const challenge of [undefined, 'Bearer realm="apisix"', invalid("x")]) {
      expect(answer(challenge, false)).toEqual([401, "Bearer"]);
    }
  });

  it.each([
    "accessing introspection endpoint (http://sso/x) failed: connection refused",
    "accessing discovery url (http://sso/x) failed: timeout",
    "accessing jwks url (http://sso/x) failed: sso could not be resolved",
    "could not decode JSON from Discovery data: response indicates failure, status=500, body=",
    "opts.introspection_endpoint not said and accessing discovery url (http://sso/x) failed: timeout",
    "issuer validation unavailable",
    "response indicates failure, status=503, body=",
    "JSON decoding failed",
  ])("is 503 when the realm could not be asked: %s", (why) => {
    expect(answer(invalid(why), true)).toEqual([503, undefined]);
  });

  it.each([undefined, ...["invalid token", "JWT expired", "invalid jwt: accessing "].map(invalid)])(
    "is 401 otherwise: %s",
    (challenge) => expect(answer(challenge, true)).toEqual([401, 'Bearer error="invalid_token"']),
  );
});
