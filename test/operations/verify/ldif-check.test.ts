import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Environment } from "../../../config/environment";
import { locateLdif, renderEntry } from "../../../constructs/ldap/ldif";
import { Image } from "../../../constructs/workload/image";
import { checkLdif, slapaddProblems } from "../../../operations/verify/ldif-check";
import { silentProgress } from "../../../setup/progress/progress";

const text = `# people
dn: uid=a,ou=people,dc=localhost
objectClass: inetOrgPerson

dn: uid=b,ou=people,dc=localhost
objectClass: inetOrgPerson
description: it is
 folded
nonsense: x
`;
const entries = locateLdif(text, "people.ldif");

describe("slapaddProblems", () => {
  // As slapadd of OpenLDAP 2.5 wrote it.
  it.each([
    [
      `Entry (uid=a,ou=people,dc=localhost): object class 'inetOrgPerson' requires attribute 'sn'
slapadd: dn="uid=a,ou=people,dc=localhost" (line=1): (65) object class 'inetOrgPerson' requires attribute 'sn'`,
      "people.ldif:2",
      /^uid=a,.*: object class 'inetOrgPerson' requires attribute 'sn'$/,
    ],
    [
      `<= str2entry: str2ad(nonsense): attribute type undefined
slapadd: could not parse entry (line=4)`,
      "people.ldif:9",
      /^uid=b,.*: no schema has attribute nonsense$/,
    ],
    [
      `str2entry: entry -1 has invalid DN "foo=h,dc=localhost"
slapadd: could not parse entry (line=4)`,
      "people.ldif:5",
      /invalid DN/,
    ],
    [
      'slapadd: line 4: database #1 (dc=localhost) not configured to hold "uid=i,dc=x"; no database configured',
      "people.ldif:5",
      /not configured to hold/,
    ],
  ])("names the line of the user's file: %j", (output, where, what) => {
    expect(slapaddProblems(output, entries.map(renderEntry), entries)).toEqual([
      { where, what: expect.stringMatching(what) },
    ]);
  });

  it("is silent about what it has nothing to say of", () => {
    expect(slapaddProblems("\n_#### 100.00% eta none\n", entries.map(renderEntry), entries)).toEqual([]);
  });
});

describe("checkLdif", () => {
  afterEach(() => vi.unstubAllEnvs());

  /** An engine whose containers write a text, after they have read all that they are given. */
  function engine(folder: string, output: string, exitCode = 0): void {
    const program = `#!/bin/sh\ncat >${folder}/given\ncat <<'X'\n${output}\nX\nexit ${exitCode}\n`;
    writeFileSync(join(folder, "docker"), program, { mode: 0o755 });
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  }

  it("asks once for what the server took, and again for what changed; what it did not take is told", async () => {
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    const deployment = { directory, environment: { domain: "localhost", entries } as unknown as Environment };
    const image = Image.registry("example/ldap", { tag: "1" });
    const check = () => checkLdif(deployment, image, silentProgress());
    const asked = () => {
      const was = existsSync(join(directory, "given"));
      rmSync(join(directory, "given"), { force: true });
      return was;
    };
    engine(directory, 'slapadd: dn="uid=a" (line=1): (65) no\nexit 1');
    await expect(check()).rejects.toThrow(/people\.ldif:2: uid=a,.*: no/);
    expect(asked()).toBe(true);
    engine(directory, 'exec: "bash": executable file not found', 127);
    await expect(check()).rejects.toThrow(/example\/ldap:1[\s\S]*imageReferences\.ldap[\s\S]*executable/);
    expect(asked()).toBe(true);
    engine(directory, "docker: no such image", 125);
    await check();
    expect(asked()).toBe(true);
    engine(
      directory,
      "could not open config file: No such file or directory (2)\nslapadd: bad configuration file!\nexit 1",
    );
    await expect(check()).rejects.toThrow(/example\/ldap:1[\s\S]*bad configuration file/);
    expect(asked()).toBe(true);
    engine(directory, "exit 0");
    await check();
    expect(asked()).toBe(true);
    await check();
    expect(asked()).toBe(false);
    deployment.environment = { ...deployment.environment, domain: "example.com" };
    await check();
    expect(asked()).toBe(true);
  });
});
