/** A release of Keycloak: `[26, 7, 3]`. */
export type Release = readonly [major: number, minor: number, patch: number];

/** Releases whose exports are understood, by their majors. */
export const oldestKeycloak = 8;
export const newestKeycloak = 26;

/** Of `26.7.3` or `18.0.2.redhat-00001`; undefined for what is none. */
export function releaseOf(version: string): Release | undefined {
  const found = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?!\d)/.exec(version);
  return found ? [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)] : undefined;
}

export function isBefore(release: Release, other: Release): boolean {
  const differs = release.findIndex((number, index) => number !== other[index]);
  return differs >= 0 && (release[differs] ?? 0) < (other[differs] ?? 0);
}
