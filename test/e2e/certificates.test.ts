import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Acme } from "../../constructs/certificates/acme";
import { createAuthority, parseAuthority } from "../../constructs/certificates/authority";
import {
  type CertificateFiles,
  CertificateStore,
  type CertificateStoreProps,
  type StoredCertificate,
} from "../../constructs/certificates/certificate-store";
import { Secret } from "../../constructs/workload/secret";
import { builtImages } from "../../platform/image-set";
import { buildImages } from "../../setup/engine/images";
import { createProgress } from "../../setup/progress/progress";
import { Authority } from "../authority";
import { docker, freePorts, removeRuns, runName } from "../engine";
import { logs, startContainer, startWorkload, testLabel } from "../gateway/lab/docker";
import { secret, synth, testStack } from "../template";
import { ensurePebble, Pebble, type PebbleOptions } from "./support/pebble";

/**
 * The store of certificates as a container, and a service that sees its own. Authorities of ACME are Let's Encrypt's own for
 * tests of clients; where the gateway would be, something passes on what they ask.
 */
const purpose = "kit-certificates-e2e";
const run = runName(purpose);
const image = builtImages().acme("httpreq");
const authority = parseAuthority(new Secret("authority", createAuthority("of a test")));
const ports = freePorts("challenges", "dnsApi");
const folder = mkdtempSync(join(tmpdir(), "kit-certificates-"));
const servers: Server[] = [];
const pebbles: Pebble[] = [];
let programs = "";
let address = "";
/** The store that answers what is asked for a name. */
let asked = "";

