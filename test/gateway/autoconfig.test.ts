import { describe, expect, it } from "vitest";
import { autoconfigDocument } from "../../constructs/gateway/autoconfig";
import { at, readXml } from "../kit/xml-reader";

const host = "mail.example.org";
const minimal = {
  domain: "example.org",
  incoming: [{ host, port: 143, socketType: "STARTTLS", passwords: false }],
  outgoing: [{ host, port: 587, socketType: "STARTTLS", passwords: false }],
} as const;

/** Names and texts of what is below an element. */
const texts = (element: ReturnType<typeof readXml> | undefined) =>
  element?.children.map(({ name, text }) => `${name} ${text}`);

describe("autoconfigDocument", () => {
  it("minimal: a listener each, to which programs show tokens alone", () => {
    const { mediaType, text } = autoconfigDocument(minimal);
    expect([mediaType, text.split("\n")[0]]).toEqual(["text/xml", '<?xml version="1.0" encoding="UTF-8"?>']);
    const config = readXml(text);
    expect([config.name, config.attributes]).toEqual(["clientConfig", { version: "1.1" }]);
    expect(config.children.map(({ name, attributes }) => [name, attributes])).toEqual([
      ["emailProvider", { id: "example.org" }],
    ]);
    const provider = at(config, "emailProvider");
    expect(provider?.children.map(({ name, attributes }) => [name, attributes.type])).toEqual([
      ["domain", undefined],
      ["displayName", undefined],
      ["displayShortName", undefined],
      ["incomingServer", "imap"],
      ["outgoingServer", "smtp"],
    ]);
    expect(texts(at(config, "emailProvider.incomingServer"))).toEqual([
      ...["hostname mail.example.org", "port 143", "socketType STARTTLS"],
      ...["username %EMAILADDRESS%", "authentication OAuth2"],
    ]);
  });

  it("maximal: what is preferred first, passwords where they are taken, where tokens come from", () => {
    const config = readXml(
      autoconfigDocument({
        ...minimal,
        incoming: [{ host, port: 993, socketType: "SSL", passwords: true }, ...minimal.incoming],
        login: {
          issuer: "https://login.example.org:8443/auth/realms/oidc",
          scopes: ["openid", "email"],
          authorizationUrl: "https://login.example.org/auth?a=1&b=2",
          tokenUrl: "https://login.example.org/token",
        },
      }).text,
    );
    const [, , , first, second] = at(config, "emailProvider")?.children ?? [];
    expect(texts(first)?.slice(1)).toEqual([
      ...["port 993", "socketType SSL", "username %EMAILADDRESS%"],
      ...["authentication OAuth2", "authentication password-cleartext"],
    ]);
    expect(texts(second)?.slice(1, 3)).toEqual(["port 143", "socketType STARTTLS"]);
    expect(texts(at(config, "oAuth2"))).toEqual([
      ...["issuer login.example.org", "scope openid email"],
      ...["authURL https://login.example.org/auth?a=1&b=2", "tokenURL https://login.example.org/token"],
    ]);
  });
});
