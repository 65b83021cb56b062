import { describe, expect, test } from "vitest";
import { checkApisixYaml } from "../../../constructs/apisix/check/check";
import { broken, good, told } from "./told";

describe("the file itself", () => {
  test.each([
    ["no end mark", broken("#END\n", ""), "`#END` is missing at the end"],
    [
      "an end mark beyond the last ten bytes",
      `${good}\n\n\n\n\n\n\n`,
      "more than six blanks or line breaks follow `#END`",
    ],
    ["not YAML", broken("routes:\n", "routes: {\n"), expect.stringContaining("it is not YAML")],
    ["no map", "- a\n#END\n", "it is not a map"],
    ["an alias that leads nowhere", "routes: *a\n#END\n", expect.stringMatching(/alias/i)],
    [
      "aliases that multiply",
      `a: &a [${"x, ".repeat(50)}]\nb: &b [${"*a, ".repeat(50)}]\nc: [${"*b, ".repeat(50)}]\n#END\n`,
      expect.stringMatching(/alias/i),
    ],
    ["levels without end", `a: ${"[".repeat(20_000)}\n#END\n`, expect.any(String)],
  ])("%s", (_, text, what) => {
    expect(checkApisixYaml(text)).toContainEqual(expect.objectContaining({ severity: "error", what }));
  });

  test.each([
    ["3.18.0", "only the last one counts"],
    ["3.2.2", "APISIX's reader renames the second, as `uri_1`, and it has no effect"],
  ])("a key that is there twice, to APISIX %s", (version, why) => {
    const found = checkApisixYaml(
      broken("uri: /jmap/session\n        h", "uri: /jmap/session\n        uri: /b\n        h"),
      {
        version,
      },
    );
    expect(found).toEqual([
      expect.objectContaining({ line: 13, what: "the key is there twice in the same map", why }),
    ]);
  });

  test.each([
    [
      "an inline list of numbers",
      "rate: 100",
      "rate: 100\n        x: [1, 2]",
      "warning",
      /inline map or list with a number/,
    ],
    [
      "an inline item",
      "clients:\n          - mail",
      "clients:\n          - [mail]",
      "error",
      /as an item of a list/,
    ],
    [
      "a key without a value before an item",
      "key: remote_addr",
      "key: remote_addr\n      cors:\n#\n  - id: b",
      "error",
      /`cors` has no value/,
    ],
    ["an anchor", "host: redis", "host: &a redis", "error", /an anchor or alias/],
    [
      "a block in a list",
      "          - mail",
      "          - |\n            mail",
      "error",
      /text of several lines/,
    ],
    [
      "a text over two lines",
      "host: redis",
      "host: redis\n            two",
      "error",
      /goes over several lines/,
    ],
    ["a quote in single quotes", "host: redis", "host: 'it''s'", "error", /inside single quotes/],
  ])("only tinyyaml, of 3.2, misreads %s", (_, from, to, severity, what) => {
    const dialect = (version: string) =>
      checkApisixYaml(broken(from, to), { version }).filter(({ where }) => where === "file");
    expect(dialect("3.2.2")).toEqual([
      expect.objectContaining({ severity, what: expect.stringMatching(what) }),
    ]);
    expect(dialect("3.18.0")).toEqual([]);
  });

  test("tinyyaml takes inline lists of texts as they are", () => {
    expect(told(broken("methods:\n      - POST", "methods: [POST]"), { version: "3.2.2" })).toEqual([]);
  });

  describe("variables", () => {
    const all = ["GATEWAY_SECRET", "REDIS_PASSWORD", "CLIENT_SECRET"];

    test("one that the environment lacks, with its line", () => {
      expect(checkApisixYaml(good, { variables: new Set(all) })).toEqual([]);
      expect(checkApisixYaml(good, { variables: new Set(all.slice(0, 2)) })).toEqual([
        expect.objectContaining({
          severity: "error",
          line: 44,
          what: "the environment has no variable CLIENT_SECRET",
        }),
      ]);
    });

    test("one with a default may be missing", () => {
      const text = broken("host: redis", "host: ${{REDIS:=redis}}");
      expect(checkApisixYaml(text, { variables: new Set(all) })).toEqual([]);
    });

    test.each([
      ["3.18.0", 1],
      ["3.2.2", 0],
    ])("in a comment, APISIX %s", (version, findings) => {
      const text = broken("# A mail", "# ${{NOT_THERE}} A mail");
      expect(checkApisixYaml(text, { version, variables: new Set(all) })).toHaveLength(findings);
    });
  });
});

