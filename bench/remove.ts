import { docker } from "../test/e2e/kit";

/** Removes every container, network and volume with a label, also those of an earlier run that was cut off. */
export function removeLabelled(label: string): void {
  for (const [list, remove] of [
    [
      ["ps", "--all"],
      ["rm", "--force", "--volumes"],
    ],
    [
      ["network", "ls"],
      ["network", "rm"],
    ],
    [
      ["volume", "ls"],
      ["volume", "rm"],
    ],
  ] as const) {
    const found = docker(...list, "--quiet", "--filter", `label=${label}`);
    if (found.length > 0) docker(...remove, ...found);
  }
}
