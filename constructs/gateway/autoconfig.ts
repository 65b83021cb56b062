import { renderXml, type XmlElement, xml } from "../../kit/xml";
import type { GatewayDocument } from "./gateway-route";

/** What mail programs need to configure themselves for the users of a domain, whose names at servers are their addresses. */
export interface Autoconfig {
  /** Of the addresses. */
  readonly domain: string;
  /** IMAP, in the order of preference. */
  readonly incoming: readonly AutoconfigServer[];
  /** Submission, in the order of preference. */
  readonly outgoing: readonly AutoconfigServer[];
  /** Where programs get tokens. @default they must know it themselves */
  readonly login?: AutoconfigLogin;
}

/** A listener that takes tokens, with TLS. */
export interface AutoconfigServer {
  readonly host: string;
  readonly port: number;
  /** `SSL`: TLS from the first byte on. */
  readonly socketType: "SSL" | "STARTTLS";
  /** Whether it takes passwords too. */
  readonly passwords: boolean;
}

export interface AutoconfigLogin {
  /** URL of who issues the tokens. */
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
}

/**
 * Mozilla's format, which other programs read too. A program takes the first way to log in that it can: Thunderbird OAuth2
 * where an add-on has made it know the provider, else the password.
 * https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
 */
export function autoconfigDocument({ domain, incoming, outgoing, login }: Autoconfig): GatewayDocument {
  const provider = xml(
    "emailProvider",
    { id: domain },
    ...["domain", "displayName", "displayShortName"].map((name) => xml(name, {}, domain)),
    ...incoming.map((server) => serverElement("incomingServer", "imap", server)),
    ...outgoing.map((server) => serverElement("outgoingServer", "smtp", server)),
  );
  return {
    mediaType: "text/xml",
    text: renderXml(xml("clientConfig", { version: "1.1" }, provider, login && loginElement(login))),
  };
}

function serverElement(name: string, type: string, server: AutoconfigServer): XmlElement {
  const { host, port, socketType, passwords } = server;
  return xml(
    name,
    { type },
    xml("hostname", {}, host),
    xml("port", {}, port),
    xml("socketType", {}, socketType),
    xml("username", {}, "%EMAILADDRESS%"),
    xml("authentication", {}, "OAuth2"),
    passwords ? xml("authentication", {}, "password-cleartext") : undefined,
  );
}

/** By the host name of its issuer a program finds a provider that it knows. */
function loginElement({ issuer, scopes, authorizationUrl, tokenUrl }: AutoconfigLogin): XmlElement {
  return xml(
    "oAuth2",
    {},
    xml("issuer", {}, new URL(issuer).hostname),
    xml("scope", {}, scopes.join(" ")),
    xml("authURL", {}, authorizationUrl),
    xml("tokenURL", {}, tokenUrl),
  );
}
