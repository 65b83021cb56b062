import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ApisixConfiguration } from "../../../constructs/apisix/objects/apisix-configuration";
import { ApisixObject } from "../../../constructs/apisix/objects/apisix-object";
import { ApisixPluginConfig } from "../../../constructs/apisix/objects/apisix-plugin-config";
import { ApisixRoute } from "../../../constructs/apisix/objects/apisix-route";
import { ApisixService } from "../../../constructs/apisix/objects/apisix-service";
import { ApisixUpstream } from "../../../constructs/apisix/objects/apisix-upstream";
import { Plugin } from "../../../constructs/apisix/plugins/plugin/plugin";
import { Secret } from "../../../constructs/workload/secret";
import { configuration, releases, upstream } from "../model";
import { description, expression, newPlugins, plugins, text } from "../plugin-arbitraries";
import { readSubset } from "../read-yaml-subset";

/** What should be read from the file: every object as it is, with its secrets told. */
function expected(scope: ApisixConfiguration): Record<string, unknown[]> {
  const file: Record<string, unknown[]> = {
    routes: [],
    services: [],
    upstreams: [],
    plugin_configs: [],
    global_rules: [],
  };
  for (const object of scope.node.findAll()) {
    if (object instanceof ApisixObject) file[object.kind]?.push(told(object.document(scope.apisix)));
  }
  return file;
}

function told(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, told(inner)]));
}

function expectAccepted(scope: ApisixConfiguration): void {
  expect(scope.problems()).toEqual([]);
  const file = scope.render((secret) => secret.reveal());
  expect(file).toMatch(/\n#END\n$/);
  expect(readSubset(file.replace(/#END\n$/, ""))).toEqual(expected(scope));
  expect(parse(file, { version: "1.1", merge: true })).toEqual(expected(scope));
}

const host = fc.constantFrom("a.example.com", "*.example.com", "10.0.0.1", "localhost");
const list = <T>(one: fc.Arbitrary<T>) => fc.uniqueArray(one, { minLength: 1, maxLength: 3 });
const label = fc.stringMatching(/^[!-~]{1,8}$/).filter((one) => !one.includes("${{"));
const seconds = fc.constantFrom(0.5, 1, 60);
const timeout = fc.record({ connectSeconds: seconds, sendSeconds: seconds, readSeconds: seconds });
const described = {
  name: description.filter((one) => one !== ""),
  description,
  labels: fc.dictionary(fc.stringMatching(/^[a-z][a-z "#:-]{0,8}$/), label, { maxKeys: 2 }),
};
const some = <T extends object>(arbitraries: T) =>
  fc.record(arbitraries as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] });

const routeProps = some({
  ...described,
  uris: list(fc.stringMatching(/^\/[!-">-~]{0,8}$/).filter((one) => !/[*?#]|\$\{\{/.test(one))),
  methods: list(fc.constantFrom("GET", "POST", "OPTIONS")),
  hosts: list(host),
  remoteAddrs: list(fc.constantFrom("10.0.0.1", "10.0.0.0/8", "::1")),
  vars: expression,
  priority: fc.integer(),
  enabled: fc.boolean(),
  enableWebSocket: fc.boolean(),
  timeout,
});
const serviceProps = some({ ...described, hosts: list(host), enableWebSocket: fc.boolean() });
const upstreamProps = some({
  ...described,
  type: fc.constantFrom("roundrobin", "ewma", "least_conn"),
  scheme: fc.constantFrom("http", "https", "grpc"),
  key: text,
  timeout,
  retries: fc.nat(5),
  retryTimeoutSeconds: fc.nat(60),
  passHost: fc.constantFrom("pass", "node"),
  keepalivePool: some({
    size: fc.integer({ min: 1 }),
    idleTimeoutSeconds: fc.nat(),
    requests: fc.integer({ min: 1 }),
  }),
});
const node = fc.record(
  {
    host: host.filter((one) => !one.startsWith("*")),
    port: fc.integer({ min: 1, max: 65_535 }),
    weight: fc.nat(),
    priority: fc.integer(),
  },
  { requiredKeys: ["host", "port"] },
);

describe.each(releases)("whatever the types allow is accepted by %s and read back:", (version) => {
  const known = version === "3.2.0" ? plugins : { ...plugins, ...newPlugins };

  it.each(Object.entries(known))("%s", (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (plugin) => {
        const scope = configuration(version);
        new ApisixRoute(scope, "app", { uri: "/app", upstream: upstream(scope), plugins: [plugin] });
        expectAccepted(scope);
      }),
      { numRuns: 12 },
    );
  });

  it("routes, services, upstreams and plugin configs", () => {
    fc.assert(
      fc.property(
        routeProps,
        serviceProps,
        upstreamProps,
        fc.array(node, { minLength: 1, maxLength: 3 }),
        (route, service, target, nodes) => {
          const scope = configuration(version);
          const one = new ApisixUpstream(scope, "upstream", { ...target, nodes });
          new ApisixRoute(scope, "app", {
            ...(route.uris ? {} : { uri: "/app/*" }),
            ...route,
            service: new ApisixService(scope, "service", { ...service, upstream: one, plugins: [] }),
            pluginConfig: new ApisixPluginConfig(scope, "config", {
              plugins: [Plugin.custom("echo", { body: "a" })],
            }),
          });
          expectAccepted(scope);
        },
      ),
      { numRuns: 25 },
    );
  });
});
