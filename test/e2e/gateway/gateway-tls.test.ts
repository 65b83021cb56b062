import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { GatewayRoute, Upstream } from "../../../constructs/gateway/gateway-route";
import { defaultLimits } from "../../../constructs/httpd/httpd-config";
import { generations } from "../../../constructs/httpd/httpd-start";
import { freePort, freePorts } from "../../engine";
import { mailUser } from "../../gateway/behaviour/echo-upstream";
import { forwardedHost, forwardedHostBehaviour } from "../../gateway/behaviour/forwarded-host-behaviour";
import { ask, basic, lookup } from "../../gateway/behaviour/http";
import { forwardedProxyBehaviour, proxyProtocolBehaviour } from "../../gateway/behaviour/proxy-behaviour";
import { shownCertificate, tlsBehaviour } from "../../gateway/behaviour/tls-behaviour";
import { type GatewayLab, startGatewayLab } from "../../gateway/lab/gateway-lab";
import {
  type HttpdUnderTest,
  httpdBehaviour,
  httpdHost,
  labCertificate,
  startHttpd,
} from "../../gateway/lab/httpd";

let lab: GatewayLab;
beforeAll(async () => {
  lab = await startGatewayLab("gateway-tls");
});
afterAll(() => lab?.close());

describe("httpd by HTTPS", () => {
  const ports = freePorts("https", "redirect");
  const publicPort = 443;
  const certified = [httpdHost, forwardedHost.host] as const;
  let gateway: HttpdUnderTest;

  beforeAll(async () => {
    const { certificate, files } = labCertificate(lab, "gateway", ...certified);
    gateway = await startHttpd(lab, "tls", 0, {
      ...{ files, ca: lab.authority.certificate },
      change: () => ({
        tls: {
          ...{ port: ports.https, publicPort, redirectPort: ports.redirect },
          certificates: [certificate],
          challenges: lab.upstreamAddress,
        },
        forwardedHosts: [{ ...forwardedHost, upstream: lab.upstreamAddress }],
      }),
    });
  });

  tlsBehaviour(() => ({
    ...{ baseUrl: gateway.baseUrl, ca: lab.authority.certificate, upstream: lab.upstream, publicPort },
    redirectPort: ports.redirect,
    login: () => lab.client.login("mail"),
    renew: () => lab.replace("tls", labCertificate(lab, "gateway", ...certified).files),
  }));

  forwardedHostBehaviour(() => ({
    ...{ baseUrl: gateway.baseUrl, ca: lab.authority.certificate, upstream: lab.upstream },
  }));

  httpdBehaviour(
    () => lab,
    () => gateway,
  );
});

describe("httpd whose certificate is renewed often", () => {
  const port = freePort();
  const ca = () => lab.authority.certificate;
  let gateway: HttpdUnderTest;
  beforeAll(async () => {
    const { certificate, files } = labCertificate(lab, "gateway", httpdHost);
    gateway = await startHttpd(lab, "renewed", 0, {
      ...{ files, ca: ca() },
      change: () => ({
        tls: { port, certificates: [certificate] },
        limits: { ...defaultLimits, maxRequests: 10 },
      }),
    });
  });

  it("always answers, however many WebSockets keep its processes; the oldest end", async () => {
    const headers = basic(mailUser.address, mailUser.password);
    const shown = () => shownCertificate(httpdHost, port, ca());
    const open: boolean[] = [];
    for (let round = 0; round < generations + 2; round++) {
      const socket = new WebSocket(`wss://${httpdHost}:${port}/jmap/ws`, { headers, lookup, ca: ca() });
      await new Promise((resolve, reject) => {
        socket.on("message", resolve);
        socket.on("error", reject);
      });
      open[round] = true;
      socket.on("close", () => {
        open[round] = false;
      });
      const before = await shown();
      await lab.replace("renewed", labCertificate(lab, "gateway", httpdHost).files);
      await expect.poll(shown, { timeout: 30_000, interval: 500 }).not.toBe(before);
      expect((await ask(gateway.baseUrl, "/jmap/session", { headers }, ca())).status).toBe(200);
    }
    expect(open.slice(-(generations - 1))).toEqual(Array(generations - 1).fill(true));
    expect(open[0]).toBe(false);
  });
});

describe("httpd behind a proxy", () => {
  const open = (upstream: Upstream): GatewayRoute[] => [
    { id: "open", path: "/open/*", methods: ["GET"], authentication: "public", target: { upstream } },
  ];
  const started = (name: string, gateway: HttpdUnderTest) => ({
    ...{ host: httpdHost, port: gateway.port, upstream: lab.upstream, path: "/open/x" },
    log: () => lab.logs(name),
    /** Redis's container, on the same network. */
    stranger: async (bytes: Buffer) => {
      const script = `exec 3<>/dev/tcp/$1/$2 && base64 -d <<<"$3" >&3 && timeout 10 cat <&3`;
      const address = await lab.addressOf(name);
      return lab.execute(
        "redis",
        "bash",
        "-c",
        script,
        "-",
        address,
        `${gateway.port}`,
        bytes.toString("base64"),
      );
    },
  });

  describe("that says X-Forwarded-For", () => {
    let gateway: HttpdUnderTest;
    beforeAll(async () => {
      const proxy = { trusted: ["127.0.0.1", "203.0.113.0/24"], protocol: "forwarded" } as const;
      gateway = await startHttpd(lab, "forwarded", 0, { more: open, change: () => ({ proxy }) });
    });
    forwardedProxyBehaviour(() => started("forwarded", gateway));
  });

  describe("that speaks the PROXY protocol", () => {
    let gateway: HttpdUnderTest;
    beforeAll(async () => {
      const proxy = { trusted: ["203.0.113.0/24", "127.0.0.1"], protocol: "proxy-v2" } as const;
      gateway = await startHttpd(lab, "proxied", 0, { more: open, change: () => ({ proxy }) });
    });
    proxyProtocolBehaviour(() => started("proxied", gateway));
  });

  describe("that speaks the PROXY protocol, by HTTPS", () => {
    const port = freePort();
    beforeAll(async () => {
      const proxy = { trusted: ["127.0.0.1"], protocol: "proxy-v2" } as const;
      const { certificate, files } = labCertificate(lab, "gateway", httpdHost);
      await startHttpd(lab, "proxied-tls", 0, {
        ...{ more: open, files, ca: lab.authority.certificate },
        change: () => ({ proxy, tls: { port, certificates: [certificate] } }),
      });
    });
    proxyProtocolBehaviour(() => ({
      ...{ host: httpdHost, port, ca: lab.authority.certificate, upstream: lab.upstream, path: "/open/x" },
      log: () => lab.logs("proxied-tls"),
    }));
  });
});
