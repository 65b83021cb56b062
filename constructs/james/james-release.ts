/** James's servers that have images of their own. They differ in where mail is. */
export const jamesFlavours = ["memory", "postgres", "distributed", "cassandra", "jpa"] as const;
export type JamesFlavour = (typeof jamesFlavours)[number];

const written = new RegExp(`^(${jamesFlavours.join("|")})-(\\d+\\.\\d+\\.\\d+)(.*)$`);

/** Which James an image holds: what the kit offers, renders and tests follows from it. */
export class JamesRelease {
  /**
   * @param version `3.8.2`
   * @param extended whether the kit's classes are in it (`images/james/extension`). Default: James as released
   */
  constructor(
    readonly flavour: JamesFlavour,
    readonly version: string,
    readonly extended = false,
  ) {}

  /**
   * @param text as an image's tag, `memory-3.8.2`, and `memory-3.8.2-kit` or `memory-3.8.2+kit` with the kit's classes
   * @returns undefined where it does not begin with a flavour and a release
   */
  static parse(text: string): JamesRelease | undefined {
    const [, flavour, version, rest = ""] = written.exec(text) ?? [];
    if (flavour === undefined || version === undefined) return undefined;
    return new JamesRelease(flavour as JamesFlavour, version, /[-+]kit$/.test(rest));
  }

  /** The same with the kit's classes. */
  withExtension(): JamesRelease {
    return new JamesRelease(this.flavour, this.version, true);
  }

  /** `memory-3.8.2+kit` */
  toString(): string {
    return `${this.flavour}-${this.version}${this.extended ? "+kit" : ""}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
