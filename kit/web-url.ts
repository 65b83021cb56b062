export function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^\s/?#]/.test(text) && URL.canParse(text) && !/\s/.test(text);
}

/** Host names in a text of URLs, blanks between them; none where a name is known only after an apply. */
export function hostsOf(urls: string): string[] {
  return urls
    .split(/\s+/)
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url).hostname)
    .filter((host) => host !== "");
}
