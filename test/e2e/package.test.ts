import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";

const changedStack = `
import { join } from "node:path";
import { App, KeycloakRealm, RealmStack, RealmTemplate } from "james-oidc-kit";

const app = new App();
const { representation } = RealmTemplate.fromFile(join(__dirname, "realm.json"));
const adopted = KeycloakRealm.fromRepresentation(app, "oidc", representation);
adopted.addOidcClient("webmail", { kind: "public", redirectUris: ["https://webmail.example.com/cb"] });
new RealmStack(app, "changed", {
  realm: adopted.representation(),
  keycloak: "https://sso.example.com/auth",
  secretsFile: join(__dirname, "secrets.tfvars.json"),
});
app.synth();
`;

const work = mkdtempSync(join(tmpdir(), "james-oidc-kit-package-"));
const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
const { version, peerDependencies, exports } = JSON.parse(
  readFileSync(join(packageRoot, "package.json"), "utf8"),
);
const tarball = join(work, `james-oidc-kit-${version}.tgz`);

const run = (command: string, args: readonly string[], cwd: string, variables: NodeJS.ProcessEnv = {}) =>
  execFileSync(command, args, {
    ...{ cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    env: { ...process.env, ...variables },
  });

beforeAll(() => {
  // Compiles what has changed.
  run(join(packageRoot, "scripts/kit"), ["--version"], packageRoot);
  run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", work], packageRoot);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A project that has nothing but the kit's package and what it says it needs beside it. */
function project(name: string, packages: readonly string[]) {
  const directory = join(work, name);
  mkdirSync(directory);
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  run("npm", ["install", ...quiet, tarball, ...packages], directory);
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module: "nodenext",
        strict: true,
        types: ["node"],
        // The kit's types are those of cdktn.
        skipLibCheck: name === "cdktf",
        typeRoots: [join(packageRoot, "node_modules/@types")],
      },
    }),
  );
  return directory;
}

it("says what it needs where a project has no CDK for Terraform", () => {
  const directory = project("alone", []);
  expect(() => run("node", ["-e", 'require("james-oidc-kit")'], directory)).toThrow(/npm install cdktn/);
});

it("has no fault that publint or are-the-types-wrong finds", () => {
  const bin = (name: string) => join(packageRoot, "node_modules/.bin", name);
  const told = run(bin("publint"), ["run", "--strict", tarball], work);
  expect(told).toContain("All good!");
  // Node 20 reads `exports`; what resolved modules before it did not.
  run(bin("attw"), ["--profile", "node16", tarball], work);
  expect(run("tar", ["-tzf", tarball], work)).not.toContain("docs/api");
});

const packageOf = (cdk: string) => `${cdk}@${peerDependencies[cdk]}`;

