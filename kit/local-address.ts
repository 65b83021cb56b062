/** Where this machine alone reaches what would listen on `bind`. */
export function loopbackAddress(bind: string): string {
  return bind.startsWith("127.") ? bind : "127.0.0.1";
}

/** Where this machine finds what listens on `bind`: 0.0.0.0 is where to listen, not where to connect. */
export function localAddress(bind: string): string {
  return bind === "0.0.0.0" ? "127.0.0.1" : bind;
}
