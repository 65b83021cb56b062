import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";

/** Connects as James does to its directory, to a host and port. */
const program = `
package kit.james;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocket;

public class Connects {
    public static void main(String[] args) throws Exception {
        Socket socket = LdapTls.sockets().createSocket();
        socket.connect(new InetSocketAddress(InetAddress.getByName(args[0]), Integer.parseInt(args[1])), 20_000);
        try {
            ((SSLSocket) socket).startHandshake();
            System.out.println("connected");
        } catch (javax.net.ssl.SSLHandshakeException e) {
            System.out.println(e.getMessage());
        }
    }
}
`;

function lackOfJava(): string | undefined {
  try {
    for (const tool of ["javac", "openssl"]) execFileSync(tool, [tool === "javac" ? "-version" : "version"]);
    return undefined;
  } catch {
    return "a JDK or openssl is missing";
  }
}

it("James believes the directory's certificate of the named authority, for the host that it names, and no other", async ({
  skip,
}) => {
  const lack = lackOfJava();
  if (lack) skip(lack);
  const folder = mkdtempSync(join(tmpdir(), "kit-ldap-tls-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const key = ["-newkey", "rsa:2048", "-nodes"];
  try {
    for (const name of ["ca", "other"]) {
      openssl(
        ...["req", "-x509", ...key, "-subj", `/CN=${name}`],
        ...["-keyout", `${name}.key`, "-out", `${name}.pem`],
      );
    }
    openssl("req", ...key, "-subj", "/CN=directory", "-keyout", "server.key", "-out", "csr");
    writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1\n");
    openssl(
      ...["x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-extfile", "names", "-out", "server.pem"],
    );
    writeFileSync(join(folder, "Connects.java"), program);
    const extension = (name: string) => join(packageRoot, `images/james/extension/common/${name}.java`);
    execFileSync("javac", [
      ...["-proc:none", "-d", folder, extension("LdapTls"), extension("Authorities")],
      join(folder, "Connects.java"),
    ]);
    const read = (name: string) => readFileSync(join(folder, name));
    const server = createServer({ key: read("server.key"), cert: read("server.pem") });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const connect = async (host: string, ...options: string[]) => {
      const args = [...options, "-cp", folder, "kit.james.Connects", host, String(port)];
      return (await promisify(execFile)("java", args, { cwd: folder })).stdout.trim();
    };
    expect(await connect("127.0.0.1", "-Dkit.ldap.ca=ca.pem")).toBe("connected");
    expect(await connect("localhost", "-Dkit.ldap.ca=ca.pem")).toMatch(/No name matching localhost/);
    expect(await connect("127.0.0.1", "-Dkit.ldap.ca=other.pem")).toMatch(/PKIX/);
    expect(await connect("127.0.0.1")).toMatch(/PKIX/);
    server.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
