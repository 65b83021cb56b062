import { dnsName } from "./dns-name";

export function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^\s/?#]/.test(text) && URL.canParse(text) && !/\s/.test(text);
}

/**
 * Whether paths can be put behind it: its host is a name in lower case, and it has neither user, query nor fragment, nor what
 * servers replace in their settings (`${…}`).
 */
export function isBaseUrl(text: string): boolean {
  if (!isWebUrl(text) || /[?#@%\\${}]|\/\.{1,2}(\/|$)|:\/\/[^/]*\/.*\/\//.test(text)) return false;
  return dnsName.test(new URL(text).hostname);
}

/** Host names in a text of URLs, blanks between them; none where a name is known only after an apply. */
export function hostsOf(urls: string): string[] {
  return urls
    .split(/\s+/)
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url).hostname)
    .filter((host) => host !== "");
}
