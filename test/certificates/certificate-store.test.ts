import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAuthority, parseAuthority } from "../../constructs/certificates/authority";
import {
  CertificateStore,
  type CertificateStoreProps,
  certificateServices,
} from "../../constructs/certificates/certificate-store";
import { Secret } from "../../constructs/workload/secret";
import { packageRoot } from "../../kit/package-root";
import { image, secret, synth, testStack } from "../template";

const authority = parseAuthority(new Secret("authority", createAuthority("unit")));
const james = { service: "james", name: "mail", hosts: ["mail.example.org"], issuer: "own" } as const;

function build(props: Partial<CertificateStoreProps> = {}) {
  const { stack, engine, privateDirectory } = testStack();
  const store = new CertificateStore(stack, "certificates", {
    ...{ engine, image, authority, certificates: [james] },
    ...props,
  });
  return { store, privateDirectory, template: synth(stack) };
}

const given = (container: object) =>
  new Map(
    (container as { upload: { file: string; content?: string }[] }).upload.map((one) => [one.file, one]),
  );

describe("CertificateStore", () => {
  it("minimal: issues by the environment's authority; the service has the volume, and cannot write to it", () => {
    const { store, template } = build();
    expect(store.of("james")).toEqual([store.certificate("james", "mail")]);
    expect(store.certificate("james", "mail")).toEqual({
      hosts: ["mail.example.org"],
      volume: { name: "certificates-james", path: "/run/certificates", readOnly: true },
      chainFile: "/run/certificates/mail/chain.pem",
      keyFile: "/run/certificates/mail/key.pem",
    });
    const container = template.resource("docker_container");
    expect(template.names("docker_volume")).toEqual(["unit-certificates-james"]);
    expect(container).toMatchObject({ name: "unit-certificates", ports: [], env: ["OWN_LIFETIME=7776000"] });
    const files = given(container);
    expect(files.get("/etc/certificates/own/james/mail/openssl.cnf")?.content).toContain(
      "commonName = mail.example.org\n",
    );
    expect(files.get("/etc/certificates/own/james/mail/authority.pem")?.content).toBe(authority.certificate);
  });

  it("maximal: several of several services, each on a volume of its own; keys are nowhere but in private files", () => {
    const issuer = { chain: "chain", key: secret("of the file") };
    const { store, template, privateDirectory } = build({
      certificates: [
        { ...james, hosts: ["mail.example.org", "*.example.org", "192.0.2.1", "2001:db8::1"] },
        { ...james, name: "partner", issuer },
        { ...james, service: "gateway", hosts: [`${"a".repeat(60)}.example.org`] },
      ],
      ownLifetimeSeconds: 60,
      memoryMb: 32,
    });
    expect(store.of("james").map(({ keyFile }) => keyFile)).toEqual([
      "/run/certificates/mail/key.pem",
      "/run/certificates/partner/key.pem",
    ]);
    expect(template.names("docker_volume").sort()).toEqual([
      "unit-certificates-gateway",
      "unit-certificates-james",
    ]);
    const container = template.resource("docker_container");
    expect(container).toMatchObject({ memory: 32, env: ["OWN_LIFETIME=60"] });
    const files = given(container);
    expect(files.get("/etc/certificates/own/james/mail/openssl.cnf")?.content).toContain(
      "subjectAltName = DNS:mail.example.org, DNS:*.example.org, IP:192.0.2.1, IP:2001:db8::1\n",
    );
    expect(files.get("/etc/certificates/own/gateway/mail/openssl.cnf")?.content).toContain(
      "commonName = gateway\n",
    );
    expect(files.get("/etc/certificates/files/james/partner/chain.pem")?.content).toBe("chain");
    const { text } = template;
    expect(text).not.toContain("of the file");
    expect(text).not.toContain("PRIVATE KEY");
    const key = (path: string) =>
      readFileSync(join(privateDirectory, "certificates/etc/certificates", path), "utf8");
    expect(key("files/james/partner/key.pem")).toBe("of the file");
    expect(key("authority.key")).toBe(authority.key.reveal());
  });

  it("has certificates issued by ACME, with names proved over HTTP: it is reached by the gateway, and by nobody else", () => {
    const challenge = { kind: "http-01", gateway: { host: "gateway.test", port: 80 } } as const;
    const { store, template } = build({
      certificates: [{ ...james, issuer: "acme", hosts: ["mail.example.org", "imap.example.org"] }],
      acme: { challenge },
    });
    expect(store.challenges).toEqual({ host: "certificates.example.com", port: 8080 });
    const container = template.resource("docker_container");
    expect(template.names("docker_volume").sort()).toEqual([
      "unit-certificates-acme",
      "unit-certificates-james",
    ]);
    expect(container.networks_advanced).toEqual([
      { name: "unit-certificates", aliases: ["certificates.example.com"] },
    ]);
    const files = given(container);
    expect(files.get("/etc/certificates/acme/james/mail/lego.env")?.content).toBe(
      "LEGO_SERVER=https://acme-v02.api.letsencrypt.org/directory\nLEGO_DOMAINS=mail.example.org,imap.example.org\nLEGO_KEY_TYPE=EC256\n",
    );
    expect(files.get("/etc/certificates/acme.settings/lego.env")?.content).toBe(
      "LEGO_ACCEPT_TOS=true\nLEGO_HTTP=true\nLEGO_HTTP_ADDRESS=:8080\n",
    );
    expect(files.get("/etc/certificates/acme.settings/gateway")?.content).toBe("gateway.test 80\n");
  });

  it("proves names in the DNS; what the provider and the authority know it by is in private files only", () => {
    const { store, template, privateDirectory } = build({
      certificates: [{ ...james, issuer: "acme", hosts: ["*.example.org"] }],
      acme: {
        directory: "staging",
        email: "a@example.org",
        externalAccount: { keyId: "id", key: secret("of the account") },
        ca: "the authority's",
        challenge: {
          kind: "dns-01",
          provider: "acme-dns",
          variables: { ACME_DNS_API_BASE: "https://dns.example" },
          secrets: { ACME_DNS_TOKEN: secret("of the provider") },
        },
      },
    });
    expect(store.challenges).toBeUndefined();
    const files = given(template.resource("docker_container"));
    expect(files.get("/etc/certificates/acme.settings/lego.env")?.content?.split("\n")).toEqual([
      ...["LEGO_ACCEPT_TOS=true", "LEGO_EMAIL=a@example.org", "LEGO_EAB=true", "LEGO_EAB_KID=id"],
      "LEGO_CA_CERTIFICATES=/etc/certificates/acme.settings/ca.pem",
      ...["LEGO_DNS=acme-dns", "ACME_DNS_API_BASE=https://dns.example", ""],
    ]);
    expect(files.get("/etc/certificates/acme/james/mail/lego.env")?.content).toContain("acme-staging-v02");
    const { text } = template;
    for (const word of ["of the account", "of the provider"]) expect(text).not.toContain(word);
    const kept = (name: string) =>
      readFileSync(
        join(privateDirectory, "certificates/etc/certificates/acme.settings/secrets", name),
        "utf8",
      );
    expect([kept("LEGO_EAB_HMAC"), kept("ACME_DNS_TOKEN")]).toEqual(["of the account", "of the provider"]);
  });

  it("has a place in the image for each service, which its program can write to", () => {
    const dockerfile = readFileSync(join(packageRoot, "images/certificates/Dockerfile"), "utf8");
    const places = dockerfile.match(/(?<=\/certificates\/)\w+/g);
    expect(places?.sort()).toEqual([...certificateServices]);
  });

  it("has no authority's key where it issues nothing", () => {
    const issuer = { chain: "chain", key: secret("key") };
    const { stack, engine, privateDirectory } = testStack();
    new CertificateStore(stack, "certificates", { engine, image, certificates: [{ ...james, issuer }] });
    synth(stack);
    expect(existsSync(join(privateDirectory, "certificates/etc/certificates/authority.key"))).toBe(false);
  });

  it("gives nobody a certificate that it does not keep", () => {
    expect(() => build().store.certificate("james", "other")).toThrow("keeps no certificate other for james");
  });

  it.each([
    [
      "a name that is no folder",
      { certificates: [{ ...james, name: "../gateway" }] },
      /not a name.*\.\.\/gateway/s,
    ],
    [
      "a service that is no folder",
      { certificates: [{ ...james, service: "a/b" }] },
      /no service that shows.*a\/b/s,
    ],
    ["a name twice", { certificates: [james, james] }, /two certificates.*james\/mail/s],
    [
      "a host that is none",
      { certificates: [{ ...james, hosts: ["a, DNS:b"] }] },
      /a certificate can name.*a, DNS:b/s,
    ],
    ["a lifetime of nothing", { ownLifetimeSeconds: 0 }, /ownLifetimeSeconds: not a number of seconds/],
  ])("refuses %s", (_, props, message) => {
    expect(() => build(props as Partial<CertificateStoreProps>)).toThrow(message);
  });

  const http = { kind: "http-01", gateway: { host: "gateway.test", port: 80 } } as const;
  it.each([
    ["addresses", ["192.0.2.1"], { challenge: http }, /certificates for addresses.*192\.0\.2\.1/],
    [
      "wildcards that HTTP is to prove",
      ["*.a.test"],
      { challenge: http },
      /wildcards are proved by DNS alone/,
    ],
    [
      "a directory without TLS",
      ["a.test"],
      { challenge: http, directory: "http://ca.test" },
      /no directory of ACME/,
    ],
    [
      "two lines for one",
      ["a.test"],
      { challenge: http, email: "a@a.test\nLEGO_X=1" },
      /acme: a variable cannot hold a line break/,
    ],
    [
      "an unknown provider",
      ["a.test"],
      { challenge: { kind: "dns-01", provider: "cloudfare" } },
      /no provider of DNS.*cloudfare/,
    ],
    [
      "what is no variable",
      ["a.test"],
      { challenge: { kind: "dns-01", provider: "cloudflare", secrets: { "a/b": secret("x") } } },
      /not a variable's name.*a\/b/,
    ],
  ])("by ACME it refuses %s", (_, hosts, acme, message) => {
    const certificates = [{ ...james, issuer: "acme", hosts }];
    expect(() => build({ certificates, acme } as unknown as Partial<CertificateStoreProps>)).toThrow(message);
  });

  it("refuses ACME by nobody", () => {
    expect(() => build({ certificates: [{ ...james, issuer: "acme" }] })).toThrow(
      /acme: there is nobody to issue/,
    );
  });

  it("refuses to issue without an authority", () => {
    const { stack, engine } = testStack();
    expect(
      () => new CertificateStore(stack, "certificates", { engine, image, certificates: [james] }),
    ).toThrow(/certificates\.authority: there is no authority/);
  });
});
