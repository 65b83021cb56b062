import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  authorityProblem,
  createAuthority,
  describeAuthority,
  parseAuthority,
} from "../../constructs/certificates/authority";
import { Secret } from "../../constructs/workload/secret";
import { Authority } from "../authority";

const text = createAuthority("unit, of a test");
const authority = parseAuthority(new Secret("authority", text, 3));
const folder = mkdtempSync(join(tmpdir(), "kit-authority-"));

describe("an authority of the environment's own", () => {
  it("signs itself, for ten years, is nobody's child and has none that are authorities", () => {
    const certificate = new X509Certificate(authority.certificate);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    const { name, notBefore, notAfter } = describeAuthority(authority.certificate);
    expect(name).toBe("unit, of a test");
    expect(Math.abs(notBefore.getTime() - Date.now())).toBeLessThan(60_000);
    expect(notAfter.getUTCFullYear()).toBe(notBefore.getUTCFullYear() + 10);
    const file = join(folder, "authority.pem");
    writeFileSync(file, authority.certificate);
    const shown = execFileSync("openssl", ["x509", "-noout", "-text", "-in", file], { encoding: "utf8" });
    expect(shown).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
    expect(shown).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
    expect(shown).toContain("NIST CURVE: P-256");
    const purpose = execFileSync("openssl", ["verify", "-x509_strict", "-CAfile", file, file], {
      encoding: "utf8",
    });
    expect(purpose).toContain("OK");
    const fingerprint = ["x509", "-noout", "-fingerprint", "-sha256", "-in", file];
    expect(execFileSync("openssl", fingerprint, { encoding: "utf8" })).toContain(
      `=${describeAuthority(authority.certificate).fingerprint}\n`,
    );
  });

  it("is another one each time; its key is a secret", () => {
    expect(createAuthority("unit, of a test")).not.toBe(text);
    expect(JSON.stringify(authority)).not.toContain("PRIVATE KEY");
    expect(authority.key.reveal()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(authority.key.version).toBe(3);
  });

  const [own, , serverKey] = new Authority(folder).certify("localhost").map(({ content }) => content) as [
    string,
    string,
    string,
  ];
  const now = new Date();
  it("can be somebody's own, with a key of another kind", () => {
    const key = execFileSync("cat", [join(folder, "ca.key")], { encoding: "utf8" });
    expect(authorityProblem(key + own, now)).toBeUndefined();
    expect(authorityProblem(text, now)).toBeUndefined();
  });

  it.each([
    ["no certificate", authority.key.reveal(), "no authority can be read of it"],
    ["no key", authority.certificate, "no authority can be read of it"],
    ["another one's key", own + authority.key.reveal(), "the key is not the certificate's"],
  ])("cannot be %s", (_, value, what) => {
    expect(authorityProblem(value, now)).toMatchObject({ what });
  });

  it("cannot be a server's certificate, or one that has ended", () => {
    const server = execFileSync("cat", [join(folder, "server.pem")], { encoding: "utf8" });
    const what = "the certificate is not an authority's";
    expect(authorityProblem(server + serverKey, now)).toMatchObject({ what });
    const later = new Date(now.getTime() + 11 * 366 * 24 * 3600 * 1000);
    expect(authorityProblem(text, later)?.what).toMatch(/^the authority has ended on 20/);
  });
});
