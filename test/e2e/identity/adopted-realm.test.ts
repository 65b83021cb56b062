import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { realmAdopt } from "../../../cli/commands/realm";
import type { Output } from "../../../cli/output/output";
import { RealmStack, type RealmStackProps } from "../../../constructs/keycloak/adopt/realm-stack";
import { RealmTemplate } from "../../../constructs/keycloak/adopt/realm-template";
import { withoutPlaceholders } from "../../../constructs/keycloak/adopt/secrets/placeholders";
import { bareRealm, recordedKeycloak } from "../../../constructs/keycloak/compare/bare-realm";
import { difference } from "../../../constructs/keycloak/compare/difference";
import { maskedSecret } from "../../../constructs/keycloak/compare/masked-secret";
import { normalizeRealm } from "../../../constructs/keycloak/compare/normalize";
import { realmCoverage } from "../../../constructs/keycloak/provider/realm-coverage";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { App } from "../../../constructs/terraform";
import { Secret } from "../../../constructs/workload/secret";
import { type Machine, prepareTerraform } from "../../../setup/machine";
import { createProgress } from "../../../setup/progress/progress";
import { KeycloakProviderUnavailable } from "../../../setup/terraform/keycloak-provider";
import { alikeRealm, scopedRealm } from "../../keycloak/alike-realm";
import { adminPassword, type KeycloakLab, startKeycloakLab } from "../../keycloak/keycloak-lab";
import { largeRealm } from "../../keycloak/large-realm";

const run = promisify(execFile);

let lab: KeycloakLab;
beforeAll(async () => {
  lab = await startKeycloakLab("adopted");
});
afterAll(() => lab?.close());

describe("what is recorded of Keycloak", () => {
  it("is what the running one makes of a new realm, in fields that it is known to have", async () => {
    const { realms } = await lab.admin();
    await realms.create({ realm: "bare", enabled: true });
    const found = await lab.export("bare");
    expect((found as { keycloakVersion?: string }).keycloakVersion).toBe(recordedKeycloak);
    const recorded = { ...bareRealm("bare"), keycloakVersion: recordedKeycloak };
    expect(difference(normalizeRealm(recorded), normalizeRealm(found))).toEqual([]);
    // What nobody reads is not recorded.
    const unread = ["id", "notBefore", "requiredCredentials"];
    const names = (realm: object) => Object.keys(realm).filter((name) => !unread.includes(name));
    expect(names(recorded).toSorted()).toEqual(names(found).toSorted());
    expect(RealmTemplate.parse(JSON.stringify(found), "the running Keycloak").unknown).toEqual([]);
  });
});

/** What a realm has, by ids: objects, steps of flows with their configurations, and what people are in and may do. */
async function everything(realm: string): Promise<string[]> {
  const { authenticationManagement: flows, users } = await lab.admin();
  const found = await lab.export(realm);
  const lines: string[] = [];
  const note = (...values: unknown[]) => lines.push(JSON.stringify(values));
  const telling = ["claim.name", "ldap.attribute", "connectionUrl", "priority"];
  JSON.stringify(found, (_, value) => {
    if (value?.id === undefined) return value;
    const config = telling.map((key) => value.config?.[key]);
    note(value.id, value.clientId ?? value.alias ?? value.name, value.secret, config);
    return value;
  });
  for (const { alias = "" } of found.authenticationFlows ?? []) {
    for (const step of await flows.getExecutions({ realm, flow: alias })) {
      const id = step.authenticationConfig;
      const config = id === undefined ? undefined : await flows.getConfig({ realm, id });
      note(alias, step.id, step.level, step.displayName, step.requirement, config);
    }
  }
  for (const { id = "", username } of await users.find({ realm })) {
    const [groups, roles] = [
      await users.listGroups({ realm, id }),
      await users.listRealmRoleMappings({ realm, id }),
    ];
    note(username, groups.map(({ path }) => path).sort(), roles.map(({ name }) => name).sort());
  }
  return lines.toSorted();
}

/** Terraform with the provider, or why it cannot be had here. */
const machine = (): Promise<Machine | string> =>
  prepareTerraform(createProgress(), { keycloakProvider: true }).catch((error: unknown) => {
    if (error instanceof KeycloakProviderUnavailable) return error.message;
    throw error;
  });

describe("an adopted realm", async () => {
  const found = await machine();
  if (typeof found === "string") it("by the provider", ({ skip }) => skip(found));
  else describe.sequential("by the provider", () => adopted(found));
});

