export function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^\s/?#]/.test(text) && URL.canParse(text) && !/\s/.test(text);
}
