import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { realmAdopt } from "../../../cli/commands/realm";
import type { Output } from "../../../cli/output/output";
import { RealmStack } from "../../../constructs/keycloak/adopt/realm-stack";
import { RealmTemplate } from "../../../constructs/keycloak/adopt/realm-template";
import { App, Testing } from "../../../constructs/terraform";
import { KitError } from "../../../kit/errors";
import { exported } from "./exported";
import { realmKinds, secretsOfKinds } from "./realm-kinds";

let folder: string;
let results: Record<string, unknown>[];
const output = {
  result: (data: object) => results.push(data as Record<string, unknown>),
} as unknown as Output;
const read = (name: string) => readFileSync(join(folder, "out", name), "utf8");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kit-adopt-test-"));
  results = [];
});
afterEach(() => vi.unstubAllEnvs());

async function adopt(value: unknown = exported()) {
  const file = join(folder, "demo.json");
  writeFileSync(file, JSON.stringify(value));
  await realmAdopt(file, { out: join(folder, "out") }, output);
}

describe("realm adopt", () => {
  it("writes the realm, a stack that loads it, import blocks, a report, and secrets for their owner only", async () => {
    await adopt();
    expect(JSON.parse(read("realm.json")).realm).toBe("demo");
    expect(read("realm-stack.ts")).toContain('new RealmStack(app, "realm-demo"');
    expect(JSON.parse(read("secrets.tfvars.json"))).toEqual({
      keycloak_admin: null,
      realm_client_james: "in clear",
      realm_client_shop: null,
      realm_federation_staff: "bind",
      realm_federation_guests: null,
    });
    expect(statSync(join(folder, "out", "secrets.tfvars.json")).mode & 0o777).toBe(0o600);
    expect(read(".gitignore")).toContain("secrets.tfvars.json\n");
    expect(JSON.parse(read("left-out.json"))).toContainEqual({ path: "zeal", value: { level: 11 } });
    for (const name of ["realm.json", "realm-stack.ts", "imports.tf.json", "report.md"]) {
      expect(read(name)).not.toContain("in clear");
    }
  });

  it("takes placeholders for switches, and whatever names people give", async () => {
    const names = ["constructor", "toString"];
    const value = {
      realm: "demo",
      enabled: "${ENABLED:true}",
      clients: names.map((clientId) => ({ clientId })),
      roles: { client: Object.fromEntries(names.map((name) => [name, [{ name }]])) },
      components: { constructor: [{ name: "a", providerId: "constructor", config: { toString: ["x"] } }] },
    };
    await adopt(value);
    expect(JSON.parse(read("realm.json"))).toEqual(value);
  });

  it("writes nowhere else", async () => {
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    const before = process.cwd();
    process.chdir(elsewhere);
    try {
      await adopt();
    } finally {
      process.chdir(before);
    }
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it("names what exists in import blocks by its ids", async () => {
    await adopt();
    const blocks = JSON.parse(read("imports.tf.json")).import as { to: string; id: string }[];
    const ids = blocks.map(({ to, id }) => `${to.split(".")[0]} ${id}`);
    expect(ids).toEqual(
      expect.arrayContaining([
        "keycloak_realm demo",
        "keycloak_openid_client demo/c1",
        "keycloak_openid_client_scope demo/s1",
        "keycloak_role demo/r1",
        "keycloak_role demo/r2",
        "keycloak_ldap_user_federation demo/l-staff",
      ]),
    );
    expect(ids).toContainEqual(expect.stringContaining("demo/client/c1/m1"));
    expect(ids).toContainEqual(expect.stringContaining("demo/l-guests/lm-guests"));
  });

  it("gives addresses that the written stack has", async () => {
    await adopt();
    const filled = join(folder, "filled.json");
    writeFileSync(filled, read("secrets.tfvars.json").replaceAll("null", '"given"'));
    const stack = new RealmStack(new App(), "any", {
      realm: RealmTemplate.fromFile(join(folder, "out", "realm.json")).representation,
      keycloak: "https://sso.example.com/auth",
      secretsFile: filled,
      importsFile: join(folder, "out", "imports.tf.json"),
    });
    const synthesized = JSON.parse(Testing.synth(stack));
    for (const { to } of synthesized.import) {
      const [type, name] = to.split(".");
      expect(synthesized.resource[type]).toHaveProperty([name]);
    }
    expect(JSON.stringify(synthesized)).not.toMatch(/in clear|"given"/);
    expect([...stack.variables.values()].map((secret) => secret.reveal())).toContain("in clear");
  });

  it("refuses to build the stack while secrets are missing, and lists all of them", async () => {
    await adopt();
    const build = () =>
      new RealmStack(new App(), "any", {
        realm: RealmTemplate.fromFile(join(folder, "out", "realm.json")).representation,
        keycloak: "https://sso.example.com/auth",
        secretsFile: join(folder, "out", "secrets.tfvars.json"),
      });
    expect(build).toThrow(/keycloak_admin.*\n.*realm_client_shop.*\n.*realm_federation_guests/);
  });

  it("keeps what somebody has filled in when it is run again", async () => {
    await adopt();
    const file = join(folder, "out", "secrets.tfvars.json");
    writeFileSync(file, read("secrets.tfvars.json").replaceAll("null", '"given"'));
    writeFileSync(join(folder, "out", "realm-stack.ts"), "// changed");
    await adopt();
    expect(read("realm-stack.ts")).toBe("// changed");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      keycloak_admin: "given",
      realm_client_shop: "given",
      realm_client_james: "in clear",
    });
  });

  it("leaves all as it was when one file cannot be written", async () => {
    await adopt();
    const out = join(folder, "out");
    const before = Object.fromEntries(readdirSync(out).map((name) => [name, read(name)]));
    rmSync(join(out, "report.md"));
    mkdirSync(join(out, "report.md"));
    await expect(adopt(exported({ displayName: "changed" }))).rejects.toThrow(/report\.md: .*--out/);
    delete before["report.md"];
    const after = readdirSync(out).filter((name) => name !== "report.md");
    expect(Object.fromEntries(after.map((name) => [name, read(name)]))).toEqual(before);
  });

  it("refuses a file of secrets that cannot be read, which it would overwrite", async () => {
    await adopt();
    for (const text of ["{", "[]"]) {
      writeFileSync(join(folder, "out", "secrets.tfvars.json"), text);
      await expect(adopt()).rejects.toThrow(/secrets\.tfvars\.json.*Mend or remove it/s);
      expect(read("secrets.tfvars.json")).toBe(text);
    }
  });

  it("sends a secret again when its count grows, and another name of the realm is the same resource", async () => {
    await adopt();
    const file = join(folder, "filled.json");
    writeFileSync(file, read("secrets.tfvars.json").replaceAll("null", '"given"'));
    const { representation } = RealmTemplate.fromFile(join(folder, "out", "realm.json"));
    const build = (realm: typeof representation, secretVersions: Record<string, number> = {}) =>
      JSON.parse(
        Testing.synth(
          new RealmStack(new App(), "any", {
            realm,
            keycloak: "https://sso.example.com/auth",
            secretsFile: file,
            secretVersions,
          }),
        ),
      ).resource;
    const version = (resource: ReturnType<typeof build>) =>
      Object.values<Record<string, unknown>>(resource.keycloak_openid_client).find(
        (client) => client.client_id === "shop",
      )?.client_secret_wo_version;
    expect(version(build(representation))).toBe("1");
    expect(version(build(representation, { realm_client_shop: 2 }))).toBe("2");
    const names = (resource: ReturnType<typeof build>) => Object.keys(resource.keycloak_realm);
    expect(names(build({ ...representation, realm: "renamed" }))).toEqual(names(build(representation)));
  });

  it.each(realmKinds)(
    "takes one $kind: every value is told of, and no secret is in a file for git",
    async ({ make }) => {
      await adopt(make("demo"));
      const files = readdirSync(join(folder, "out")).filter((name) => name !== "secrets.tfvars.json");
      const written = [...files.map(read), JSON.stringify(results)].join();
      for (const secret of secretsOfKinds) expect(written).not.toContain(secret);
      expect(written).not.toMatch(/does not know what became|undefined\]/);
    },
  );

  it("counts in its result and in the report", async () => {
    await adopt();
    const [result] = results;
    expect(result).toMatchObject({ command: "realm adopt", realm: "demo", version: "16.1.0" });
    const total = Number(result?.values);
    for (const counts of [result?.import, result?.terraform] as Record<string, number>[]) {
      expect(Object.values(counts).reduce((a, b) => a + b)).toBe(total);
    }
    expect(read("report.md")).toContain(`| total | ${total} | ${total} |`);
  });
});

