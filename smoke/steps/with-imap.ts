import type { ImapFlow } from "imapflow";
import { openImap } from "../clients/imap-reader";
import { loginImap } from "../clients/login";
import type { SaslMessage } from "../clients/sasl";
import type { SmokeContext } from "./context";
import { accepted } from "./expect";

/** An IMAP client that is logged in, until the work is done. @throws with what the server answered */
export async function withImap<T>(
  { imap: address }: Pick<SmokeContext, "imap">,
  sasl: SaslMessage,
  work: (imap: ImapFlow) => Promise<T>,
): Promise<T> {
  const imap = await openImap(accepted(await loginImap(address, sasl), sasl.mechanism));
  try {
    return await work(imap);
  } catch (error) {
    // ImapFlow's message is "Command failed".
    if (error instanceof Error && "responseText" in error)
      throw new Error(`IMAP answered: ${error.responseText}`);
    throw error;
  } finally {
    imap.close();
  }
}
