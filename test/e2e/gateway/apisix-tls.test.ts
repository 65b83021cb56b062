import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApisixGatewayProps } from "../../../constructs/apisix/apisix-gateway-props";
import { proxyProtocolPort } from "../../../constructs/apisix/render-config";
import type { GatewayRoute, Upstream } from "../../../constructs/gateway/gateway-route";
import { freePort, freePorts } from "../../engine";
import { forwardedHost, forwardedHostBehaviour } from "../../gateway/behaviour/forwarded-host-behaviour";
import {
  forwardedProxyBehaviour,
  proxyHeader,
  proxyProtocolBehaviour,
} from "../../gateway/behaviour/proxy-behaviour";
import { tlsBehaviour } from "../../gateway/behaviour/tls-behaviour";
import { findApisix } from "../../gateway/lab/apisix";
import { type GatewayLab, startGatewayLab } from "../../gateway/lab/gateway-lab";
import { labCertificate } from "../../gateway/lab/httpd";
import {
  apisixBehaviour,
  apisixHost,
  type MailApisix,
  type MailApisixOptions,
  startMailApisix,
} from "../../gateway/lab/mail-apisix";

const source = findApisix();
const missing = "missing" in source ? source.missing : undefined;

let lab: GatewayLab;
const running: MailApisix[] = [];

const start = async (options: MailApisixOptions) => {
  if ("missing" in source) throw new Error(source.missing);
  const gateway = await startMailApisix(source, lab, options);
  running.push(gateway);
  return gateway;
};

if (missing) it("APISIX", ({ skip }) => skip(missing));
describe.each(missing ? [] : ["APISIX in public"])("%s", () => {
  beforeAll(async () => {
    lab = await startGatewayLab("apisix-tls");
  });
  afterAll(async () => {
    await Promise.all(running.map((gateway) => gateway.running.stop()));
    await lab?.close();
  });

  // A container would be asked from its network's gateway, whoever asks.
  describe.skipIf("image" in source)("behind a proxy", () => {
    const open = (upstream: Upstream): GatewayRoute[] => [
      { id: "open", path: "/open/*", methods: ["GET"], authentication: "public", target: { upstream } },
    ];
    const trusted = ["203.0.113.0/24", "127.0.0.1"];
    const under = ({ running }: MailApisix, port: number) => ({
      ...{ host: apisixHost, port, upstream: lab.upstream, path: "/open/x", log: running.logs },
    });
    /** From another address of this machine. */
    const stranger = (port: number) => (bytes: Buffer) =>
      new Promise<string>((resolve) => {
        let answer = "";
        const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" }, () =>
          socket.write(bytes),
        );
        socket.on("data", (data) => {
          answer += data;
        });
        socket.setTimeout(10_000, () => socket.destroy());
        socket.on("error", () => resolve(answer));
        socket.on("close", () => resolve(answer));
      });
    const request = `GET /open/x HTTP/1.1\r\nHost: ${apisixHost}\r\nConnection: close\r\n\r\n`;

    describe("that says X-Forwarded-For", () => {
      let gateway: MailApisix;
      beforeAll(async () => {
        const change = { proxy: { trusted, protocol: "forwarded" } } as const;
        gateway = await start({ name: "forwarded", more: open, change });
      });
      forwardedProxyBehaviour(() => ({ ...under(gateway, gateway.port), stranger: stranger(gateway.port) }));
    });

    describe.each(["plain HTTP", "HTTPS"])("that speaks the PROXY protocol, by %s", (by) => {
      const port = freePort();
      let gateway: MailApisix;
      let ca: string | undefined;
      beforeAll(async () => {
        const { certificate, files } = labCertificate(lab, "mail", apisixHost);
        const tls = { port, certificates: [certificate] } as const;
        const change: Partial<ApisixGatewayProps> = {
          proxy: { trusted, protocol: "proxy-v2" },
          ...(by === "HTTPS" && { tls }),
        };
        if (by === "HTTPS") ca = lab.authority.certificate;
        gateway = await start({ name: "proxied", more: open, files, change, ...(ca && { ca }) });
      });

      proxyProtocolBehaviour(() => ({
        ...under(gateway, ca === undefined ? proxyProtocolPort : port),
        ...(ca !== undefined && { ca }),
      }));

      it("answers the environment's own services without it, by their own address", async () => {
        const before = lab.upstream.seen.length;
        expect(await stranger(gateway.port)(Buffer.from(request))).toMatch(/^HTTP\/1\.1 200 /);
        expect(lab.upstream.seen.slice(before)).toMatchObject([
          { headers: expect.arrayContaining([["X-Real-IP", "127.0.0.2"]]) },
        ]);
      });

      it.runIf(by === "plain HTTP")("takes others by their own address, whatever they say", async () => {
        const before = lab.upstream.seen.length;
        const said = Buffer.concat([proxyHeader("192.0.2.77"), Buffer.from(request)]);
        expect(await stranger(proxyProtocolPort)(said)).toMatch(/^HTTP\/1\.1 200 /);
        expect(await stranger(proxyProtocolPort)(Buffer.from(request))).toBe("");
        expect(lab.upstream.seen.slice(before)).toMatchObject([
          { headers: expect.arrayContaining([["X-Real-IP", "127.0.0.2"]]) },
        ]);
      });
    });
  });

  describe("by HTTPS", () => {
    const ports = freePorts("https", "redirect");
    const publicPort = 443;
    let gateway: MailApisix;
    const pair = (name: string, host: string) => labCertificate(lab, name, host);

    beforeAll(async () => {
      const mail = pair("mail", apisixHost);
      const login = pair("login", forwardedHost.host);
      // nginx asks a name server, which knows names of the lab in its network only.
      const { [lab.upstreamAddress.host]: address = "" } = "command" in source ? await lab.addresses() : {};
      gateway = await start({
        name: "tls",
        ca: lab.authority.certificate,
        files: [...mail.files, ...login.files],
        change: {
          tls: {
            ...{ port: ports.https, publicPort, redirectPort: ports.redirect },
            certificates: [mail.certificate, login.certificate],
            challenges: { ...lab.upstreamAddress, ...(address && { host: address }) },
          },
          forwardedHosts: [{ ...forwardedHost, upstream: lab.upstreamAddress }],
        },
      });
    });

    it("starts without an error", async () => {
      expect(await gateway.running.logs()).not.toMatch(/\[(?:error|crit|alert|emerg)\]/);
    });

    tlsBehaviour(() => ({
      ...{ baseUrl: gateway.baseUrl, ca: lab.authority.certificate, upstream: lab.upstream, publicPort },
      redirectPort: ports.redirect,
      login: () => lab.client.login("mail"),
      renew: () => gateway.running.replace(pair("mail", apisixHost).files),
    }));

    forwardedHostBehaviour(() => ({
      ...{ baseUrl: gateway.baseUrl, ca: lab.authority.certificate, upstream: lab.upstream },
    }));

    apisixBehaviour(
      () => lab,
      () => gateway,
    );
  });
});
