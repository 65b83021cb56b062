import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { certificatesTaken } from "../../../smoke/steps/certificates-taken";
import type { SmokeTarget } from "../../../smoke/steps/target";
import { Authority } from "../../authority";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-taken-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [authority, former] = [new Authority(folder), new Authority(folder, "former")];
const nowhere = { host: "127.0.0.1", port: 1 };

/** A gateway that shows a certificate of the former authority. */
async function gateway() {
  const server = createServer(former.issue("localhost")).on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const tls = { name: "localhost", ca: authority.certificate };
  const address = { host: "127.0.0.1", port, tls };
  return {
    server,
    target: { gateway: address, imap: nowhere, smtp: nowhere, sieve: nowhere } as SmokeTarget,
  };
}

test("waits until a certificate that was replaced is shown", async () => {
  const { server, target } = await gateway();
  let isTaken = false;
  let attempts = 0;
  server.on("tlsClientError", () => {
    if (++attempts < 2) return;
    server.setSecureContext(authority.issue("localhost"));
    isTaken = true;
  });
  await certificatesTaken(target);
  expect(isTaken).toBe(true);
});

test("ends when it never is, and at once where nobody listens or nothing has TLS", async () => {
  const { target } = await gateway();
  await certificatesTaken(target, 100);
  const start = performance.now();
  await certificatesTaken({ ...target, gateway: { ...target.gateway, port: 1 } });
  await certificatesTaken({ ...target, gateway: nowhere });
  expect(performance.now() - start).toBeLessThan(20_000);
});
