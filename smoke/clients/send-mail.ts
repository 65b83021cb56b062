import { createTransport } from "nodemailer";
import { NETWORK_TIMEOUT } from "./http";
import type { Address } from "./line-client";

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** Submits a mail from and to the user, logged in with XOAUTH2. */
export async function sendMail(address: Address, user: string, token: string, mail: Mail): Promise<void> {
  const transport = createTransport({
    host: address.host,
    port: address.port,
    secure: false,
    // As the other mail clients here: the published ports are plain.
    ignoreTLS: true,
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
