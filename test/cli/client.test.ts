import { execFileSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientList, clientShow } from "../../cli/commands/client";
import { openDeployment } from "../../operations/deployment/deployment";
import { enterProject, leaveProject, recordingOutput } from "./project";

let folder: string;

beforeAll(() => {
  folder = enterProject({
    domain: "example.org",
    people: [{ mail: "a@example.org" }],
    bind: "10.0.0.5",
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

function show(clientId: string, realm?: string) {
  const output = recordingOutput();
  clientShow(realm ? "several" : "unit", clientId, realm, output);
  const [result] = output.results;
  return { text: result?.text as string, client: result?.data.client as Record<string, unknown> };
}

describe("client show", () => {
  test("tells all that a client must be configured with, and where its secret is", () => {
    const issuer = "http://sso.example.com:18080/auth/realms/oidc";
    const { text, client } = show("webmail");
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

  test("a client that cannot keep a secret has none", () => {
    const { text, client } = show("phone");
    expect(client.secret).toBeNull();
    expect(text).toContain("none: it cannot keep one");
  });

  test.each([
    ["james-thunderbird", "thunderbirdClient"],
    ["james", "jamesClient"],
  ])("%s: its secret is %s", (clientId, name) => {
    expect(show(clientId).client.secret).toMatchObject({ name });
  });

  test("names the environment as it was called, wherever its file is and whatever its name on the engine", () => {
    mkdirSync("else where");
    writeFileSync("else where/mine.yaml", JSON.stringify({ name: "other" }));
    const output = recordingOutput();
    clientShow("else where/mine.yaml", "james", undefined, output);
    const command = "scripts/kit --env 'else where/mine.yaml' secrets show jamesClient";
    expect(output.results[0]?.data.client).toMatchObject({ secret: { where: command } });
    expect(output.results[0]?.text).toContain(command);
  });

  describe("--addon", () => {
    const write = (clientId: string, file = "kit.xpi") => {
      const output = recordingOutput();
      clientShow("unit", clientId, undefined, output, file);
      return JSON.stringify(output.results);
    };
    /** By a program that knows nothing of the kit. */
    const read = (file = "kit.xpi") => {
      const script = `import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.read("manifest.json").decode())`;
      return JSON.parse(execFileSync("python3", ["-c", script, file], { encoding: "utf8" }));
    };

    test("is refused while there is no secret; then it is all that Thunderbird needs, for its owner only", () => {
      expect(() => write("james-thunderbird")).toThrow(/secret thunderbirdClient is not stored/);
      const secret = openDeployment("unit").secrets.get("thunderbirdClient").reveal();
      writeFileSync("kit.xpi", "of others", { mode: 0o644 });
      const told = write("james-thunderbird");
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

    test("of a public client it has no secret", () => {
      write("oidc", "public.xpi");
      expect(read("public.xpi").oauth_provider).not.toHaveProperty("clientSecret");
    });

    test("is refused for clients by which nobody logs in, and where it cannot be written", () => {
      for (const clientId of ["james", "phone"]) {
        expect(() => write(clientId)).toThrow(/Thunderbird cannot log in by it/);
      }
      expect(() => write("oidc", "nowhere/kit.xpi")).toThrow(/--addon/);
      expect(() => write("oidc", "environments")).toThrow(/--addon/);
    });
  });

  test("names the clients that there are when there is no such", () => {
    expect(() => show("outlook")).toThrow(/no client outlook[\s\S]*"webmail", "phone"/);
  });
});

describe("several realms", () => {
  test("client show: endpoints, secret and mail of the realm that is named", () => {
    const { client } = show("james-thunderbird", "partner");
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

  test("client show: asks which one, where several have it; finds what only one has", () => {
    const output = recordingOutput();
    expect(() => clientShow("several", "oidc", undefined, output)).toThrow(
      /several realms have it[\s\S]*"oidc", "partner"/,
    );
    expect(() => clientShow("several", "oidc", "partnr", output)).toThrow(/no such realm/);
    clientShow("several", "portal", undefined, output);
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
