/**
 * Whether a dotted release is `minimum` or newer. What follows a hyphen or a plus (`-rc1`, `+dfsg1`) is ignored; a text that
 * does not begin with a number is before every release.
 */
export function isAtLeast(release: string, minimum: string): boolean {
  const left = numbers(release);
  const right = numbers(minimum);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(release: string): number[] {
  return (release.split(/[-+]/)[0] ?? "").split(".").map((part) => Number.parseInt(part, 10) || 0);
}
