import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { stringify } from "yaml";
import { engineName, environmentNames, loadEnvironment } from "../config/environment";
import { SecretStore } from "../config/secrets";
import { checkApisixYaml } from "../constructs/apisix/check/check";
import { fieldReport } from "../constructs/keycloak/adopt/field-report";
import { RealmTemplate } from "../constructs/keycloak/adopt/realm-template";
import { withoutPlaceholders } from "../constructs/keycloak/adopt/secrets/placeholders";
import { mailRealm } from "../constructs/keycloak/model/realm/mail-realm";
import { realmCoverage } from "../constructs/keycloak/provider/realm-coverage";
import { kitRealmFile, parseRealm } from "../constructs/keycloak/representation/realm-template";
import { Secret } from "../constructs/workload/secret";
import { KitError } from "../kit/errors";
import { packageRoot } from "../kit/package-root";
import type { Deployment } from "../operations/deployment/deployment";
import { deployedRealms } from "../operations/losses/deployed-realms";
import { character } from "./character";

/**
 * Whatever stands in a file that people write or that a machine leaves half written, the kit takes it or says what is
 * wrong: a KitError, which `--json` can tell too. A failure tells its seed and the smallest text that shows it.
 */
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-fuzz-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function takenOrTold(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    JSON.stringify(error);
  }
}

/** Some hundred a target, within seconds on a slow machine; nothing that is found is lost by the limit. */
function check<T>(arbitrary: fc.Arbitrary<T>, work: (value: T) => unknown, numRuns = 150): void {
  fc.assert(
    fc.property(arbitrary, (value) => takenOrTold(() => work(value))),
    { numRuns, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false },
  );
}

const noise = fc.string({ unit: character, maxLength: 12 });

/** A good text with some places spoiled: what is cut, doubled, swapped or overwritten by hand. */
function spoiled(good: string, words: readonly string[]): fc.Arbitrary<string> {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const edit = fc.record({
    at: place,
    length: fc.nat(20),
    text: fc.oneof(fc.constant(""), fc.constantFrom(...words), noise),
  });
  const cut = fc.record({ at: place, length: fc.constant(good.length), text: fc.constant("") });
  return fc.tuple(fc.array(edit, { maxLength: 5 }), fc.option(cut, { freq: 5 })).map(([edits, cut]) =>
    [...edits, ...(cut ? [cut] : [])].reduce((text, { at, length, text: by }) => {
      const start = Math.floor(at * text.length);
      return text.slice(0, start) + by + text.slice(start + length);
    }, good),
  );
}

/** A value of JSON with one of its parts replaced by anything. */
function withOddPart(good: object): fc.Arbitrary<unknown> {
  const paths: (readonly string[])[] = [];
  const collect = (value: unknown, path: readonly string[]) => {
    if (path.length > 0) paths.push(path);
    if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) collect(inner, [...path, key]);
    }
  };
  collect(good, []);
  return fc.tuple(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 3 })).map(([path, odd]) => {
    const copy = structuredClone(good) as Record<string, unknown>;
    const parent = path.slice(0, -1).reduce((node, key) => node[key] as Record<string, unknown>, copy);
    parent[path.at(-1) as string] = odd;
    return copy;
  });
}

const environment = `name: test
domain: example.com
gateway: apisix
hosts: { keycloak: login.example.com }
ports: { imap: 1143, webadmin: null }
clients:
  others: [{ name: web, kind: public, redirectUris: ["https://web.example/cb"] }]
people: &people
  - { mail: amy@example.com, firstName: Amy }
ldif: [a.ldif]
realm: { template: realm.json }
realms:
  - name: partner
    domain: partner.example
    hosts: { gateway: mail.partner.example }
    ports: { imap: 2143, smtp: 2587, sieve: 2190 }
    people: [{ mail: bob@partner.example }]
secrets: { redis: secret }
`;
const yamlWords = [
  "*a",
  "&a ",
  "*people",
  "<<: *people\n",
  "[",
  "{",
  "? ",
  "!!binary ",
  "!!set ",
  "---\n",
  "__proto__: ",
  "~",
  ".inf",
  "0x1",
  "-1",
  "\t",
  "'",
  '"',
  ": ",
  "- ",
  "constructor: ",
];

