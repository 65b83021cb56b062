import { describe, expect, it } from "vitest";
import { type Autoconfig, autoconfigDocument } from "../../../constructs/gateway/autoconfig";
import { at, readXml } from "../../kit/xml-reader";
import type { GatewayUnderTest } from "./behaviour";
import { mailUser } from "./echo-upstream";
import { basic, bearer } from "./http";
import { observer } from "./observer";

/** What the gateways under test tell mail programs of a domain. */
export const autoconfigOf = (domain: string): Autoconfig => ({
  domain,
  incoming: [{ host: `mail.${domain}`, port: 993, socketType: "SSL", passwords: true }],
  outgoing: [{ host: `mail.${domain}`, port: 587, socketType: "STARTTLS", passwords: false }],
});

const paths = ["/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"];

/** What every gateway of the kit answers to mail programs that configure themselves. */
export function autoconfigBehaviour(underTest: () => GatewayUnderTest): void {
  const { observe } = observer(underTest);

  describe("autoconfiguration of mail programs", () => {
    it.each(paths)("is told to anybody at %s, whatever address is asked about", async (path) => {
      const asked = ["", "?emailaddress=bob%40localhost", "?emailaddress=%zz", "?emailaddress=<%2Fdomain>"];
      for (const query of asked) {
        for (const headers of [{}, bearer("x"), basic(mailUser.address, "wrong"), { cookie: "a=b" }]) {
          const { answer, seen } = await observe(`${path}${query}`, { headers });
          expect([answer.status, seen]).toEqual([200, []]);
          // APISIX names the character set of every text.
          expect(answer.headers["content-type"]).toMatch(/^text\/xml(?:; charset=utf-8)?$/);
          expect(answer.text).toBe(autoconfigDocument(autoconfigOf("localhost")).text);
        }
      }
      const { answer } = await observe(path);
      expect(at(readXml(answer.text), "emailProvider.incomingServer.hostname")?.text).toBe("mail.localhost");
    });

    it.each(paths)("is not changed at %s, and its HEAD has no body", async (path) => {
      const head = await observe(path, { method: "HEAD" });
      expect([head.answer.status, head.answer.text]).toEqual([200, ""]);
      for (const method of ["POST", "PUT", "DELETE", "PROPFIND"]) {
        const { answer, seen } = await observe(path, { method });
        expect(answer.status, method).toBeGreaterThanOrEqual(400);
        expect(answer.status, method).toBeLessThan(500);
        expect(seen).toEqual([]);
      }
    });

    it("is nowhere else", async () => {
      for (const path of [
        "/mail/",
        "/mail/config-v1.1.xml/",
        "/mail/config-v1x1.xml",
        "/oidc/mail/config-v1.1.xml",
      ]) {
        expect((await observe(path)).answer.status, path).toBe(404);
      }
    });
  });
}
