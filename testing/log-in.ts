import { type CookieJar, createCookieJar } from "../smoke/clients/cookie-jar";
import { messageOfPage, parseLoginForm } from "../smoke/clients/login-form";

/** What a browser without scripts shows. */
export interface Page {
  /** After redirects. */
  readonly url: URL;
  readonly status: number;
  readonly html: string;
  /** Opens another one with the same cookies. @param url may be relative to this one */
  open(url: string | URL): Promise<Page>;
}

interface RequestOptions {
  readonly method?: string;
  readonly body?: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
}

/** As `fetch`, without following redirects. */
export type Request = (
  url: URL,
  init: RequestOptions,
) => Promise<Pick<Response, "status" | "headers" | "text">>;

/**
 * Logs somebody in as a browser: opens a page of an application, which leads to the provider's form, fills it in, and goes where
 * it leads.
 *
 * @throws Error when no form is found, or the login is refused, with what the page says
 */
export async function logInByForm(
  request: Request,
  start: URL,
  person: { readonly username: string; readonly password: string },
): Promise<Page> {
  const jars = new Map<string, CookieJar>();
  const open = async (from: URL, form?: URLSearchParams): Promise<Page> => {
    let url = from;
    let init: Pick<RequestOptions, "method" | "body"> = form ? { method: "POST", body: form } : {};
    for (let hops = 0; hops < 20; hops++) {
      const jar = jars.get(url.origin) ?? createCookieJar();
      jars.set(url.origin, jar);
      const response = await request(url, { ...init, headers: { cookie: jar.header(url) } });
      jar.store(url, response.headers.getSetCookie());
      const html = await response.text();
      const location = response.headers.get("location");
      const here = url;
      if (location === null) {
        return { url, status: response.status, html, open: (next) => open(new URL(next, here)) };
      }
      url = new URL(location, url);
      init = {};
    }
    throw new Error(`${from.href} leads on and on`);
  };
  const page = await open(start);
  const form = parseLoginForm(page.html, page.url);
  form.fields.set(form.user, person.username);
  form.fields.set(form.password, person.password);
  const answer = await open(form.action, form.fields);
  if (answer.url.pathname === form.action.pathname) {
    throw new Error(`the login of ${person.username} was refused: ${messageOfPage(answer.html)}`);
  }
  return answer;
}