function adopted({ terraform, env, keycloakProvider }: Machine): void {
  const template = RealmTemplate.parse(JSON.stringify(largeRealm()), "a grown realm");
  const wanted = withoutPlaceholders(template.representation);
  let folder: string;
  let variables: Record<string, string>;

  /** Makes a stack in the folder, and Terraform ready to run it. */
  const synthesize = async (realm: RealmRepresentation, more: Partial<RealmStackProps> = {}) => {
    const app = new App({ outdir: folder });
    const stack = new RealmStack(app, "grown", {
      realm,
      keycloak: lab.url,
      secretOf: (object) => template.secretOf(object) ?? new Secret(object, `secret of ${object}`),
      stateFile: join(folder, "terraform.tfstate"),
      lacks: keycloakProvider?.lacks ?? [],
      ...more,
    });
    app.synth();
    const values = [...stack.variables].map(([name, secret]) => [`TF_VAR_${name}`, secret.reveal()]);
    variables = { TF_VAR_keycloak_admin: adminPassword, ...Object.fromEntries(values) };
    await terraformRun("init", "-reconfigure");
  };

  /** Runs Terraform where the stack is. */
  const terraformRun = async (command: string, ...args: string[]): Promise<string> => {
    const { stdout } = await run(terraform.binary, [command, "-no-color", "-input=false", ...args], {
      cwd: join(folder, "stacks/grown"),
      env: { ...process.env, ...env, ...variables },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  };
  /** What a plan would do, by address. */
  const changes = async (): Promise<[string, string][]> => {
    await terraformRun("plan", "-out=plan");
    const { stdout } = await run(terraform.binary, ["show", "-json", "plan"], {
      cwd: join(folder, "stacks/grown"),
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    const { resource_changes = [] } = JSON.parse(stdout) as {
      resource_changes?: { mode: string; type: string; change: { actions: string[] } }[];
    };
    return resource_changes
      .filter(({ mode, change }) => mode === "managed" && change.actions.join() !== "no-op")
      .map(({ type, change }) => [change.actions.join(), type]);
  };
  const differences = async () => {
    const all = difference(normalizeRealm(wanted), normalizeRealm(await lab.export("grown")));
    return all.map(({ object, path }) => [object, path].filter(Boolean).join(" "));
  };

  /** What the provider cannot say of it, as coverage tells: the realm differs in this and in nothing else. */
  const inexpressible = [
    "client machine-with-uris redirectUris",
    "client machine-with-uris webOrigins",
    "client nowhere standardFlowEnabled",
  ];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kit-adopted-realm-"));
    await synthesize(template.representation);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is made at once, and there is nothing to change after that", async () => {
    await terraformRun("apply", "-auto-approve");
    expect(await changes()).toEqual([]);
  });

  it("is as wanted, but for what coverage says", async () => {
    const lost = realmCoverage(wanted).filter(({ kind }) => kind === "inexpressible");
    expect(lost.map(({ path }) => path)).toEqual([
      "clients[machine-with-uris].redirectUris",
      "clients[machine-with-uris].webOrigins",
      "clients[nowhere].standardFlowEnabled",
    ]);
    expect(await differences()).toEqual(inexpressible);
  });

  it("is repaired after changes by hand", async () => {
    const { clients, clientScopes, authenticationManagement, components } = await lab.admin();
    const realm = "grown";
    const [client] = await clients.find({ realm, clientId: "web-1" });
    await clients.del({ realm, id: client?.id as string });
    const scope = await clientScopes.findOneByName({ realm, name: "basics" });
    const mapper = scope?.protocolMappers?.find(({ name }) => name === "email");
    await clientScopes.delProtocolMapper({ realm, id: scope?.id as string, mapperId: mapper?.id as string });
    const steps = await authenticationManagement.getExecutions({ realm, flow: "two factors OTP" });
    const otp = steps.find(({ providerId }) => providerId === "auth-otp-form");
    await authenticationManagement.delExecution({ realm, id: otp?.id as string });
    const mail = (await components.find({ realm, name: "attribute mail" }))[0];
    await components.del({ realm, id: mail?.id as string });

    const planned = await changes();
    expect(planned).toEqual(
      expect.arrayContaining([
        ["create", "keycloak_openid_client"],
        ["create", "keycloak_generic_protocol_mapper"],
        ["create", "keycloak_authentication_execution"],
        ["create", "keycloak_ldap_custom_mapper"],
      ]),
    );
    await terraformRun("apply", "plan");
    expect(await changes()).toEqual([]);
    expect(await differences()).toEqual(inexpressible);
  });

  /** Adopts a realm that runs, and makes its stack. */
  const adopt = async (realm: string) => {
    const out = join(folder, "adopted", realm);
    vi.stubEnv("KIT_ADOPT_USER", "admin");
    vi.stubEnv("KIT_ADOPT_PASSWORD", adminPassword);
    await realmAdopt(`${lab.url}/realms/${realm}`, { out }, { result() {} } as unknown as Output);
    vi.unstubAllEnvs();
    const secretsFile = join(out, "secrets.tfvars.json");
    const secrets = { ...JSON.parse(readFileSync(secretsFile, "utf8")), keycloak_admin: adminPassword };
    // What Keycloak has already.
    writeFileSync(secretsFile, JSON.stringify(secrets).replaceAll("null", JSON.stringify(maskedSecret)));
    await synthesize(RealmTemplate.fromFile(join(out, "realm.json")).representation, {
      secretsFile,
      importsFile: join(out, "imports.tf.json"),
      stateFile: join(out, "terraform.tfstate"),
    });
  };

  it("is adopted from the running Keycloak without anything made anew", async () => {
    await adopt("grown");
    const planned = await changes();
    expect(planned.filter(([action]) => action.includes("delete"))).toEqual([]);
    const has = ["realm", "openid_client", "role", "group", "ldap_user_federation", "ldap_custom_mapper"];
    const made = planned.filter(([action]) => action === "create").map(([, type]) => type);
    expect(has.filter((type) => made.includes(`keycloak_${type}`))).toEqual([]);
  });

  it.each([
    ["in which much has one name", alikeRealm],
    ["with nothing of its own but a client scope", scopedRealm],
  ])(
    "%s keeps every object when it is applied, and there is nothing to change after that",
    async (_, realm) => {
      await (await lab.admin()).realms.create(realm as unknown as RealmRepresentation);
      const before = await everything(realm.realm);
      await adopt(realm.realm);
      expect((await changes()).filter(([action]) => action.includes("delete"))).toEqual([]);
      await terraformRun("apply", "plan");
      expect(await everything(realm.realm)).toEqual(before);
      expect(await changes()).toEqual([]);
    },
  );
}
