/** The cookies of one origin, as a browser would send them back: by name and path, without domains. */
export interface CookieJar {
  /** Takes over the Set-Cookie headers of an answer to `url`. */
  store(url: URL, setCookie: readonly string[]): void;
  /** Value of the Cookie header for `url`; empty when there is none to send. */
  header(url: URL): string;
}

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, { name: string; value: string; path: string }>();
  return {
    store(url, setCookie) {
      for (const line of setCookie) {
        const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
        const equals = pair.indexOf("=");
        if (equals < 1) continue;
        const name = pair.slice(0, equals);
        const attribute = (key: string) =>
          attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
        const path = attribute("path") || defaultPath(url);
        const expires = attribute("expires");
        const over = Number(attribute("max-age") ?? 1) <= 0 || (expires && Date.parse(expires) <= Date.now());
        if (over) cookies.delete(`${name};${path}`);
        else cookies.set(`${name};${path}`, { name, value: pair.slice(equals + 1), path });
      }
    },
    header: (url) =>
      [...cookies.values()]
        .filter(({ path }) => covers(path, url.pathname))
        .map(({ name, value }) => `${name}=${value}`)
        .join("; "),
  };
}

/** RFC 6265, section 5.1.4. */
function covers(path: string, requested: string): boolean {
  return requested === path || requested.startsWith(path.endsWith("/") ? path : `${path}/`);
}

function defaultPath(url: URL): string {
  return url.pathname.slice(0, url.pathname.lastIndexOf("/")) || "/";
}
