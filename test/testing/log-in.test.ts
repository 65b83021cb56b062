import { expect, it } from "vitest";
import { logInByForm, type Request } from "../../testing/log-in";

const person = { username: "ann@example.com", password: "hers" };

/** An application that leads to a provider on another host, as both answer. */
const world: Request = async (url, { method = "GET", body, headers }) => {
  const cookies = headers.cookie ?? "";
  const answer = (status: number, more: Record<string, string>, html = "") =>
    new Response(html, { status, headers: more });
  const form = `<form action="/login?step=2"><input type="hidden" name="step" value="2">
    <input name="user"><input type="password" name="pass"></form>`;
  switch (`${method} ${url.origin}${url.pathname}`) {
    case "GET https://app.test/":
      return cookies === "app=1"
        ? answer(200, {}, `mail of ${url.searchParams.get("box") ?? "all"}`)
        : answer(302, { location: "https://sso.test/login" });
    case "GET https://sso.test/login":
      return answer(200, { "set-cookie": "sso=1; Path=/" }, form);
    case "POST https://sso.test/login":
      return cookies === "sso=1" && body?.toString() === "step=2&user=ann%40example.com&pass=hers"
        ? answer(302, { location: "https://app.test/callback?code=1" })
        : answer(200, {}, '<span id="input-error">Invalid password.</span>');
    case "GET https://app.test/callback":
      return answer(302, { "set-cookie": "app=1; Path=/", location: "/" });
    default:
      return answer(302, { location: url.href });
  }
};

it("goes to the provider's form, fills it in, and comes back; cookies stay with who has set them", async () => {
  const page = await logInByForm(world, new URL("https://app.test/"), person);
  expect(page).toMatchObject({ status: 200, html: "mail of all" });
  expect(page.url.href).toBe("https://app.test/");
  expect((await page.open("?box=drafts")).html).toBe("mail of drafts");
});

it("says what the page says that refuses somebody", async () => {
  const other = { ...person, password: "guessed" };
  await expect(logInByForm(world, new URL("https://app.test/"), other)).rejects.toThrow(
    'the login of ann@example.com was refused: the page says "Invalid password."',
  );
});

it("gives up where a page leads to itself, and where there is no form", async () => {
  await expect(logInByForm(world, new URL("https://app.test/loop"), person)).rejects.toThrow(
    "leads on and on",
  );
  const empty: Request = async () => new Response("<title>Welcome</title>");
  await expect(logInByForm(empty, new URL("https://app.test/"), person)).rejects.toThrow(
    /no login form.*"Welcome"/,
  );
});
