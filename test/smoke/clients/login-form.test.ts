import { describe, expect, it } from "vitest";
import { messageOfPage, parseLoginForm } from "../../../smoke/clients/login-form";

const page = new URL("http://sso.example.com:8080/auth/realms/oidc/protocol/openid-connect/auth?a=b");

describe("parseLoginForm", () => {
  it("reads action and hidden fields as a browser would, whatever quotes and entities", () => {
    const { action, fields, user, password } = parseLoginForm(
      `<form id="search" action="/search"><input name="q"></form>
       <FORM id='kc-form-login' onsubmit="login.disabled = true; return true;"
         action="http://sso.example.com:8080/login-actions/authenticate?session_code=a&amp;execution=b&#x26;tab_id=c" method="post">
         <input tabindex="1" name="username" value="" type="text"/>
         <input name=password type='password'>
         <input type="hidden" id="id-hidden-input" name="credentialId" value="&lt;1&gt;"/>
         <input name="rememberMe" type="checkbox"> <input name="login" type="submit" value="Sign In"/>
       </FORM>`,
      page,
    );
    expect(action.href).toBe(
      "http://sso.example.com:8080/login-actions/authenticate?session_code=a&execution=b&tab_id=c",
    );
    expect([...fields]).toEqual([["credentialId", "<1>"]]);
    expect([user, password]).toEqual(["username", "password"]);
  });

  it("finds the fields by what they are, whatever their names", () => {
    const html = `<form action="#" method="post"><input type="hidden" name="token" value="1"><input name="search" type="search">
      <input name="user" type="text"><input type="checkbox" name="show"><input name="secret" type="password"></form>`;
    expect(parseLoginForm(html, page)).toMatchObject({ user: "user", password: "secret" });
  });

  it("resolves a relative action against the page", () => {
    const html = '<form action="/auth/go"><input name="u"><input type="password" name="password"></form>';
    expect(parseLoginForm(html, page).action.href).toBe("http://sso.example.com:8080/auth/go");
  });

  it("says what the page shows when it has no login form", () => {
    const html = '<html><title>We are sorry</title><p class="instruction">Client not found.</p></html>';
    expect(() => parseLoginForm(html, page)).toThrow(
      'no login form with a field for the user and one for the password: the page says "Client not found."',
    );
  });
});

describe("messageOfPage", () => {
  it.each([
    [
      '<span id="input-error" class="x" aria-live="polite">\n  Invalid username or &quot;password&quot;. </span>',
      'Invalid username or "password".',
    ],
    [
      '<div class="alert"><span class="kc-feedback-text">Account is disabled</span></div>',
      "Account is disabled",
    ],
    ["<title>Sign in to  Mail</title>", "Sign in to Mail"],
  ])("finds the message in %s", (html, message) => {
    expect(messageOfPage(html)).toBe(`the page says "${message}"`);
  });
});
