import fc from "fast-check";

/**
 * Any character, those of ASCII more often. fast-check's own unit "binary" first lists all of the million, which takes
 * longer than the tests.
 */
export const character = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));