const ldif = `version: 1
# people
dn: uid=eva,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: eva
mail: eva@example.com
cn:: RXZh
sn: E
 va
jpegPhoto:: /9j/4AAQ
`;
const ldifWords = [
  "\n",
  "\r\n",
  "\n ",
  "::",
  ":<",
  ": ",
  "dn: ",
  "#",
  "=",
  "\\,",
  "changetype: add\n",
  "mail:: ",
  "\0",
];
const realmText = readFileSync(kitRealmFile, "utf8");
const realm = JSON.parse(realmText) as { components: object };
const profiled = {
  ...realm,
  components: {
    ...realm.components,
    "org.keycloak.userprofile.UserProfileProvider": [
      {
        providerId: "declarative-user-profile",
        config: { "kc.user.profile.config": ['{"attributes":[{"name":"email","validations":{}}]}'] },
      },
    ],
  },
};

const load = (files: Record<string, string>, env: NodeJS.ProcessEnv = {}) => {
  for (const [name, text] of Object.entries({ "a.ldif": ldif, "realm.json": realmText, ...files })) {
    writeFileSync(join(folder, name), text);
  }
  return loadEnvironment("test", { directory: folder, env });
};

describe("whatever a file holds, it is taken or told", () => {
  it("an environment file", () => {
    check(
      fc.oneof(
        spoiled(environment, yamlWords),
        fc.string({ unit: character }),
        fc.jsonValue().map((value) => stringify(value)),
      ),
      (text) => {
        load({ "test.yaml": text });
      },
    );
    check(fc.string({ unit: character }), (text) => {
      writeFileSync(join(folder, "other.yaml"), text);
      engineName("other", { directory: folder, env: {} });
    });
    rmSync(join(folder, "other.yaml"), { force: true });
  });

  it("variables that override", () => {
    const variable = fc.constantFrom(
      ...[
        "KIT_PEOPLE",
        "KIT_REALMS",
        "KIT_PORTS_IMAP",
        "KIT_CLIENTS_OTHERS",
        "KIT_SECRETS",
        "KIT_LDIF",
        "KIT_NAME",
      ],
      ...["KIT_SECRET_REDIS", "KIT_SECRET_REDIS_FILE", "KIT_REALM_TEMPLATE", "KIT_", "KIT_X"],
    );
    const value = fc.oneof(noise, fc.constantFrom(...yamlWords), fc.json({ maxDepth: 2 }));
    check(fc.dictionary(variable, value, { maxKeys: 3 }), (env) => load({ "test.yaml": environment }, env));
  });

  it("LDIF", () => {
    check(fc.oneof(spoiled(ldif, ldifWords), fc.string({ unit: character })), (text) =>
      load({ "test.yaml": environment, "a.ldif": text }),
    );
  });

  it("a realm template", () => {
    const directory = {
      url: "ldap://ldap:389",
      usersDn: "ou=people,dc=example,dc=com",
      bindDn: "cn=admin,dc=example,dc=com",
      bindPassword: new Secret("ldapAdmin", "x"),
    };
    check(
      fc.oneof(
        withOddPart(profiled).map((odd) => JSON.stringify(odd)),
        spoiled(JSON.stringify(profiled, null, 1), ["{", "}", "[", "]", ",", "null", '"', "0"]),
        fc.json(),
      ),
      (text) =>
        mailRealm(parseRealm(text, "realm.json"), {
          clients: { oidc: { redirectUris: ["https://a.example/"] } },
          others: [{ name: "web", kind: "public", redirectUris: ["https://web.example/cb"] }],
          without: ["kit-smoke"],
          directory,
          userDomains: ["example.com"],
        }),
      400,
    );
  });

  it("a realm that is adopted", () => {
    check(
      fc.oneof(
        withOddPart(profiled).map((odd) => JSON.stringify(odd)),
        fc.json(),
      ),
      (text) => {
        const template = RealmTemplate.parse(text, "export.json");
        fieldReport(template);
        fieldReport(template, realmCoverage(withoutPlaceholders(template.representation)));
      },
      60,
    );
  });

  it("Terraform's state", () => {
    const state = {
      version: 4,
      resources: [
        {
          mode: "managed",
          type: "docker_container",
          name: "keycloak",
          provider: 'provider["example/kreuzwerker/docker"]',
          instances: [
            {
              attributes: {
                name: "test-keycloak",
                labels: [{ label: "james-oidc-kit.realms", value: '[{"realm":"oidc","federations":[]}]' }],
              },
            },
          ],
        },
        {
          mode: "managed",
          type: "keycloak_realm",
          name: "oidc",
          provider: 'provider["example/keycloak/keycloak"]',
          instances: [{ attributes: { realm: "oidc", id: "oidc" } }],
        },
      ],
    };
    const [stateFile, identityStateFile] = [join(folder, "a.tfstate"), join(folder, "b.tfstate")];
    const text = JSON.stringify(state, null, 1);
    check(
      fc.oneof(
        withOddPart(state).map((odd) => JSON.stringify(odd)),
        spoiled(text, ["{", "}", "[", "]", ",", "null", '"']),
        fc.json(),
      ),
      (content) => {
        writeFileSync(stateFile, content);
        deployedRealms({ stateFile, identityStateFile } as Deployment);
      },
      300,
    );
  });

  it("stored secrets", () => {
    const good = JSON.stringify({ redis: "a", "amy@example.com": "b", rotations: { redis: 2 } });
    const file = join(folder, "secrets.json");
    check(fc.oneof(spoiled(good, ["{", "}", '"', ",", "null", "\0"]), fc.json()), (text) => {
      writeFileSync(file, text);
      const store = new SecretStore(file, { env: {} });
      store.names();
      store.get("redis").reveal();
      store.rotate("redis");
      store.forgetOthers();
    });
  });

  it("an apisix.yaml of somebody's", () => {
    const good = readFileSync(join(packageRoot, "test/apisix/check/leaky.yaml"), "utf8");
    check(
      fc.oneof(
        spoiled(good, [...yamlWords, "#END", "routes:\n", "plugins: ", "id: 1\n", "${{A}}"]),
        fc.string({ unit: character }),
        fc.jsonValue().map((value) => `${stringify(value)}\n#END\n`),
      ),
      (text) => checkApisixYaml(text, {}),
    );
  });

  it("a tree of files where files are named", () => {
    const names = ["test.yaml", "a.ldif", "realm.json", ".#test.yaml", "old.yaml", "secrets.json", "given"];
    const kinds = fc.constantFrom("file", "empty", "folder", "dangling", "circle", "noise", "nothing");
    const good: Record<string, string> = {
      "test.yaml": environment,
      "a.ldif": ldif,
      "realm.json": realmText,
    };
    check(fc.record(Object.fromEntries(names.map((name) => [name, kinds]))), (tree) => {
      const directory = mkdtempSync(join(folder, "tree-"));
      for (const [name, kind] of Object.entries(tree)) {
        const path = join(directory, name);
        if (kind === "file") writeFileSync(path, good[name] ?? "{}");
        if (kind === "empty") writeFileSync(path, "");
        if (kind === "noise") writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x80]));
        if (kind === "folder") mkdirSync(path);
        if (kind === "dangling") symlinkSync("nowhere", path);
        if (kind === "circle") symlinkSync(name, path);
      }
      const env = { KIT_SECRET_REDIS_FILE: join(directory, "given") };
      environmentNames(directory);
      for (const name of ["test", "old", "nothing", join(directory, "old.yaml")]) {
        takenOrTold(() => engineName(name, { directory, env: {} }));
        takenOrTold(() => loadEnvironment(name, { directory, env }));
      }
      new SecretStore(join(directory, "secrets.json"), { env }).get("redis");
    });
  });
});
