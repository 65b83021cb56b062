import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImages } from "../../setup/engine/images";
import { createProgress } from "../../setup/progress/progress";
import { createHttp } from "../../smoke/clients/http";
import { codeGrant, createClient, discover, logOut, type Tokens } from "../../smoke/clients/oidc";
import { Authority } from "../authority";
import { docker, environmentPorts, freePorts, removeRuns, runName } from "../engine";
import { startContainer, testLabel } from "../gateway/lab/docker";
import { secret } from "../template";
import { KitProject, type KitRun } from "./support/kit";
import { lemonldapConfiguration, lemonldapImage } from "./support/lemonldap";
import { startSlapd } from "./support/slapd";

/**
 * LemonLDAP::NG beside a platform that has no Keycloak, and a slapd whose people both have. Both speak TLS with a
 * certificate of an authority of their own, on the engine's machine, where the platform's containers reach them by its address.
 */
const purpose = "kit-openid-e2e";
const run = runName(purpose);
const ports = environmentPorts();
const { sso, ldaps } = freePorts("sso", "ldaps");
const folder = mkdtempSync(join(tmpdir(), "kit-openid-"));
const passwords = {
  bind: "bind of the reader",
  amy: "amy's own",
  bob: "bob's own",
  james: "secret-of-james",
};
const project = new KitProject(purpose, {});
const redirectUri = "http://localhost:3000/callback";
let address = "";
let authority: Authority;
const issuer = () => `https://${address}:${sso}/`;

const settings = () => ({
  ...{ images: "built", gateway: "httpd", domain: "acme.test", ports },
  openid: {
    issuer: issuer(),
    jwksUrl: `${issuer()}oauth2/jwks`,
    introspectionUrl: `${issuer()}oauth2/introspect`,
    ca: authority.path,
  },
  clients: { oidc: { redirectUris: [redirectUri] }, thunderbird: { redirectUris: [redirectUri] } },
  directory: {
    url: `ldaps://${address}:${ldaps}`,
    usersDn: "ou=staff,o=acme",
    bindDn: "cn=reader,o=acme",
    ca: authority.path,
  },
  smokeUser: "amy@acme.test",
});
const secrets = {
  KIT_SECRET_DIRECTORY_BIND: passwords.bind,
  KIT_SECRET_JAMES_CLIENT: passwords.james,
  KIT_SECRET_THUNDERBIRD_CLIENT: "secret-of-thunderbird",
  KIT_SECRET_AMY_ACME_TEST: passwords.amy,
};
const kit = (...args: string[]) => project.run(args, { env: secrets });

const directory = `${["core", "cosine", "inetorgperson"].map((name) => `include /etc/ldap/schema/${name}.schema\n`).join("")}
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile /etc/ldap/kit/ca.pem
TLSCertificateFile /etc/ldap/kit/server.pem
TLSCertificateKeyFile /etc/ldap/kit/server.key
database mdb
suffix "o=acme"
directory /tmp/directory
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,o=acme" read by anonymous auth
`;

const person = (name: string, password: string) => `
dn: uid=${name},ou=staff,o=acme
objectClass: inetOrgPerson
uid: ${name}
cn: ${name}
sn: ${name}
mail: ${name}@acme.test
userPassword: ${password}
`;

const entries = `dn: o=acme
objectClass: organization
o: acme

dn: cn=reader,o=acme
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: ${passwords.bind}

dn: ou=staff,o=acme
objectClass: organizationalUnit
ou: staff
${person("amy", passwords.amy)}${person("bob", passwords.bob)}`;

