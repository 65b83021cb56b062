import { expect, it } from "vitest";
import { Secret } from "../../constructs/workload/secret";
import { base64, oauthBearer, plain } from "../../smoke/clients/sasl";
import { createRedact } from "../../smoke/redact";

const password = "p+ss/w=rd $1";
const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl-_x";
const redact = createRedact([new Secret("user", password), new Secret("longer", `${password}-and-more`)]);

it.each([
  ["plain", `password ${password}!`, "password [secret user]!"],
  ["the longer of two, whole", `${password}-and-more`, "[secret longer]"],
  ["URL-encoded", `password=${encodeURIComponent(password)}&x=1`, "password=[secret user]&x=1"],
  [
    "in a SASL PLAIN message",
    `AUTH PLAIN ${base64(plain("james-user@localhost", password).message)}`,
    "AUTH PLAIN [redacted]",
  ],
  ["in HTTP Basic", `Authorization: Basic ${base64(`u:${password}`)}`, "Authorization: Basic [redacted]"],
  ["a JWT", `token=${jwt}, next`, "token=[token], next"],
  ["a JWT without signature", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "[token]"],
  ["a bearer header", "Authorization: Bearer 0123456789abcdef", "Authorization: Bearer [redacted]"],
  ["in a SASL OAuth message", base64(oauthBearer("u@localhost", jwt).message), "[redacted]"],
])("cuts out a secret %s", (_, text, expected) => {
  expect(redact(text)).toBe(expected);
});

it("takes the value literally, not as a pattern", () => {
  expect(createRedact([new Secret("dots", "a.c")])("abc a.c")).toBe("abc [secret dots]");
});

it("does not redact its own words when a weak secret is one of them", () => {
  expect(createRedact([new Secret("user", "secret")])("the secret")).toBe("the [secret user]");
});

it("leaves the rest alone", () => {
  const text = "INFO 200 GET /oidc/jmap/session 0123456789abcdef0123456789abcdef bearer of news, Basic needs";
  expect(redact(text)).toBe(text);
});

it("ignores empty secrets", () => {
  expect(createRedact([new Secret("empty", "")])("abc")).toBe("abc");
});
