/** The servers of a directory, in the order in which they are asked. */
export function directoryUrls({
  url,
  furtherUrls = [],
}: {
  readonly url: string;
  readonly furtherUrls?: readonly string[] | undefined;
}): string[] {
  return [url, ...furtherUrls];
}