beforeAll(async () => {
  removeRuns(testLabel, purpose);
  docker("network", "create", "--label", `${testLabel}=${run}`, run);
  [address = ""] = docker("network", "inspect", run, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  await buildImages([image], createProgress());
  programs = await ensurePebble();
  const forward = createServer((incoming, answer) => {
    const [host = ""] = docker(
      "inspect",
      asked,
      "--format",
      `{{(index .NetworkSettings.Networks "${run}").IPAddress}}`,
    );
    const passed = request(
      { host, port: 8080, path: incoming.url, headers: incoming.headers },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    passed.on("error", () => answer.writeHead(503).end());
    passed.end();
  });
  await listen(forward, ports.challenges);
});

afterAll(() => {
  for (const pebble of pebbles) pebble.stop();
  for (const server of servers) server.close();
  removeRuns(testLabel, purpose);
});

async function listen(server: Server, port: number): Promise<void> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
}

function pebble(options: Partial<PebbleOptions> = {}): Pebble {
  const started = new Pebble(programs, {
    ...{ address, httpPort: ports.challenges, lifetimeSeconds: 90 * 24 * 3600 },
    ...options,
  });
  pebbles.push(started);
  return started;
}

/** ACME by a Pebble, with names proved by HTTP. */
const by = ({ directory, ca }: Pebble, others: Partial<Acme> = {}): Acme => ({
  ...{ directory, ca },
  challenge: { kind: "http-01", gateway: { host: address, port: ports.challenges } },
  ...others,
});

/** A store in a container, and the service `james` beside it. */
class Lab {
  readonly container: string;
  readonly service: string;

  constructor(name: string) {
    this.container = `${run}-${name}`;
    this.service = `${run}-${name}-james`;
  }

  /** Starts the store, in the place of the one before, and the service, if it does not run yet. */
  async start(
    issuer: StoredCertificate["issuer"],
    hosts: StoredCertificate["hosts"],
    props: Partial<CertificateStoreProps> = {},
  ) {
    const { stack, engine } = testStack();
    const certificates = [{ service: "james", name: "mail", hosts, issuer }] as const;
    const store = new CertificateStore(stack, "certificates", {
      engine,
      image,
      authority,
      certificates,
      ...props,
    });
    synth(stack);
    docker("rm", "--force", this.container);
    await startWorkload({ test: run, name: this.container, network: run }, store.service);
    if (docker("ps", "--quiet", "--filter", `name=^${this.service}$`).length > 0) return;
    const { volume } = store.certificate("james", "mail");
    await startContainer({
      ...{ test: run, network: run, aliases: [], image: image.reference, name: this.service, files: [] },
      command: ["sleep", "infinity"],
      volumes: { [`${volume.path}:ro`]: `${this.container}-${volume.name}` },
    });
  }

  /** What the service sees; it sees a certificate and its key, whenever it looks. */
  seen(): X509Certificate {
    const script = "cd -P /run/certificates/mail && cat chain.pem key.pem";
    const text = docker("exec", this.service, "bash", "-c", script).join("\n");
    const certificate = new X509Certificate(text);
    expect(text).toContain("-----BEGIN PRIVATE KEY-----");
    expect(
      certificate.checkPrivateKey(createPrivateKey(text.slice(text.indexOf("-----BEGIN PRIVATE KEY")))),
    ).toBe(true);
    return certificate;
  }

  /** Why it is not healthy. */
  problems(): string[] {
    return docker("exec", this.container, "cat", "/run/certificates/problems");
  }

  async isHealthy(): Promise<void> {
    await vi.waitFor(
      async () => {
        const status = docker(
          "exec",
          this.container,
          "bash",
          "-c",
          "[[ -e /run/certificates/problems ]] && echo there",
        );
        expect([status, this.problems()], await logs(this.container)).toEqual([["there"], []]);
      },
      { timeout: 300_000, interval: 500 },
    );
  }

  logs(): Promise<string> {
    return logs(this.container);
  }

  remove(): void {
    docker("rm", "--force", this.container, this.service);
  }
}

/** Whether a server with the certificate is believed by who trusts an authority. */
function verify(chain: string, ca: string, host: string): string {
  writeFileSync(join(folder, "chain.pem"), chain);
  writeFileSync(join(folder, "ca.pem"), ca);
  const args = [
    "verify",
    "-x509_strict",
    "-purpose",
    "sslserver",
    "-verify_hostname",
    host,
    "-CAfile",
    "ca.pem",
    "-untrusted",
    "chain.pem",
    "chain.pem",
  ];
  return execFileSync("openssl", args, { cwd: folder, encoding: "utf8" }).trim();
}

describe("the environment's own authority", () => {
  const lab = new Lab("own");

  it("issues certificates, and renews them while the service runs, which cannot write there", async () => {
    await lab.start("own", ["mail.example.org", "192.0.2.1"], { ownLifetimeSeconds: 30 });
    await lab.isHealthy();
    const first = lab.seen();
    expect(verify(first.toString(), authority.certificate, "mail.example.org")).toBe("chain.pem: OK");
    await vi.waitFor(() => expect(lab.seen().serialNumber).not.toBe(first.serialNumber), {
      timeout: 120_000,
      interval: 500,
    });
    expect(
      docker("exec", lab.service, "bash", "-c", "touch /run/certificates/x 2>&1 || echo refused").at(-1),
    ).toBe("refused");
    lab.remove();
  });
});

describe("files", () => {
  const lab = new Lab("files");
  const files = (host: string): CertificateFiles => {
    const [, chain, key] = new Authority(mkdtempSync(join(folder, "authority-"))).certify(host);
    return { chain: chain?.content ?? "", key: secret(key?.content ?? "") };
  };

  it("that are replaced are seen by the service that runs", async () => {
    await lab.start(files("localhost"), ["localhost"]);
    await lab.isHealthy();
    const first = lab.seen();
    const [before] = docker("inspect", "--format", "{{.State.StartedAt}}", lab.service);
    await lab.start(files("localhost"), ["localhost"]);
    await lab.isHealthy();
    expect(lab.seen().fingerprint256).not.toBe(first.fingerprint256);
    expect(docker("inspect", "--format", "{{.State.StartedAt}}", lab.service)).toEqual([before]);
    lab.remove();
  });
});

describe("ACME", () => {
  it("issues to accounts of others by names proved over HTTP; a store in the place of another one asks for nothing anew", async () => {
    const key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    const authority = pebble({ externalAccounts: { "kid-1": key } });
    const lab = new Lab("issued");
    asked = lab.container;
    const acme = by(authority, {
      email: "a@example.org",
      externalAccount: { keyId: "kid-1", key: secret(key) },
    });
    await lab.start("acme", ["mail.acme.test", "login.acme.test"], { acme });
    await lab.isHealthy();
    const seen = lab.seen();
    expect(seen.subjectAltName?.split(", ").sort()).toEqual(["DNS:login.acme.test", "DNS:mail.acme.test"]);
    expect(authority.orders).toBe(1);
    await lab.start("acme", ["mail.acme.test", "login.acme.test"], { acme });
    await lab.isHealthy();
    expect(lab.seen().serialNumber).toBe(seen.serialNumber);
    // A service that lost its volume is given what the store has.
    docker("exec", lab.container, "rm", "-rf", "/certificates/james/mail", "/certificates/james/.versions");
    docker("restart", lab.container);
    await lab.isHealthy();
    expect(lab.seen().serialNumber).toBe(seen.serialNumber);
    expect(authority.orders).toBe(1);
    expect(docker("inspect", lab.container).join("\n")).not.toContain(key);
    expect(await lab.logs()).not.toContain(key);
    lab.remove();
  });

  it("renews by itself; until it has something the service is given a certificate that nobody trusts", async () => {
    const authority = pebble({ lifetimeSeconds: 60 });
    const lab = new Lab("renewed");
    asked = lab.container;
    await lab.start("acme", ["mail.acme.test"], { acme: by(authority) });
    await vi.waitFor(() => expect(lab.seen().subject).not.toBe(""), { timeout: 60_000, interval: 100 });
    await lab.isHealthy();
    const first = lab.seen();
    expect(first.issuer).toContain("Pebble");
    await vi.waitFor(() => expect(lab.seen().serialNumber).not.toBe(first.serialNumber), {
      timeout: 300_000,
      interval: 500,
    });
    expect(lab.seen().issuer).toContain("Pebble");
    lab.remove();
  });

  it("that refuses is asked less and less often, over restarts, and is asked at once about something else", async () => {
    const authority = pebble({ refused: ["blocked.acme.test"] });
    const questions = () => authority.log.match(/POST \/order-plz -> calling handler/g)?.length ?? 0;
    const lab = new Lab("refused");
    asked = lab.container;
    await lab.start("acme", ["blocked.acme.test"], { acme: by(authority) });
    const problem = "james/mail: the certificate that is wanted is not there";
    await vi.waitFor(() => expect(lab.problems()).toEqual([problem]), { timeout: 120_000, interval: 200 });
    expect(await lab.logs()).toMatch(
      /james\/mail: no new certificate: .*blocked\.acme\.test is a forbidden domain/,
    );
    expect(lab.seen().subject).toBe("CN=placeholder");
    const before = questions();
    expect(before).toBeGreaterThan(0);
    docker("restart", lab.container);
    await vi.waitFor(async () => expect(await lab.logs()).toMatch(/the next attempt is at 20..-.*Z\n/), {
      timeout: 60_000,
      interval: 200,
    });
    expect(questions()).toBe(before);
    await lab.start("acme", ["mail.acme.test"], { acme: by(authority) });
    await lab.isHealthy();
    expect(lab.seen().issuer).toContain("Pebble");
    lab.remove();
  });

  it("issues wildcards by names proved in the DNS, through the provider's API", async () => {
    const authority = pebble();
    const password = "of the DNS's API";
    const basic = `Basic ${Buffer.from(`kit:${password}`).toString("base64")}`;
    const told: string[] = [];
    const api = createServer(async (incoming, answer) => {
      let body = "";
      for await (const part of incoming) body += part;
      const { fqdn, value } = JSON.parse(body);
      told.push(`${incoming.url} ${fqdn} ${incoming.headers.authorization === basic}`);
      const command = incoming.url === "/present" ? "set-txt" : "clear-txt";
      await authority.dns(command, { host: fqdn, value });
      answer.end();
    });
    await listen(api, ports.dnsApi);
    const lab = new Lab("wildcard");
    await lab.start("acme", ["*.acme.test"], {
      acme: by(authority, {
        challenge: {
          kind: "dns-01",
          provider: "httpreq",
          variables: {
            HTTPREQ_ENDPOINT: `http://${address}:${ports.dnsApi}`,
            HTTPREQ_USERNAME: "kit",
            LEGO_DNS_RESOLVERS: authority.resolver,
            // This DNS knows no servers of zones.
            LEGO_DNS_PROPAGATION_DISABLE_ANS: "true",
          },
          secrets: { HTTPREQ_PASSWORD: secret(password) },
        },
      }),
    });
    await lab.isHealthy();
    expect(lab.seen().subjectAltName).toBe("DNS:*.acme.test");
    expect(told).toEqual([
      "/present _acme-challenge.acme.test. true",
      "/cleanup _acme-challenge.acme.test. true",
    ]);
    expect(docker("inspect", lab.container).join("\n")).not.toContain(password);
    lab.remove();
  });
});