beforeAll(async () => {
  removeRuns(testLabel, purpose);
  docker("network", "create", "--label", `${testLabel}=${run}`, run);
  [address = ""] = docker("network", "inspect", run, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  authority = new Authority(folder);
  const certificate = authority.certify(address);
  project.configure(settings());
  const lemonldap = lemonldapImage();
  await buildImages([lemonldap], createProgress());
  await startSlapd({
    ...{ name: `${run}-slapd`, test: run, configuration: directory, ldif: entries, certificate },
    urls: [`ldaps://${address}:${ldaps}/`],
  });
  const mail = { redirectUri, forMail: true };
  const configuration = lemonldapConfiguration({
    url: `https://${address}:${sso}`,
    clients: {
      oidc: mail,
      "james-thunderbird": { ...mail, secret: secrets.KIT_SECRET_THUNDERBIRD_CLIENT },
      james: { secret: passwords.james },
      wiki: { redirectUri },
    },
    directory: {
      url: `ldaps://${address}:${ldaps}`,
      ...{ usersDn: "ou=staff,o=acme", bindDn: "cn=reader,o=acme", bindPassword: passwords.bind },
      ca: "/opt/kit/ca.pem",
    },
  });
  await startContainer({
    ...{ name: `${run}-lemonldap`, test: run, network: "host", aliases: [], image: lemonldap.reference },
    files: [
      { path: "/opt/kit/lmConf-1.json", content: JSON.stringify(configuration) },
      { path: "/opt/kit/listen.conf", content: `listen ${address}:${sso} ssl;\n` },
      ...certificate.map(({ name, content }) => ({ path: `/opt/kit/${name}`, content })),
    ],
  });
}, 600_000);
afterAll(() => {
  project.remove();
  removeRuns(testLabel, purpose);
  rmSync(folder, { recursive: true });
});

function expectExit(run: KitRun, exitCode: number): void {
  expect(run.exitCode, run.output).toBe(exitCode);
}

/** Logs bob in by a client of the provider. */
async function login(clientId: string) {
  const http = createHttp({
    ...{ ssoUrl: issuer(), gatewayUrl: "http://apisix.example.com:9080" },
    gateway: { host: "127.0.0.1", port: ports.gateway },
    ssoCa: authority.certificate,
  });
  const server = await discover(http, issuer());
  const client = await createClient(http, server, { clientId });
  const user = { username: "bob@acme.test", password: secret(passwords.bob) };
  const tokens = await codeGrant(http, client, user, { redirectUri, scope: "openid email" });
  const end = async () => {
    await logOut(http, server, { clientId }, tokens, "other");
    await http.close();
  };
  return { tokens, end };
}

function curl(...args: string[]) {
  const names = ["--resolve", `apisix.example.com:${ports.gateway}:127.0.0.1`];
  const { status, stdout } = spawnSync("curl", ["--silent", "--max-time", "20", ...names, ...args], {
    encoding: "utf8",
    input: "Subject: hello\r\n\r\nhello\r\n",
  });
  return { code: status ?? -1, output: stdout };
}

/** What curl can do as bob with a token: status of JMAP, and its exit codes; 67 is a refused login. */
function reach(token: string) {
  const sasl = (mechanism: string, ...args: string[]) =>
    curl(
      ...[
        "--login-options",
        `AUTH=${mechanism}`,
        "--user",
        "bob@acme.test",
        "--oauth2-bearer",
        token,
        ...args,
      ],
    ).code;
  const mail = ["--mail-from", "bob@acme.test", "--mail-rcpt", "amy@acme.test", "--upload-file", "-"];
  return {
    jmap: Number(
      curl(
        ...[
          "--output",
          "/dev/null",
          "--write-out",
          "%{http_code}",
          "--header",
          `Authorization: Bearer ${token}`,
        ],
        `http://apisix.example.com:${ports.gateway}/oidc/jmap/session`,
      ).output,
    ),
    imap: ["XOAUTH2", "OAUTHBEARER"].map((mechanism) => sasl(mechanism, `imap://127.0.0.1:${ports.imap}/`)),
    smtp: ["XOAUTH2", "OAUTHBEARER"].map((mechanism) =>
      sasl(mechanism, `smtp://127.0.0.1:${ports.smtp}/`, ...mail),
    ),
  };
}
const everything = { jmap: 200, imap: [0, 0], smtp: [0, 0] };
const nothing = { jmap: 401, imap: [67, 67], smtp: [67, 67] };

describe.sequential("LemonLDAP::NG instead of a Keycloak, in an environment file", () => {
  it("comes up without a Keycloak, and the smoke test succeeds with all but the password grant", async () => {
    const up = await kit("up");
    expectExit(up, 0);
    const steps = up.events.flatMap(({ smoke }) => (smoke ? [smoke as { id: string; ok: boolean }] : []));
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.filter((step) => "skipped" in step).map(({ id }) => id)).toEqual([
      ...["sso.password", "logout.password"],
    ]);
    expect(steps.length).toBeGreaterThan(20);
    expect(Object.keys(project.containerIds())).not.toContain("keycloak");
  });

  let bob: { tokens: Tokens & { idToken: unknown }; end: () => Promise<void> };
  it("its token opens everything to curl, too", async () => {
    bob = await login("oidc");
    expect(reach(bob.tokens.accessToken)).toEqual(everything);
  });

  it("an ID token, and a token that another application was given, open nothing", async () => {
    const wiki = await login("wiki");
    expect(reach(bob.tokens.browser?.idToken ?? "")).toEqual(nothing);
    expect(reach(wiki.tokens.accessToken)).toEqual(nothing);
    await wiki.end();
  });

  it("after a logout the same token opens nothing", async () => {
    expect(reach(bob.tokens.accessToken)).toEqual(everything);
    await bob.end();
    expect(reach(bob.tokens.accessToken)).toEqual(nothing);
  });

  it("while it does not answer nobody is let in, and no token is called bad", async () => {
    const { tokens, end } = await login("oidc");
    docker("pause", `${run}-lemonldap`);
    const away = reach(tokens.accessToken);
    docker("unpause", `${run}-lemonldap`);
    expect(away.jmap).toBe(503);
    expect([...away.imap, ...away.smtp]).not.toContain(0);
    expect(reach(tokens.accessToken)).toEqual(everything);
    await end();
  });

  it("where it cannot be asked its tokens are good until they expire, and no others; the smoke test says so", async () => {
    const { introspectionUrl: _, ...openid } = settings().openid;
    project.configure({ ...settings(), openid });
    const up = await kit("up", "--allow-loss", "mail");
    expectExit(up, 0);
    const steps = up.events.flatMap(({ smoke }) =>
      smoke ? [smoke as { id: string; ok: boolean; skipped?: string }] : [],
    );
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.find(({ id }) => id === "logout")?.skipped).toMatch(/good until they expire/);

    const wiki = await login("wiki");
    const { tokens, end } = await login("oidc");
    expect(reach(tokens.browser?.idToken ?? "")).toEqual(nothing);
    expect(reach(wiki.tokens.accessToken)).toEqual(nothing);
    await Promise.all([wiki.end(), end()]);
    expect(reach(tokens.accessToken)).toEqual(everything);
  });

  it("down leaves nothing", async () => {
    expectExit(await kit("down"), 0);
    expect(project.leftovers()).toEqual([]);
  });
});
