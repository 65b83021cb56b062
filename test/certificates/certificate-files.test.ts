import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readServerCertificate } from "../../constructs/certificates/certificate-files";

const folder = mkdtempSync(join(tmpdir(), "kit-certificate-files-"));
const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
const file = (name: string) => readFileSync(join(folder, name), "utf8");
// When those that the tests make are good.
const now = new Date(Date.now() + 3600_000);
const days = (count: number) => new Date(now.getTime() + count * 24 * 3600 * 1000);

interface Issued {
  readonly issuer?: string;
  readonly names?: string;
  readonly key?: readonly string[];
  readonly extensions?: readonly string[];
  readonly digest?: string;
}

/** Makes `<name>.pem` and `<name>.key` by openssl. */
function issue(
  name: string,
  { issuer, names, key = ["rsa:2048"], extensions = [], digest = "sha256" }: Issued = {},
): void {
  const all = [...extensions, ...(names === undefined ? [] : [`subjectAltName=${names}`])];
  writeFileSync(join(folder, "extensions"), `[extensions]\n${all.join("\n")}\n`);
  openssl(
    "req",
    "-new",
    "-newkey",
    ...key,
    "-nodes",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    "csr",
  );
  const by =
    issuer === undefined
      ? ["-signkey", `${name}.key`]
      : ["-CA", `${issuer}.pem`, "-CAkey", `${issuer}.key`, "-CAcreateserial"];
  openssl(
    "x509",
    "-req",
    "-in",
    "csr",
    ...by,
    "-days",
    "9",
    `-${digest}`,
    "-extfile",
    "extensions",
    "-extensions",
    "extensions",
    "-out",
    `${name}.pem`,
  );
}

const authority = { extensions: ["basicConstraints=critical,CA:TRUE"] };

beforeAll(() => {
  issue("root", authority);
  issue("middle", { ...authority, issuer: "root" });
  issue("server", {
    issuer: "middle",
    names: "DNS:Mail.example.org,DNS:*.example.org,IP:192.0.2.1,email:a@example.org",
  });
  issue("other", { issuer: "middle", names: "DNS:other.example.org" });
});

const read = (chain: string, key: string, at = now) => readServerCertificate(chain, key, at);
const told = (chain: string, key: string, at = now) =>
  read(chain, key, at).problems.map(({ part, what }) => `${part}: ${what}`);
const chain = () => file("server.pem") + file("middle.pem");

