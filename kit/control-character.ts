export function hasControlCharacter(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  return /[\x00-\x1f\x7f]/.test(text);
}
