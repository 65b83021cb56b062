import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

/**
 * Lets this process find names below `localhost` on this machine, as browsers do (RFC 6761, section 6.3): the C library of most
 * Linux systems, whom Node.js asks, does not.
 */
const onThisMachine = (name: unknown) =>
  typeof name === "string" && /\.localhost\.?$/i.test(name) ? "127.0.0.1" : name;

for (const resolver of [dns, dns.promises]) {
  const lookup = resolver.lookup as (name: unknown, ...more: unknown[]) => unknown;
  const found = (name: unknown, ...more: unknown[]) => lookup(onThisMachine(name), ...more);
  // By what it has beside, util.promisify() makes an object of the answer.
  Object.defineProperties(found, Object.getOwnPropertyDescriptors(lookup));
  Object.assign(resolver, { lookup: found });
}
syncBuiltinESMExports();