describe("the files of a certificate", () => {
  it("are taken as they are made by openssl and by clients of authorities", () => {
    const { certificate, problems } = read(chain(), file("server.key"));
    expect(problems).toEqual([]);
    expect(certificate).toMatchObject({
      chain: chain(),
      hosts: ["mail.example.org", "*.example.org", "192.0.2.1"],
    });
    expect(certificate?.notAfter.toISOString()).toBe(
      new Date(new X509Certificate(file("server.pem")).validTo).toISOString(),
    );
    expect(told(chain() + file("root.pem"), file("server.key"))).toEqual([]);
    expect(told(file("server.pem"), file("server.key"))).toEqual([]);
  });

  it("may have comments, lines that end as on Windows, and a mark of their encoding", () => {
    const text = `\uFEFFsubject=CN = server\n${chain()}\nBag Attributes\n`.replaceAll("\n", "\r\n");
    expect(read(text, `# of 2026\r\n${file("server.key").replaceAll("\n", "\r\n")}`).certificate?.chain).toBe(
      chain(),
    );
  });

  it.each([
    ["PKCS #1", ["rsa", "-in", "server.key", "-traditional"], "server"],
    ["SEC 1 with the curve's parameters", ["ecparam", "-name", "secp384r1", "-genkey"], "curve"],
  ])("may have a key as %s: services are given PKCS #8", (_, args, name) => {
    const key = openssl(...args).toString();
    expect(key).toMatch(/BEGIN (RSA|EC) PRIVATE KEY/);
    if (name === "curve") {
      writeFileSync(join(folder, "curve.key"), key);
      writeFileSync(join(folder, "extensions"), "subjectAltName=DNS:curve.example.org\n");
      openssl("req", "-new", "-key", "curve.key", "-subj", "/CN=curve", "-out", "csr");
      openssl(
        "x509",
        "-req",
        "-in",
        "csr",
        "-signkey",
        "curve.key",
        "-extfile",
        "extensions",
        "-out",
        "curve.pem",
      );
    }
    const { certificate, problems } = read(file(`${name}.pem`), key);
    expect(problems).toEqual([]);
    expect(certificate?.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n$/);
    expect(
      createPublicKey(createPrivateKey(certificate?.key ?? "")).export({ type: "spki", format: "pem" }),
    ).toBe(createPublicKey(file(`${name}.pem`)).export({ type: "spki", format: "pem" }));
  });

  it("have ended, or are not good yet: of each certificate of the chain", () => {
    expect(told(chain(), file("server.key"), days(10))).toEqual([
      "chain: its own certificate has ended",
      "chain: certificate 2 of it has ended",
    ]);
    expect(told(file("server.pem"), file("server.key"), days(-1))).toEqual([
      "chain: its own certificate is not good yet",
    ]);
    expect(read(file("server.pem"), file("server.key"), days(10)).problems[0]?.got).toMatch(/^20..-/);
  });

  it.each([
    ["nothing", "", "no certificate in PEM"],
    ["the wrong kind of file", "-----BEGIN CERTIFICATE REQUEST-----\n", "no certificate in PEM"],
    ["a certificate that is cut off", "-----BEGIN CERTIFICATE-----\nMIIB", "a certificate in it has no end"],
    [
      "a certificate that is none",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      "its own certificate cannot be read",
    ],
  ])("cannot be read: %s", (_, text, what) => {
    expect(told(text, file("server.key"))).toEqual([`chain: ${what}`]);
  });

  it("keep keys out of the chain, where others may see it", () => {
    const [problem, ...others] = read(chain() + file("server.key"), file("server.key")).problems;
    expect(problem).toMatchObject({
      part: "chain",
      what: "a private key is in it, which belongs into the key's file alone",
    });
    expect(others).toEqual([]);
  });

  it.each([
    ["nothing", () => "", "no private key in PEM"],
    ["the certificate", () => file("server.pem"), "no private key in PEM"],
    [
      "one that is none",
      () => "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
      "the key cannot be read",
    ],
    [
      "one with a passphrase",
      () => openssl("pkcs8", "-topk8", "-in", "server.key", "-passout", "pass:x").toString(),
      "the key has a passphrase",
    ],
    [
      "one of old with a passphrase",
      () => openssl("rsa", "-in", "server.key", "-traditional", "-aes256", "-passout", "pass:x").toString(),
      "the key has a passphrase",
    ],
    ["another one's", () => file("other.key"), "it is not the key of the certificate"],
  ])("have no key that fits: %s", (_, key, what) => {
    expect(told(chain(), key())).toEqual([`key: ${what}`]);
  });

  it("are in no order, or lack what is between", () => {
    expect(told(file("middle.pem") + file("server.pem"), file("server.key"))).toContain(
      "chain: the key is that of certificate 2 of it",
    );
    const swapped = read(
      file("server.pem") + file("root.pem") + file("middle.pem"),
      file("server.key"),
    ).problems;
    expect(swapped[0]).toMatchObject({
      what: "the certificate behind its own certificate is not its issuer",
      fix: "Put them in order: its own certificate, then each one's issuer",
    });
    const lacking = read(file("server.pem") + file("root.pem"), file("server.key")).problems;
    expect(lacking).toHaveLength(1);
    expect(lacking[0]).toMatchObject({ fix: "Put the issuer there, CN=middle" });
  });

  it("are too weak for clients, or for something else than a server", () => {
    issue("short", { issuer: "root", names: "DNS:a.test", key: ["rsa:1024"] });
    issue("sha1", { issuer: "root", names: "DNS:a.test", digest: "sha1" });
    issue("edwards", { issuer: "root", names: "DNS:a.test", key: ["ed25519"] });
    issue("client", { issuer: "root", names: "DNS:a.test", extensions: ["extendedKeyUsage=clientAuth"] });
    issue("nameless", { issuer: "root", extensions: ["basicConstraints=CA:FALSE"] });
    const of = (name: string) => told(file(`${name}.pem`), file(`${name}.key`));
    expect(of("short")).toEqual(["chain: the key of its own certificate is not taken by clients"]);
    expect(of("sha1")).toEqual(["chain: its own certificate is signed with SHA-1 or MD5"]);
    expect(of("edwards")).toEqual(["chain: the key of its own certificate is not taken by clients"]);
    expect(of("client")).toEqual(["chain: it is not for servers (serverAuth)"]);
    expect(of("nameless")).toEqual([
      "chain: it names no host as subjectAltName, the one place where clients look",
    ]);
  });

  it("are told everything about at once, and nothing of a key", () => {
    const { problems } = read(file("server.pem") + file("root.pem"), file("other.key"), days(10));
    expect(problems.length).toBeGreaterThan(3);
    expect(new Set(problems.map(({ part }) => part))).toEqual(new Set(["chain", "key"]));
    expect(JSON.stringify(problems)).not.toContain(file("other.key").split("\n")[1]);
  });
});
