import { createTransport } from "nodemailer";
import { NETWORK_TIMEOUT } from "./http";
import { type Address, openSocket, tlsOptions } from "./socket";

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** Submits a mail from and to the user, logged in with XOAUTH2. */
export async function sendMail(address: Address, user: string, token: string, mail: Mail): Promise<void> {
  const { tls, startTls, ...plain } = address;
  const identity = tls ?? startTls;
  const transport = createTransport({
    host: address.host,
    port: address.port,
    ...(address.proxied && { connection: openSocket(plain) }),
    secure: tls !== undefined,
    ...(startTls ? { requireTLS: true } : { ignoreTLS: true }),
    ...(identity && { tls: tlsOptions(identity) }),
    name: "smoke.example.com",
    connectionTimeout: NETWORK_TIMEOUT,
    greetingTimeout: NETWORK_TIMEOUT,
    socketTimeout: NETWORK_TIMEOUT,
    auth: { type: "OAuth2", user, accessToken: token },
  });
  try {
    await transport.sendMail({ from: user, to: user, ...mail });
  } finally {
    transport.close();
  }
}
