import { RootConstruct } from "constructs";
import { ApisixConfiguration } from "../../constructs/apisix/objects/apisix-configuration";
import { ApisixRoute, type ApisixRouteProps } from "../../constructs/apisix/objects/apisix-route";
import { ApisixUpstream } from "../../constructs/apisix/objects/apisix-upstream";
import type { Plugin } from "../../constructs/apisix/plugins/plugin/plugin";
import type { Problem } from "../../kit/errors";

export const releases = ["3.2.0", "3.18.0"] as const;

/** An empty configuration, `apisix` in the construct tree. */
export function configuration(
  version = "3.18.0",
  customPlugins: readonly string[] = [],
): ApisixConfiguration {
  return new ApisixConfiguration(new RootConstruct(), "apisix", { version, customPlugins });
}

/** The upstream of the tests, `james`. */
export function upstream(scope: ApisixConfiguration): ApisixUpstream {
  const found = scope.node.tryFindChild("james") as ApisixUpstream | undefined;
  return found ?? new ApisixUpstream(scope, "james", { nodes: [{ host: "james.example.com", port: 80 }] });
}

/** A route that is right, but for `change`. */
export function route(
  scope: ApisixConfiguration,
  id: string,
  change: ApisixRouteProps & { uri?: string } = {},
): ApisixRoute {
  const path = change.uris ? {} : { uri: `/${id}` };
  return new ApisixRoute(scope, id, { ...path, upstream: upstream(scope), ...change });
}

/** What is wrong with a plugin on a route: the place from the plugin on, and what. */
export function pluginProblems(plugin: Plugin, version = "3.18.0"): string[] {
  const scope = configuration(version, kitPlugins);
  route(scope, "app", { plugins: [plugin] });
  return told(scope.problems()).map((line) =>
    line.replace(`apisix/app.plugins.${plugin.name}`, "").replace(/^\./, ""),
  );
}

export function told(problems: readonly Problem[]): string[] {
  return problems.map(({ where, what }) => `${where}: ${what}`);
}

export const kitPlugins = [
  "kit-bearer",
  "kit-backchannel-logout",
  "kit-cors",
  "kit-document",
  "kit-forward",
  "kit-webfinger",
];