describe("a file that is another one", () => {
  const only = (text: string) => {
    const found = told(text);
    expect(found).toHaveLength(1);
    return found[0];
  };

  test("config.yaml is one error, and not one a line of it", () => {
    expect(
      only("apisix:\n  node_listen: 9080\ndeployment:\n  role: data_plane\nplugins:\n  - cors\n  - gzip\n"),
    ).toBe("error file: it is APISIX's config.yaml, not its apisix.yaml");
  });

  test("a Kubernetes object", () => {
    expect(
      only("apiVersion: v1\nkind: ConfigMap\ndata:\n  apisix.yaml: |\n    routes: []\n    #END\n"),
    ).toContain("it is a Kubernetes object");
  });

  test("anything else without one of its lists", () => {
    expect(only("services_:\n  web:\n    image: nginx\n")).toContain("it has none of its lists");
  });

  test("settings of config.yaml beside routes are told, and do no harm", () => {
    expect(told("deployment:\n  role: data_plane\nroutes: []\n#END\n")).toEqual([
      "warning deployment: `deployment` belongs in config.yaml",
    ]);
  });
});

describe("the file's own list of plugins", () => {
  const withList = (list: string) =>
    told(
      `plugins: ${list}\nroutes:\n  - {id: a, uri: /a, upstream_id: u, plugins: {cors: {}}}\nupstreams:\n  - {id: u, nodes: {'a:80': 1}}\n#END\n`,
    );

  test("leaves out what it does not name", () => {
    expect(withList("[{name: cors}]")).toEqual([]);
    expect(withList("[{name: gzip}]")).toEqual([
      "error routes[0](a).plugins.cors: not among the file's `plugins`, which take the place of those of config.yaml",
    ]);
  });

  test("is none when it names plugins by texts", () => {
    expect(withList("[gzip]")).toEqual(["error plugins: a plugin is named by a text"]);
  });
});

describe("keys at the top that are there for anchors", () => {
  test.each([
    ["x- keys", "x-cors: {allow_origins: '*'}\nroutes: []\n#END\n", []],
    [
      "a key whose anchor is used",
      "shared: {cors: &cors {max_age: 5}}\nroutes:\n  - {id: a, uri: /a, upstream_id: u, plugins: {cors: *cors}}\nupstreams:\n  - {id: u, nodes: {'a:80': 1}}\n#END\n",
      [],
    ],
    [
      "one whose anchor is not",
      "shared: {cors: &cors {max_age: 5}}\nroutes: []\n#END\n",
      ["error shared: unknown key `shared`"],
    ],
  ])("%s", (_, text, findings) => {
    expect(told(text)).toEqual(findings);
  });

  test("what is merged counts where it is merged", () => {
    const text = `x-base: &base {upstream: {nodes: {'a:80': 1}}, methods: [GTE]}\nroutes:\n  - {<<: *base, id: a, uri: /a}\n#END\n`;
    expect(told(text)).toEqual([
      expect.stringContaining("error routes[0](a).methods[0]: item 1 of `methods` must be one of"),
    ]);
  });
});

describe("YAML as libyaml reads it", () => {
  test("lines of an inline list may begin anywhere", () => {
    const text =
      'routes:\n  - id: a\n    uri: /a\n    methods: [\n  GET,\nPOTS\n]\n    upstream:\n      nodes: {"a:80": 1}\n#END\n';
    expect(told(text)).toEqual([
      expect.stringContaining("error routes[0](a).methods[1]: item 2 of `methods`"),
    ]);
  });

  test("`y` and `n` are texts", () => {
    expect(told(broken("rate: 100", "rate: 100\n        key_type: n"))[0]).toContain("must be one of");
    expect(told("routes:\n  - {id: a, uri: /a, name: y, upstream: {nodes: {'a:80': 1}}}\n#END\n")).toEqual(
      [],
    );
  });

  test("a second document", () => {
    expect(told("routes: []\n---\nroutes: []\n#END\n")).toEqual([
      "error file: a second YAML document begins",
    ]);
  });
});
