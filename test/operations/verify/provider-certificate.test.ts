import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loginEndpoints } from "../../../operations/verify/provider-check";
import type { RealmModel } from "../../../platform/model/platform-model";
import { Authority } from "../../authority";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
let server: Server;
let ca = "";

beforeAll(async () => {
  const authority = new Authority(folder);
  const [, cert, key] = authority.certify("127.0.0.1");
  ca = authority.certificate;
  server = createServer({ cert: cert?.content, key: key?.content }, (_, response) =>
    response.end(
      JSON.stringify({ authorization_endpoint: "https://a.test", token_endpoint: "https://t.test" }),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const ask = (host: string, oidc: object) => {
  const { port } = server.address() as AddressInfo;
  return loginEndpoints({ oidc: { discoveryUrl: `https://${host}:${port}/`, ...oidc } } as RealmModel);
};

test("what is wrong with a provider's certificate is told as what to write", async () => {
  await expect(ask("127.0.0.1", { ca })).resolves.toMatchObject({ token: "https://t.test" });
  await expect(ask("127.0.0.1", {})).rejects.toThrow(/authority by `ca`/);
  await expect(ask("localhost", { ca })).rejects.toThrow(/by a name that its certificate has/);
});

test("a provider that is not there is to be started", async () => {
  await expect(
    loginEndpoints({ oidc: { discoveryUrl: "https://127.0.0.1:1/" } } as RealmModel),
  ).rejects.toThrow(/Start it/);
});
