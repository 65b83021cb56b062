import { setTimeout } from "node:timers/promises";
import { NETWORK_TIMEOUT } from "../clients/http";
import { connectLines } from "../clients/line-client";
import { type MailProtocol, openSession } from "../clients/mail-session";
import type { Address } from "../clients/socket";
import type { SmokeTarget } from "./target";

/** Milliseconds that services may take until they show a certificate that was replaced, while they run. */
const LONGEST = 60_000;
const PAUSE = 500;

/**
 * Waits until every listener shows a certificate that is trusted: services take a new one a while after it was issued. What it
 * waits for in vain the steps then tell.
 */
export async function certificatesTaken(target: SmokeTarget, longest = LONGEST): Promise<void> {
  const { gateway, sso, imaps, submissions } = target;
  const web = [gateway, sso, imaps, submissions].flatMap((address) =>
    address?.tls ? [() => connectLines(address, NETWORK_TIMEOUT)] : [],
  );
  const mail = (["imap", "smtp", "sieve"] as const).flatMap((protocol) =>
    target[protocol].startTls ? [() => linesOf(protocol, target[protocol])] : [],
  );
  const end = performance.now() + longest;
  await Promise.all(
    [...web, ...mail].map(async (open) => {
      while ((await isChanging(open)) && performance.now() < end) await setTimeout(PAUSE);
    }),
  );
}

async function linesOf(protocol: MailProtocol, address: Address) {
  return (await openSession(protocol, address)).lines;
}

async function isChanging(open: () => ReturnType<typeof connectLines>): Promise<boolean> {
  try {
    (await open()).close();
    return false;
  } catch (error) {
    return isOfChange(error);
  }
}

/**
 * Whether the old certificate is shown, or none: in the moment in which Keycloak's server takes a new one it drops who
 * connects. https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
function isOfChange(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ECONNRESET/.test(code)) return true;
    if (message.endsWith("closed the connection")) return true;
  }
  return false;
}
