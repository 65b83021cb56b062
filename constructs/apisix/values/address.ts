import { isIPv4, isIPv6 } from "node:net";
import type { ApisixProblem, ConfigValue } from "./apisix-value";

/** What is no IPv4 or IPv6 address, with or without a prefix length. */
export function addressProblems(address: ConfigValue | undefined, at: string): ApisixProblem[] {
  if (typeof address === "string" && isNetwork(address)) return [];
  const allowed = "an address, as 10.0.0.1 or ::1, or a network, as 10.0.0.0/8";
  return [{ at, what: "not an IP address", got: address, allowed }];
}

function isNetwork(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const isValid = (most: number) =>
    length === undefined || (rest.length === 0 && /^\d+$/.test(length) && Number(length) <= most);
  return isIPv4(address) ? isValid(32) : isIPv6(address.replace(/^\[(.*)\]$/, "$1")) && isValid(128);
}
