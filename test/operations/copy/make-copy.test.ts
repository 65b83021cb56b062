import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { outputs } from "../../../cli/commands/outputs";
import { loadEnvironment } from "../../../config/environment";
import { packageRoot } from "../../../kit/package-root";
import { makeCopy } from "../../../operations/copy/make-copy";
import {
  type Copy,
  environmentName,
  forgetUp,
  rememberUp,
  useName,
} from "../../../operations/deployment/current-environment";
import { enterProject, leaveProject, recordingOutput } from "../../cli/project";

let folder = "";
let cache = "";
let before: NodeJS.ProcessEnv;

beforeEach(() => {
  before = { ...process.env };
  folder = enterProject({ images: "built", name: "unit" });
  cache = mkdtempSync(join(tmpdir(), "james-oidc-kit-cache-"));
  process.env.XDG_CACHE_HOME = cache;
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const variable of Object.keys(process.env)) delete process.env[variable];
  Object.assign(process.env, before);
  leaveProject(folder);
  rmSync(cache, { recursive: true });
});

/** As another process: nothing of a copy is in its variables. */
function anew(): void {
  for (const variable of Object.keys(process.env)) {
    if (variable.startsWith("KIT_")) delete process.env[variable];
  }
}

async function copy(name: string, ports?: "auto", file = "unit"): Promise<Copy> {
  anew();
  useName(name);
  await makeCopy(file, ports);
  return JSON.parse(readFileSync(`.kit/${name}/copy.json`, "utf8"));
}

const portsOf = ({ variables }: Copy) =>
  Object.entries(variables).flatMap(([variable, value]) => (/PORTS/.test(variable) ? [value] : []));

it("a copy is found by its name alone, with ports and host names of its own", async () => {
  const one = await copy("pr-1", "auto");
  expect(one.environment).toBe("unit");
  expect(Object.keys(one.variables).sort()).toEqual([
    "KIT_HOSTS_GATEWAY",
    ...["GATEWAY", "IMAP", "KEYCLOAK", "SIEVE", "SMTP"].map((port) => `KIT_PORTS_${port}`),
    "KIT_PUBLIC_KEYCLOAK",
  ]);
  expect(new Set(portsOf(one)).size).toBe(5);
  anew();
  useName("pr-1");
  expect(environmentName()).toBe("unit");
  const output = recordingOutput();
  outputs(environmentName(), {}, output);
  const { text = "" } = output.results[0] ?? {};
  expect(text).toContain(
    `OIDC_ISSUER=http://sso.pr-1.localhost:${one.variables.KIT_PORTS_KEYCLOAK}/auth/realms/oidc`,
  );
  expect(text).toContain(
    `JMAP_SESSION_URL=http://mail.pr-1.localhost:${one.variables.KIT_PORTS_GATEWAY}/oidc/jmap/session`,
  );
  expect(text).toContain(`IMAP_PORT=${one.variables.KIT_PORTS_IMAP}`);
});

it("what was chosen stays; what another copy has, or a program listens on, is not chosen", async () => {
  const one = await copy("pr-1", "auto");
  const two = await copy("pr-2", "auto");
  expect(portsOf(one).filter((port) => portsOf(two).includes(port))).toEqual([]);
  expect(await copy("pr-1", "auto")).toEqual(one);
  expect(await copy("pr-1")).toEqual(one);

  // A port that is free again, since its copy is gone, but is somebody's now.
  rmSync(".kit/pr-1", { recursive: true });
  const port = Number(portsOf(one)[0]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  try {
    const three = await copy("pr-3", "auto");
    expect(portsOf(three)).not.toContain(String(port));
    expect(portsOf(three).filter((taken) => portsOf(two).includes(taken))).toEqual([]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

it("what a variable or the file says goes before what would be chosen", async () => {
  writeFileSync(
    "environments/named.yaml",
    JSON.stringify({
      images: "built",
      hosts: { gateway: "mail.acme.test" },
      public: { keycloak: "http://login.acme.test:8080/auth" },
    }),
  );
  anew();
  process.env.KIT_PORTS_IMAP = "1143";
  useName("pr-1");
  await makeCopy("named", "auto");
  const { variables } = JSON.parse(readFileSync(".kit/pr-1/copy.json", "utf8")) as Copy;
  expect(Object.keys(variables)).not.toContain("KIT_PORTS_IMAP");
  expect(Object.keys(variables).filter((variable) => /HOSTS|PUBLIC/.test(variable))).toEqual([]);
  const { hosts } = loadEnvironment("named", { env: process.env });
  expect(hosts.gateway).toBe("mail.acme.test");
});

it("processes at once choose different ports", { timeout: 120_000 }, async () => {
  const script = `
    import { makeCopy } from ${JSON.stringify(join(packageRoot, "operations/copy/make-copy.ts"))};
    import { useName } from ${JSON.stringify(join(packageRoot, "operations/deployment/current-environment.ts"))};
    useName(process.argv[2]);
    void makeCopy("unit", "auto");`;
  mkdirSync("scripts");
  writeFileSync("scripts/copy.ts", script);
  const names = Array.from({ length: 4 }, (_, index) => `race-${index}`);
  const tsx = join(packageRoot, "node_modules/.bin/tsx");
  await Promise.all(names.map((name) => promisify(execFile)(tsx, ["scripts/copy.ts", name])));
  const ports = names.flatMap((name) =>
    portsOf(JSON.parse(readFileSync(`.kit/${name}/copy.json`, "utf8")) as Copy),
  );
  expect(ports).toHaveLength(20);
  expect(new Set(ports).size).toBe(20);
});

it("copies are not what commands mean that name none", async () => {
  await copy("pr-1", undefined, "other");
  anew();
  rememberUp("unit");
  useName("pr-1");
  rememberUp("other");
  forgetUp("unit");
  anew();
  expect(environmentName()).toBe("unit");
});

it("what cannot be is refused", async () => {
  expect(() => useName("../pr")).toThrow(/no environment can be called so/);
  await expect(makeCopy("unit", "auto")).rejects.toThrow(/--name NAME/);
  const realm = {
    ...{ name: "partner", domain: "partner.example", hosts: { gateway: "mail.partner.example" } },
    ...{ ports: { imap: 2143, smtp: 2587, sieve: 2190 }, people: [{ mail: "amy@partner.example" }] },
  };
  writeFileSync("environments/realms.yaml", JSON.stringify({ images: "built", realms: [realm] }));
  await expect(copy("pr-1", "auto", "realms")).rejects.toThrow(/realms\.0\.ports\.imap.*KIT_BIND/s);
});
