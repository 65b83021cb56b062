/** Apache James: JMAP, IMAP, SMTP submission and ManageSieve. */
export { type JamesCapabilities, jamesCapabilities } from "../constructs/james/capabilities";
export type { JamesConfig, JamesOidc, JamesRealm } from "../constructs/james/james-config";
export type { JamesLimits } from "../constructs/james/james-limits";
export { type JamesFlavour, JamesRelease } from "../constructs/james/james-release";
export { type IJames, JamesServer, type JamesServerProps } from "../constructs/james/james-server";
