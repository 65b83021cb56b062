import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../config/package-root";

const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-package-"));
const run = (command: string, args: readonly string[], cwd = directory) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const file = (path: string) => readFileSync(join(directory, path), "utf8");
const compile = () => run(join(packageRoot, "node_modules/.bin/tsc"), ["-p", "."]);

const changedStack = `
import { join } from "node:path";
import { App } from "cdktf";
import { KeycloakRealm, RealmStack, RealmTemplate } from "james-oidc-kit";

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

/** A project that has nothing of the kit but its package. */
beforeAll(() => {
  // Compiles what has changed.
  run(join(packageRoot, "scripts/kit"), ["--version"]);
  run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", directory], packageRoot);
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["install", ...quiet, `./james-oidc-kit-${version}.tgz`]);
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module: "nodenext",
        strict: true,
        types: ["node"],
        typeRoots: [join(packageRoot, "node_modules/@types")],
      },
    }),
  );
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("adopts a realm into a stack that a project with the package compiles and synthesizes", () => {
  const template = join(packageRoot, "realm-templates/oidc.json");
  run("npx", ["--no-install", "james-oidc-kit", "realm", "adopt", template, "--out", "realm"]);
  const secrets = JSON.parse(file("realm/secrets.tfvars.json"));
  const filled = Object.fromEntries(Object.keys(secrets).map((name) => [name, `a secret of ${name}`]));
  writeFileSync(join(directory, "realm/secrets.tfvars.json"), JSON.stringify(filled));
  // What is adopted is a base for typed changes.
  writeFileSync(join(directory, "realm/changed-stack.ts"), changedStack);
  compile();
  run("node", ["realm/realm-stack.js"]);
  const stack = file("cdktf.out/stacks/realm-oidc/cdk.tf.json");
  const clients = Object.values(JSON.parse(stack).resource.keycloak_openid_client as object);
  expect(clients.map(({ client_id: id }) => id).sort()).toEqual(
    expect.arrayContaining(["james", "james-thunderbird", "oidc"]),
  );
  for (const secret of Object.values(filled)) expect(stack).not.toContain(secret);
  run("node", ["realm/changed-stack.js"]);
  expect(file("cdktf.out/stacks/changed/cdk.tf.json")).toContain("https://webmail.example.com/cb");
});

it("compiles every TypeScript sample of the pages on constructs and routes there, and synthesizes the platform", () => {
  mkdirSync(join(directory, "samples"));
  for (const page of ["constructs", "gateways"]) {
    const text = readFileSync(join(packageRoot, "docs", `${page}.md`), "utf8");
    const samples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, sample = ""]) => sample);
    expect(samples).not.toEqual([]);
    samples.forEach((sample, index) => {
      writeFileSync(join(directory, "samples", `${page}-${index + 1}.ts`), sample);
    });
  }
  compile();
  run("node", ["samples/constructs-1.js"]);
  expect(file("cdktf.out/stacks/mail/cdk.tf.json")).toContain("mail-gateway");
});

it("finds the kit's own environments, templates and programs from there", () => {
  const render = ["--env", "reference", "gateway", "render", "--gateway", "apisix", "--out", "gateway"];
  run("npx", ["--no-install", "james-oidc-kit", ...render]);
  const written = readdirSync(join(directory, "gateway"), { recursive: true }).map(String);
  expect(written.map((path) => basename(path))).toEqual(
    expect.arrayContaining(["apisix.yaml", "config.yaml", "kit-bearer.lua"]),
  );
});
