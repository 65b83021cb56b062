type Value = string | number | boolean | undefined;

/** A `.properties` file; `undefined` is left out. Values must be `isPropertyText`. */
export function renderProperties(properties: Readonly<Record<string, Value>>): string {
  return Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (!isPropertyText(String(value)))
        throw new Error(`value of ${key} cannot be held by a .properties file`);
      return `${key}=${value}\n`;
    })
    .join("");
}

/** Joins values that James takes as a list. */
export function propertyList(values: readonly string[]): string {
  return values.join(",");
}

/**
 * Whether James reads the value back as it is: visible ASCII and inner spaces, without what its reader resolves
 * (`${`), unescapes (`\`) or strips (`"`).
 */
export function isPropertyText(text: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/\$\{|[\\"]/.test(text);
}