describe("realm adopt of a running Keycloak", () => {
  let server: Server;
  let url: string;
  const asked: string[] = [];
  /** What is answered to requests for a URL with this in it. */
  let instead: { to: string; status: number; text?: string } | undefined;
  let serverInfo: object;
  /** Fields of the realm. */
  let more: object;

  beforeEach(async () => {
    asked.length = 0;
    instead = undefined;
    serverInfo = {};
    more = {};
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        asked.push(
          `${request.method} ${request.url} ${request.headers.authorization ?? Buffer.concat(chunks)}`,
        );
        if (instead && request.url?.includes(instead.to)) {
          response.statusCode = instead.status;
          response.end(instead.text);
          return;
        }
        const answer = request.url?.includes("/token")
          ? { access_token: "t" }
          : request.url?.includes("serverinfo")
            ? serverInfo
            : request.url?.includes("partial-export")
              ? exported({ keycloakVersion: "26.7.3", ...more })
              : request.url?.includes("/executions")
                ? ["auth-otp-form", "basic-auth"].map((providerId) => ({
                    id: providerId,
                    level: 0,
                    providerId,
                  }))
                : [{ clientId: "shop", secret: "shown" }];
        response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("takes the administrator from the environment, and clients' secrets from Keycloak", async () => {
    vi.stubEnv("KIT_ADOPT_USER", "admin");
    vi.stubEnv("KIT_ADOPT_PASSWORD", "p&w");
    await realmAdopt(`${url}/auth/realms/demo`, { out: join(folder, "out") }, output);
    expect(asked[0]).toContain("password=p%26w");
    expect(asked[1]).toBe(
      "POST /auth/admin/realms/demo/partial-export?exportClients=true&exportGroupsAndRoles=true Bearer t",
    );
    expect(JSON.parse(read("secrets.tfvars.json")).realm_client_shop).toBe("shown");
    expect(read("realm-stack.ts")).toContain(`keycloak: "${url}/auth"`);
  });

  it("leaves mappers out whose provider this Keycloak lacks, and says so", async () => {
    vi.stubEnv("KIT_ADOPT_USER", "admin");
    vi.stubEnv("KIT_ADOPT_PASSWORD", "p");
    const mapper = (id: string, protocolMapper: string) => ({
      ...{ id, name: id, protocol: "openid-connect", protocolMapper },
      config: { "claim.name": id },
    });
    const protocolMappers = [
      mapper("tenant", "oidc-organization-membership-mapper"),
      mapper("level", "oidc-usermodel-attribute-mapper"),
    ];
    more = { clientScopes: [{ id: "s", name: "staff", protocol: "openid-connect", protocolMappers }] };
    serverInfo = {
      providers: { "protocol-mapper": { providers: { "oidc-usermodel-attribute-mapper": {} } } },
    };
    await realmAdopt(`${url}/auth/realms/demo`, { out: join(folder, "out") }, output);
    expect(read("imports.tf.json")).toContain("/level");
    expect(read("imports.tf.json")).not.toContain("/tenant");
    expect(read("realm.json")).not.toContain("oidc-organization-membership-mapper");
    expect(read("report.md")).toMatch(
      /clientScopes\[staff\]\.protocolMappers\[tenant\] .*lacks provider oidc-organization-membership-mapper/,
    );
  });

  it("leaves the names of themes out that this Keycloak lacks, and says so", async () => {
    vi.stubEnv("KIT_ADOPT_USER", "admin");
    vi.stubEnv("KIT_ADOPT_PASSWORD", "p");
    more = {
      ...{ loginTheme: "house", emailTheme: "mails", accountTheme: "untold" },
      clients: [{ id: "c1", clientId: "shop", attributes: { login_theme: "shop" } }],
    };
    serverInfo = { themes: { login: [{ name: "keycloak" }], email: [{ name: "mails" }] } };
    await realmAdopt(`${url}/auth/realms/demo`, { out: join(folder, "out") }, output);
    const { loginTheme, emailTheme, accountTheme, clients } = JSON.parse(read("realm.json"));
    expect({ loginTheme, emailTheme, accountTheme }).toEqual({ emailTheme: "mails", accountTheme: "untold" });
    expect(JSON.stringify(clients)).not.toContain("login_theme");
    expect(read("report.md")).toMatch(/loginTheme .*no login theme house is installed/);
    expect(read("report.md")).toMatch(/clients\[shop\]\.attributes\.login_theme .*no login theme shop/);
  });

  it("names every step that this Keycloak lacks, before it writes anything", async () => {
    vi.stubEnv("KIT_ADOPT_USER", "admin");
    vi.stubEnv("KIT_ADOPT_PASSWORD", "p");
    const step = { authenticator: "home-idp-discovery", requirement: "REQUIRED", priority: 1 };
    more = {
      authenticationFlows: [
        { alias: "own", providerId: "basic-flow", topLevel: true, authenticationExecutions: [step] },
      ],
    };
    serverInfo = {
      providers: Object.fromEntries(
        ["authenticator", "client-authenticator", "form-action", "form-authenticator"].map((type) => [
          type,
          { providers: { "auth-cookie": {} } },
        ]),
      ),
    };
    const error = await realmAdopt(`${url}/auth/realms/demo`, { out: join(folder, "out") }, output).catch(
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(KitError);
    expect(error.problems.map(({ where, what }: { where: string; what: string }) => [where, what])).toEqual([
      ["authenticationFlows[own]", "no authenticator home-idp-discovery is installed"],
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["without an administrator", "/auth/realms/demo", {}, /KIT_ADOPT_PASSWORD_FILE/, 2],
    [
      "at an URL that is of no realm",
      "/auth",
      { KIT_ADOPT_USER: "a", KIT_ADOPT_PASSWORD: "b" },
      /not the URL of a realm/,
      2,
    ],
  ])("is refused %s", async (_, path, env, message, exitCode) => {
    for (const name of ["KIT_ADOPT_USER", "KIT_ADOPT_PASSWORD", "KIT_ADOPT_PASSWORD_FILE"])
      vi.stubEnv(name, "");
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const error = await realmAdopt(`${url}${path}`, { out: folder }, output).catch((caught) => caught);
    expect(error).toBeInstanceOf(KitError);
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(exitCode);
  });

  it.each([
    [
      "a wrong password",
      { to: "/token", status: 401 },
      /\/token: it answers 401.*administrator of the master/,
      2,
    ],
    [
      "a wrong password, as Keycloak 26.7 does",
      { to: "/token", status: 400 },
      /\/token: it answers 400.*administrator of the master/,
      2,
    ],
    [
      "a user who may not",
      { to: "export", status: 403 },
      /partial-export.*: it answers 403.*administrator/,
      2,
    ],
    ["a realm that is not there", { to: "export", status: 404 }, /Is it the URL of a realm/, 2],
    ["a fault of Keycloak's", { to: "export", status: 500 }, /it answers 500.*a Keycloak that runs/, 3],
    ["what is no Keycloak", { to: "/token", status: 200, text: "<html>" }, /something else answers/, 3],
  ])("tells of %s", async (_, answer, message, exitCode) => {
    vi.stubEnv("KIT_ADOPT_USER", "admin");
    vi.stubEnv("KIT_ADOPT_PASSWORD", "p");
    instead = answer;
    const error = await realmAdopt(`${url}/auth/realms/demo`, { out: folder }, output).catch(
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(KitError);
    expect(error.message).toMatch(message);
    expect(error.exitCode).toBe(exitCode);
  });

  it("says that nothing answers, as a fault of the machine", async () => {
    vi.stubEnv("KIT_ADOPT_USER", "admin");
    vi.stubEnv("KIT_ADOPT_PASSWORD", "p");
    const error = await realmAdopt("http://127.0.0.1:9/realms/demo", { out: folder }, output).catch(
      (caught) => caught,
    );
    expect(error).toMatchObject({ exitCode: 3 });
  });
});
