export type Release = readonly [major: number, minor: number];

/** @param version as `3.8.1`; what does not start with two numbers is before every release */
export function isAtLeast(version: string, [major, minor]: Release): boolean {
  const [, foundMajor, foundMinor] = (/^(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  if (foundMajor === undefined || foundMinor === undefined) return false;
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}
