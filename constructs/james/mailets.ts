import { type XmlElement, xml } from "../../kit/xml";
import type { MailRelay } from "./james-config";

/** Where mail is put aside: the protocol of its URL. */
export type MailRepository = "memory" | "postgres";

/**
 * mailetcontainer.xml: what becomes of accepted mail. Local recipients get it, through their Sieve script; unknown
 * ones and, unless told otherwise, those of other domains come back to the sender.
 *
 * @param kitExtension whether the kit's classes are there
 * @see https://james.apache.org/server/config-mailetcontainer.html
 */
export function mailetContainer(
  host: string,
  remoteDelivery: "refuse" | "direct" | MailRelay,
  repository: MailRepository,
  kitExtension: boolean,
): XmlElement {
  const recipientIsThere = kitExtension ? "kit.james.RecipientIsThere" : "RecipientIsLocal";
  const errors = `${repository}://var/mail/error/`;
  return xml(
    "mailetcontainer",
    { enableJmx: false },
    xml("context", {}, xml("postmaster", {}, "postmaster")),
    // One delivery at a time: the room that it needs in the heap is kept free, see `jamesLimits`.
    xml("spooler", {}, xml("threads", {}, 1), xml("errorRepository", {}, errors)),
    xml(
      "processors",
      {},
      processor(
        "root",
        mailet("PostmasterAlias"),
        mailet("Null", {}, "RelayLimit=30"),
        toProcessor("transport"),
      ),
      processor(
        "transport",
        // James refuses to start without it: blind copies would be shown to all recipients.
        mailet("RemoveMimeHeader", { name: "bcc", ...ignoreErrors }),
        mailet("RecipientRewriteTable", { errorProcessor: rewriteErrors }),
        // Else a James that ends would put aside the mail that waits for the directory.
        toProcessor("local-delivery", recipientIsThere, { onMatchException: "propagate" }),
        toProcessor("unknown-user", "HostIsLocal"),
        ...(remoteDelivery === "refuse" ? [] : sentFromHere.map((match) => toProcessor("relay", match))),
        toProcessor("relay-denied"),
      ),
      processor(
        "local-delivery",
        mailet("VacationMailet", ignoreErrors),
        mailet("Sieve", ignoreErrors),
        mailet("AddDeliveredToHeader"),
        mailet("org.apache.james.jmap.mailet.filter.JMAPFiltering", ignoreErrors),
        // Else it would end in the error repository.
        mailet("Bounce", bounceParameters("The mailbox is full."), "IsOverQuota"),
        mailet("LocalDelivery", repository === "postgres" ? { retries: deliveryRetries } : {}),
      ),
      processor("unknown-user", bounce("There is no such user here.")),
      processor("relay-denied", bounce("This server delivers no mail to other domains.")),
      ...(remoteDelivery === "refuse"
        ? []
        : [
            processor("relay", mailet("RemoteDelivery", remoteDeliveryParameters(host, remoteDelivery))),
            processor("bounces", mailet("DSNBounce", { passThrough: false })),
          ]),
      processor(
        "error",
        mailet("Bounce", ignoreErrors),
        mailet("ToRepository", {
          repositoryPath: errors,
          onMailetException: "propagate",
        }),
      ),
      processor(
        rewriteErrors,
        mailet("ToRepository", { repositoryPath: `${repository}://var/mail/rrt-error/`, passThrough: true }),
        mailet("Null", {}, "IsSenderInRRTLoop"),
        mailet("Bounce"),
      ),
    ),
  );
}

/** A second apart, but for the first ones: while its database starts, James would else put a mail aside after three. */
const deliveryRetries = 600;

/** From 3.9 on James wants a processor of this name. */
const rewriteErrors = "rrt-error";

type Parameters = Readonly<Record<string, string | number | boolean>>;

/** Who may send to other domains: users by SMTP or JMAP, and James's own mailets, such as a Sieve redirect. */
const sentFromHere = ["SMTPAuthSuccessful", "org.apache.james.jmap.mailet.SentByJmap", "SentByMailet"];

const ignoreErrors: Parameters = { onMailetException: "ignore" };

function processor(state: string, ...mailets: readonly XmlElement[]): XmlElement {
  return xml("processor", { state, enableJmx: false }, ...mailets);
}

function mailet(name: string, parameters: Parameters = {}, match = "All"): XmlElement {
  return xml(
    "mailet",
    { match, class: name },
    ...Object.entries(parameters).map(([key, value]) => xml(key, {}, value)),
  );
}

function toProcessor(state: string, match = "All", parameters: Parameters = {}): XmlElement {
  return mailet("ToProcessor", { processor: state, ...parameters }, match);
}

function bounce(message: string): XmlElement {
  return mailet("Bounce", bounceParameters(message));
}

function bounceParameters(message: string): Parameters {
  return { message, attachment: "none", passThrough: false };
}

function remoteDeliveryParameters(host: string, remoteDelivery: "direct" | MailRelay): Parameters {
  return {
    heloName: host,
    outgoingQueue: "outgoing",
    delayTime: "5000, 100000, 500000",
    maxRetries: 3,
    deliveryThreads: 2,
    sendpartial: true,
    bounceProcessor: "bounces",
    ...(remoteDelivery !== "direct" && { gateway: `${remoteDelivery.host}:${remoteDelivery.port}` }),
  };
}