describe.each(["cdktn", "cdktf"])("a project with %s", (cdk) => {
  let directory: string;
  const npx = (...args: string[]) => run("npx", ["--no-install", "james-oidc-kit", ...args], directory);
  const file = (path: string) => readFileSync(join(directory, path), "utf8");
  const compile = () => run(join(packageRoot, "node_modules/.bin/tsc"), ["-p", "."], directory);
  beforeAll(() => {
    directory = project(cdk, [packageOf(cdk)]);
  });

  it("adopts a realm into a stack that a project with the package compiles and synthesizes", () => {
    const template = join(packageRoot, "realm-templates/oidc.json");
    npx("realm", "adopt", template, "--out", "realm");
    const secrets = JSON.parse(file("realm/secrets.tfvars.json"));
    const filled = Object.fromEntries(Object.keys(secrets).map((name) => [name, `a secret of ${name}`]));
    writeFileSync(join(directory, "realm/secrets.tfvars.json"), JSON.stringify(filled));
    // What is adopted is a base for typed changes.
    writeFileSync(join(directory, "realm/changed-stack.ts"), changedStack);
    compile();
    run("node", ["realm/realm-stack.js"], directory);
    const stack = file("cdktf.out/stacks/realm-oidc/cdk.tf.json");
    const clients = Object.values(JSON.parse(stack).resource.keycloak_openid_client as object);
    expect(clients.map(({ client_id: id }) => id).sort()).toEqual(
      expect.arrayContaining(["james", "james-thunderbird", "oidc"]),
    );
    for (const secret of Object.values(filled)) expect(stack).not.toContain(secret);
    run("node", ["realm/changed-stack.js"], directory);
    expect(file("cdktf.out/stacks/changed/cdk.tf.json")).toContain("https://webmail.example.com/cb");
  });

  it("synthesizes the written stack in a part of the project that is of ES modules, compiled and as it is", () => {
    mkdirSync(join(directory, "esm"));
    writeFileSync(join(directory, "esm/package.json"), JSON.stringify({ type: "module" }));
    npx("realm", "adopt", join(packageRoot, "realm-templates/oidc.json"), "--out", "esm/realm");
    const secrets = file("esm/realm/secrets.tfvars.json").replaceAll("null", '"given"');
    writeFileSync(join(directory, "esm/realm/secrets.tfvars.json"), secrets);
    compile();
    expect(file("esm/realm/realm-stack.js")).toMatch(/^import /m);
    const tsx = join(packageRoot, "node_modules/.bin/tsx");
    // From wherever it is run.
    for (const [program, at, path] of [
      ["node", "esm", "realm/realm-stack.js"],
      [tsx, "esm/realm", "realm-stack.ts"],
      [tsx, ".", "realm/realm-stack.ts"],
    ] as const) {
      rmSync(join(directory, at, "cdktf.out"), { recursive: true, force: true });
      run(program, [path], join(directory, at));
      expect(file(join(at, "cdktf.out/stacks/realm-oidc/cdk.tf.json"))).toContain("keycloak_openid_client");
    }
  });

  it("compiles every TypeScript sample of the pages on constructs, engines and routes there, and synthesizes the platform", () => {
    mkdirSync(join(directory, "samples"));
    for (const page of ["constructs", "engines", "gateways"]) {
      const text = readFileSync(join(packageRoot, "docs", `${page}.md`), "utf8");
      const samples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, sample = ""]) => sample);
      expect(samples).not.toEqual([]);
      samples.forEach((sample, index) => {
        const kind = sample.includes('"node:test"') ? ".test" : "";
        writeFileSync(
          join(directory, "samples", `${page}-${index + 1}${kind}.ts`),
          sample.replace('"cdktn"', `"${cdk}"`),
        );
      });
    }
    compile();
    const tests = readdirSync(join(directory, "samples")).filter((file) => file.endsWith(".test.js"));
    expect(tests).toHaveLength(1);
    run("node", ["--test", join("samples", ...tests)], directory);
    run("node", ["samples/constructs-1.js"], directory, { KIT_SECRET_LDAP_READER: "of the reader" });
    expect(file("cdktf.out/stacks/mail/cdk.tf.json")).toContain("mail-gateway");
  });

  it("loads of the services only the one that a path is for", () => {
    const services = new Set(readdirSync(join(packageRoot, "constructs")));
    const paths = Object.keys(exports)
      .map((path) => path.replace("./", ""))
      .filter((path) => services.has(path));
    expect(paths).toContain("keycloak");
    paths.push("testing");
    const common = ["exports", "kit", "terraform", "workload"];
    const parts: Record<string, string[]> = {
      // What it must be told of a Redis.
      apisix: ["gateway", "redis"],
      httpd: ["gateway"],
      // The URLs of a directory.
      james: ["ldap"],
      keycloak: ["ldap"],
      testing: ["engine", "smoke"],
    };
    for (const path of paths) {
      const program = `require("james-oidc-kit/${path}"); console.log(JSON.stringify(Object.keys(require.cache)))`;
      const loaded = (JSON.parse(run("node", ["-e", program], directory)) as string[])
        .filter((file) => file.includes("/james-oidc-kit/dist/"))
        .map((file) => file.replace(/.*\/dist\/(constructs\/)?/, "").split("/")[0] as string);
      const allowed = new Set([...common, path, ...(parts[path] ?? [])]);
      expect(
        new Set(loaded.filter((folder) => !allowed.has(folder))),
        `loaded by james-oidc-kit/${path}`,
      ).toEqual(new Set());
      expect(loaded).toContain(path);
    }
  });

  it("finds the kit's own environments, templates and programs from there", () => {
    npx("--env", "reference", "gateway", "render", "--gateway", "apisix", "--out", "gateway");
    const written = readdirSync(join(directory, "gateway"), { recursive: true }).map(String);
    expect(written.map((path) => basename(path))).toEqual(
      expect.arrayContaining(["apisix.yaml", "config.yaml", "kit-bearer.lua"]),
    );
  });

  if (cdk === "cdktn") {
    it("runs the example's tests against a platform that they start, and nothing of it is left", () => {
      const example = join(directory, "mail-reader");
      cpSync(join(packageRoot, "examples/mail-reader"), example, {
        recursive: true,
        filter: (path) => !/node_modules|\.kit/.test(path.slice(packageRoot.length)),
      });
      symlinkSync(join(packageRoot, "node_modules/vitest"), join(directory, "node_modules/vitest"));
      const compiler = { ...JSON.parse(file("tsconfig.json")).compilerOptions, skipLibCheck: true };
      writeFileSync(join(example, "tsconfig.json"), JSON.stringify({ compilerOptions: compiler }));
      run(join(packageRoot, "node_modules/.bin/tsc"), ["-p", ".", "--noEmit"], example);
      const vitest = join(packageRoot, "node_modules/vitest/vitest.mjs");
      expect(run("node", [vitest, "run"], example)).toMatch(/Tests .*2 passed/);
      const events = run("npx", ["--no-install", "james-oidc-kit", "--json", "list"], example)
        .trim()
        .split("\n");
      const { environments } = JSON.parse(events.at(-1) as string);
      expect(environments.filter(({ folder }: { folder?: string }) => folder?.includes(work))).toEqual([]);
      expect(readdirSync(join(example, ".kit")).filter((name) => name.startsWith("test-"))).toEqual([]);
    });
  }
});
