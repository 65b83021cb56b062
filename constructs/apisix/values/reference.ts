/** Whether a text is a reference: a value that APISIX looks up when it is used: https://apisix.apache.org/docs/apisix/terminology/secret/ */
export function isReference(text: string): boolean {
  return /^\$secret:\/\/|^\$env:\/\//i.test(text);
}
