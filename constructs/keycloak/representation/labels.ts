/** Tells objects of one label apart by a number, in their order: `federation ldap`, `federation ldap (2)`. */
export class Labels {
  readonly #taken = new Set<string>();

  of(label: string): string {
    let free = label;
    for (let count = 2; this.#taken.has(free); count += 1) free = `${label} (${count})`;
    this.#taken.add(free);
    return free;
  }
}
