import { expect, it } from "vitest";
import { createCookieJar } from "../../../smoke/clients/cookie-jar";

const page = new URL("http://sso.example.com:8080/auth/realms/oidc/login?x=1");

it("sends back what was set, value untouched", () => {
  const jar = createCookieJar();
  jar.store(page, ['A="quoted=and;', "B=a.b=c; Path=/; HttpOnly"]);
  expect(jar.header(page)).toBe('A="quoted=and; B=a.b=c');
});

it("sends a cookie below its path only", () => {
  const jar = createCookieJar();
  jar.store(page, ["A=1; Path=/auth/realms/oidc/", "B=2; Path=/auth/realms/other/", "C=3"]);
  expect(jar.header(page)).toBe("A=1; C=3");
  expect(jar.header(new URL("http://sso.example.com:8080/auth/realms/oidcx"))).toBe("");
  expect(jar.header(new URL("http://sso.example.com:8080/auth/realms/other/"))).toBe("B=2");
});

it("replaces a cookie of the same name and path", () => {
  const jar = createCookieJar();
  jar.store(page, ["A=1; Path=/"]);
  jar.store(page, ["A=2; Path=/"]);
  expect(jar.header(page)).toBe("A=2");
});

it.each(["Max-Age=0", "Expires=Thu, 01 Jan 1970 00:00:10 GMT"])("drops a cookie that ends by %s", (end) => {
  const jar = createCookieJar();
  jar.store(page, ["A=1; Path=/", "B=2; Path=/"]);
  jar.store(page, [`A=; Path=/; ${end}`]);
  expect(jar.header(page)).toBe("B=2");
});
