import { execFileSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { clientList, clientShow } from "../../cli/commands/client";
import { openDeployment } from "../../operations/deployment/deployment";
import { enterProject, leaveProject, recordingOutput } from "./project";

let folder: string;

beforeAll(() => {
  folder = enterProject({
    domain: "example.org",
    people: [{ mail: "a@example.org" }],
    bind: "10.0.0.5",
    tls: { allowCleartext: true },
    ports: { keycloak: 18080, gateway: 19080, imap: 1143 },
    clients: {
      others: [
        {
          name: "webmail",
          kind: "confidential",
          redirectUris: ["https://webmail.example.org/cb"],
          description: "Webmail",
        },
        { name: "phone", kind: "public", redirectUris: ["org.example.mail:/cb"] },
      ],
    },
  });
  const several = {
    realms: [
      {
        name: "partner",
        domain: "partner.example",
        hosts: { gateway: "apisix.partner.example" },
        ports: { imap: 2143, smtp: 2587, sieve: 24190 },
        people: [{ mail: "amy@partner.example" }],
        clients: {
          others: [{ name: "portal", kind: "confidential", redirectUris: ["https://p.test/cb"] }],
        },
      },
    ],
  };
  writeFileSync("environments/several.yaml", JSON.stringify(several));
});

afterAll(() => leaveProject(folder));

async function show(clientId: string, realm?: string) {
  const output = recordingOutput();
  await clientShow(realm ? "several" : "unit", clientId, realm, output);
  const [result] = output.results;
  return { text: result?.text as string, client: result?.data.client as Record<string, unknown> };
}

describe("client show", () => {
  test("tells all that a client must be configured with, and where its secret is", async () => {
    const issuer = "http://sso.example.com:18080/auth/realms/oidc";
    const { text, client } = await show("webmail");
    expect(client).toMatchObject({
      clientId: "webmail",
      kind: "confidential",
      description: "Webmail",
      issuer,
      secret: { name: "client-webmail", where: "scripts/kit --env unit secrets show client-webmail" },
      pkce: "S256",
      scopes: { always: ["basic", "email", "profile", "mail"], onRequest: ["offline_access"] },
      endpoints: {
        authorization: `${issuer}/protocol/openid-connect/auth`,
        token: `${issuer}/protocol/openid-connect/token`,
        logout: `${issuer}/protocol/openid-connect/logout`,
        jwks: `${issuer}/protocol/openid-connect/certs`,
      },
      redirectUris: ["https://webmail.example.org/cb"],
      mail: {
        imap: { host: "10.0.0.5", port: 1143 },
        jmapSession: "http://apisix.example.com:19080/oidc/jmap/session",
      },
      thunderbird: {
        host: "10.0.0.5",
        issuer: "sso.example.com",
        clientId: "webmail",
        redirectionEndpoint: "https://webmail.example.org/cb",
        hostnames: ["10.0.0.5", "james.example.com"],
        scopes: "openid email offline_access",
        usePKCE: true,
      },
    });
    for (const fact of [issuer, "client-webmail", "10.0.0.5:1143", "https://webmail.example.org/cb"]) {
      expect(text).toContain(fact);
    }
  });

  test("a client that cannot keep a secret has none", async () => {
    const { text, client } = await show("phone");
    expect(client.secret).toBeNull();
    expect(text).toContain("none: it cannot keep one");
  });

  test.each([
    ["james-thunderbird", "thunderbirdClient"],
    ["james", "jamesClient"],
  ])("%s: its secret is %s", async (clientId, name) => {
    expect((await show(clientId)).client.secret).toMatchObject({ name });
  });

  test("of one that logs nobody in nothing is said about PKCE", async () => {
    expect((await show("james")).text).not.toContain("PKCE");
    expect((await show("webmail")).text).toContain("PKCE             S256, required");
  });

  test("names the environment as it was called, wherever its file is and whatever its name on the engine", async () => {
    mkdirSync("else where");
    writeFileSync("else where/mine.yaml", JSON.stringify({ name: "other" }));
    const output = recordingOutput();
    await clientShow("else where/mine.yaml", "james", undefined, output);
    const command = "scripts/kit --env 'else where/mine.yaml' secrets show jamesClient";
    expect(output.results[0]?.data.client).toMatchObject({ secret: { where: command } });
    expect(output.results[0]?.text).toContain(command);
  });

  describe("--addon", () => {
    const write = async (clientId: string, file = "kit.xpi") => {
      const output = recordingOutput();
      await clientShow("unit", clientId, undefined, output, { addon: file });
      return JSON.stringify(output.results);
    };
    /** By a program that knows nothing of the kit. */
    const read = (file = "kit.xpi") => {
      const script = `import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.read("manifest.json").decode())`;
      return JSON.parse(execFileSync("python3", ["-c", script, file], { encoding: "utf8" }));
    };

    test("is refused while there is no secret; then it is all that Thunderbird needs, for its owner only", async () => {
      await expect(write("james-thunderbird")).rejects.toThrow(/secret thunderbirdClient is not stored/);
      const secret = openDeployment("unit").secrets.get("thunderbirdClient").reveal();
      writeFileSync("kit.xpi", "of others", { mode: 0o644 });
      const told = await write("james-thunderbird");
      expect(told).toContain("kit.xpi");
      expect(told).not.toContain(secret);
      expect(statSync("kit.xpi").mode & 0o777).toBe(0o600);
      const issuer = "http://sso.example.com:18080/auth/realms/oidc/protocol/openid-connect";
      expect(read()).toEqual({
        manifest_version: 2,
        name: "Log in to mail …@example.org",
        version: "1.0",
        description: expect.any(String),
        browser_specific_settings: {
          gecko: { id: "james-thunderbird.oidc@sso.example.com", strict_min_version: "140.0" },
        },
        oauth_provider: {
          issuer: "sso.example.com",
          clientId: "james-thunderbird",
          clientSecret: secret,
          authorizationEndpoint: `${issuer}/auth`,
          tokenEndpoint: `${issuer}/token`,
          redirectionEndpoint: "http://localhost",
          hostnames: ["10.0.0.5", "james.example.com"],
          scopes: "openid email offline_access",
          usePKCE: true,
        },
      });
    });

    test("of a public client it has no secret", async () => {
      await write("oidc", "public.xpi");
      expect(read("public.xpi").oauth_provider).not.toHaveProperty("clientSecret");
    });

    test("of a client that others made: its secret is asked for, as it is theirs", async () => {
      writeFileSync(
        "environments/others.yaml",
        JSON.stringify({ keycloak: { url: "https://sso.acme.test" } }),
      );
      const written = () =>
        clientShow("others", "james-thunderbird", undefined, recordingOutput(), { addon: "others.xpi" });
      await expect(written()).rejects.toThrow(/KIT_SECRET_THUNDERBIRD_CLIENT/);
      vi.stubEnv("KIT_SECRET_THUNDERBIRD_CLIENT", "of others");
      await written();
      vi.unstubAllEnvs();
      expect(read("others.xpi").oauth_provider.clientSecret).toBe("of others");
    });

    test("is refused for clients by which nobody logs in, and where it cannot be written", async () => {
      for (const clientId of ["james", "phone"]) {
        await expect(write(clientId)).rejects.toThrow(/Thunderbird cannot log in by it/);
      }
      await expect(write("oidc", "nowhere/kit.xpi")).rejects.toThrow(/--addon/);
      await expect(write("oidc", "environments")).rejects.toThrow(/--addon/);
    });
  });

  test("names the clients that there are when there is no such", async () => {
    await expect(show("outlook")).rejects.toThrow(/no client outlook[\s\S]*"webmail", "phone"/);
  });
});

describe("with public names and TLS", () => {
  const tls = { mode: "own" };
  const settings = (written: object) => ({
    domain: "example.org",
    people: [{ mail: "a@example.org" }],
    ...written,
  });
  const shown = async (written: object) => {
    writeFileSync("environments/named.yaml", JSON.stringify(settings(written)));
    const output = recordingOutput();
    await clientShow("named", "james-thunderbird", undefined, output);
    const [result] = output.results;
    return { text: result?.text as string, client: result?.data.client as Record<string, unknown> };
  };

  test("everything is told by them; what resolves by itself needs no line in /etc/hosts", async () => {
    const { text, client } = await shown({
      tls,
      public: { gateway: "https://mail.example.org/jmap", keycloak: "https://login.example.org/auth" },
    });
    const issuer = "https://login.example.org/auth/realms/oidc";
    expect(client).toMatchObject({
      issuer,
      endpoints: {
        discovery: `${issuer}/.well-known/openid-configuration`,
        jwks: `${issuer}/protocol/openid-connect/certs`,
      },
      authority: "scripts/kit --env named ca show",
      mail: {
        imap: { host: "mail.example.org", port: 993, security: "SSL/TLS", startTlsPort: 143 },
        submission: { host: "mail.example.org", port: 465, security: "SSL/TLS", startTlsPort: 587 },
        sieve: { host: "mail.example.org", port: 4190, security: "STARTTLS" },
        jmapSession: "https://mail.example.org/jmap/oidc/jmap/session",
        autoconfiguration: "https://mail.example.org/.well-known/autoconfig/mail/config-v1.1.xml",
      },
      thunderbird: {
        ...{ host: "mail.example.org", issuer: "login.example.org", hostnames: ["mail.example.org"] },
        authorizationEndpoint: `${issuer}/protocol/openid-connect/auth`,
      },
      dnsRecords: [
        "_imaps._tcp.example.org. SRV 0 1 993 mail.example.org.",
        "_imap._tcp.example.org. SRV 0 1 143 mail.example.org.",
        "_submissions._tcp.example.org. SRV 0 1 465 mail.example.org.",
        "_submission._tcp.example.org. SRV 0 1 587 mail.example.org.",
        "_sieve._tcp.example.org. SRV 0 1 4190 mail.example.org.",
        "_jmap._tcp.example.org. SRV 0 1 443 mail.example.org.",
      ],
    });
    expect(client).not.toHaveProperty("hostsFile");
    expect(text).not.toContain("/etc/hosts");
    expect(text).toContain("mail.example.org:993, SSL/TLS, or 143 with STARTTLS, OAuth2");
    expect(text).toContain("scripts/kit --env named ca show");
  });

  test("an authority whose certificates only the services see is nobody's to trust", async () => {
    const { text, client } = await shown({ tls: { internal: true } });
    expect(client).toMatchObject({ authority: null });
    expect(text).not.toContain("ca show");
  });

  test("names that nobody has said to be public are in /etc/hosts", async () => {
    const { client } = await shown({ tls, public: { keycloak: "https://login.example.org/auth" } });
    expect(client).toMatchObject({
      hostsFile: "127.0.0.1 apisix.example.com",
      mail: { imap: { host: "apisix.example.com", security: "SSL/TLS" } },
    });
  });

  test("where TLS begins by STARTTLS alone, that is what is told", async () => {
    const { client } = await shown({ tls, ports: { imaps: null, submissions: null } });
    expect(client).toMatchObject({
      mail: { imap: { port: 143, security: "STARTTLS" }, submission: { port: 587, security: "STARTTLS" } },
    });
    expect(client.dnsRecords).not.toEqual(expect.arrayContaining([expect.stringContaining("_imaps")]));
  });

  test("without TLS no record leads to what has none", async () => {
    const { client, text } = await shown({});
    expect(client).not.toHaveProperty("dnsRecords");
    expect(client).toMatchObject({ authority: null, mail: { imap: { security: "none" } } });
    expect(client.mail).not.toHaveProperty("autoconfiguration");
    expect(text).not.toContain("authority");
  });
});

describe("several realms", () => {
  test("client show: endpoints, secret and mail of the realm that is named", async () => {
    const { client } = await show("james-thunderbird", "partner");
    expect(client).toMatchObject({
      issuer: "http://sso.example.com:8080/auth/realms/partner",
      secret: { name: "partner/thunderbirdClient" },
      mail: {
        addresses: "…@partner.example",
        imap: { port: 2143 },
        jmapSession: "http://apisix.partner.example:9080/oidc/jmap/session",
      },
      // Thunderbird finds no provider of a host without a dot.
      thunderbird: { host: "127.0.0.1", hostnames: ["127.0.0.1", "james.example.com"] },
      hostsFile: "127.0.0.1 sso.example.com apisix.partner.example",
    });
  });

  test("client show: asks which one, where several have it; finds what only one has", async () => {
    const output = recordingOutput();
    await expect(clientShow("several", "oidc", undefined, output)).rejects.toThrow(
      /several realms have it[\s\S]*"oidc", "partner"/,
    );
    await expect(clientShow("several", "oidc", "partnr", output)).rejects.toThrow(/no such realm/);
    await clientShow("several", "portal", undefined, output);
    expect(output.results[0]?.data.client).toMatchObject({
      secret: { where: "scripts/kit --env several secrets show partner/client-portal" },
    });
  });

  test("client list: of all, or of one", () => {
    const list = (realm?: string) => {
      const output = recordingOutput();
      clientList("several", realm, output);
      const clients = output.results[0]?.data.clients as { realm: string; clientId: string }[] | undefined;
      return clients?.map(({ realm, clientId }) => `${realm} ${clientId}`);
    };
    expect(list()).toEqual(expect.arrayContaining(["oidc oidc", "partner oidc", "partner portal"]));
    expect(list("partner")).not.toContain("oidc oidc");
  });
});

test("client list: every client of the realm", () => {
  const output = recordingOutput();
  clientList("unit", undefined, output);
  expect(output.results[0]?.data.clients).toMatchObject([
    { clientId: "oidc", kind: "public" },
    { clientId: "james-thunderbird", kind: "confidential" },
    { clientId: "james", kind: "resource server" },
    { clientId: "webmail", kind: "confidential" },
    { clientId: "phone", kind: "public" },
  ]);
});
