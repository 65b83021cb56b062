import type { Problem } from "../../../kit/errors";
import type { Plugin } from "../plugins/plugin/plugin";
import { canAnswer, pluginNameProblem } from "../plugins/plugin-rules";
import type { ApisixCapabilities } from "../schema/capabilities";
import { expressionProblems } from "../values/apisix-expression";
import type { ApisixProblem } from "../values/apisix-value";
import { ApisixGlobalRule } from "./apisix-global-rule";
import type { ApisixObject } from "./apisix-object";
import { ApisixPluginConfig } from "./apisix-plugin-config";
import { ApisixRoute } from "./apisix-route";
import { ApisixService } from "./apisix-service";
import { ApisixUpstream } from "./apisix-upstream";

/** What rules know of the configuration that an object is in. */
export interface Surroundings {
  readonly apisix: ApisixCapabilities;
  readonly customPlugins: ReadonlySet<string>;
  /** Every object of the configuration. */
  readonly objects: ReadonlySet<ApisixObject>;
}

interface ObjectRule<Kind> {
  /** The field that it is about. */
  readonly field: string;
  readonly check: (object: Kind, surroundings: Surroundings) => Omit<Problem, "where"> | undefined;
}

/** Everything wrong with an object that its schema does not say. */
export function objectProblems(object: ApisixObject, surroundings: Surroundings): ApisixProblem[] {
  return [
    ...(object instanceof ApisixRoute ? routeProblems(object, surroundings) : []),
    ...(object instanceof ApisixService ? problemsOf(serviceRules, object, surroundings) : []),
    ...(object instanceof ApisixUpstream ? problemsOf(upstreamRules, object, surroundings) : []),
    ...pluginListProblems(pluginsOf(object), surroundings),
  ];
}

export function pluginsOf(object: ApisixObject): readonly Plugin[] {
  const hasPlugins =
    object instanceof ApisixRoute ||
    object instanceof ApisixService ||
    object instanceof ApisixPluginConfig ||
    object instanceof ApisixGlobalRule;
  return (hasPlugins ? object.props.plugins : undefined) ?? [];
}

function problemsOf<Kind>(
  rules: readonly ObjectRule<Kind>[],
  object: Kind,
  surroundings: Surroundings,
): ApisixProblem[] {
  return rules.flatMap(({ field, check }) => {
    const problem = check(object, surroundings);
    return problem ? [{ at: field, ...problem }] : [];
  });
}

const routeRules: readonly ObjectRule<ApisixRoute>[] = [
  {
    field: "uri",
    check: ({ props: { uri, uris } }) =>
      (uri === undefined) === (uris === undefined)
        ? { what: uri === undefined ? "no path: nothing could use the route" : "both uri and uris are given" }
        : undefined,
  },
  {
    field: "uri",
    check: ({ uris }) => {
      const wrong = uris.find((uri) => !/^\/[^\s?#]*$/.test(uri));
      return wrong === undefined
        ? undefined
        : {
            what: "not a path: no request matches it",
            got: wrong,
            allowed: "`/` and what follows, without a query",
          };
    },
  },
  {
    field: "uri",
    check: ({ uris }) => {
      const wrong = uris.find((uri) => uri.slice(0, -1).includes("*"));
      return wrong === undefined
        ? undefined
        : { what: "a `*` inside a path", got: wrong, allowed: "`*` at the end: whatever follows" };
    },
  },
  {
    field: "methods",
    check: ({ props: { methods } }) =>
      methods?.length === 0
        ? { what: "no method is every method to APISIX", got: methods, fix: "Name them, or leave it out" }
        : undefined,
  },
  {
    field: "priority",
    check: ({ props: { priority } }) =>
      priority === undefined || Number.isSafeInteger(priority)
        ? undefined
        : { what: "not a priority", got: priority, allowed: "an integer" },
  },
  { field: "service", check: ({ props }, surroundings) => ofOtherConfiguration(props.service, surroundings) },
  {
    field: "upstream",
    check: ({ props }, surroundings) => ofOtherConfiguration(props.upstream, surroundings),
  },
  {
    field: "pluginConfig",
    check: ({ props }, surroundings) => ofOtherConfiguration(props.pluginConfig, surroundings),
  },
  {
    field: "upstream",
    check: (route, { apisix }) => {
      const { upstream, service } = route.props;
      if (upstream || service?.props.upstream) return undefined;
      const answered = effectivePlugins(route).some(
        ({ disabled, name }) => !disabled && canAnswer(name, apisix),
      );
      return answered
        ? undefined
        : {
            what: "no upstream, and no plugin that answers: every request would get 503",
            fix: "Give the route or its service an upstream",
          };
    },
  },
  {
    field: "overrides",
    check: (route) => {
      const replaced = new Set(replacements(route).map(({ name }) => name));
      const stale = route.props.overrides?.find((name) => !replaced.has(name));
      return stale === undefined
        ? undefined
        : { what: "nothing of that name is replaced", got: stale, fix: "Leave it out" };
    },
  },
];

function routeProblems(route: ApisixRoute, surroundings: Surroundings): ApisixProblem[] {
  const meant = new Set(route.props.overrides);
  return [
    ...problemsOf(routeRules, route, surroundings),
    ...expressionProblems(route.props.vars, "vars"),
    ...replacements(route)
      .filter(({ name }) => !meant.has(name))
      .map(({ name, by, of }) => ({
        at: `plugins.${name}`,
        what: `${name} of ${by.node.path} replaces that of ${of.node.path} as a whole; nothing of it would be left`,
        fix: `Repeat there what is still wanted, and say overrides: ["${name}"] on the route`,
      })),
  ];
}

interface Replacement {
  readonly name: string;
  readonly by: ApisixObject;
  readonly of: ApisixObject;
}

/** Plugins that another of the same name takes the place of: route before plugin config before service. */
function replacements(route: ApisixRoute): Replacement[] {
  const holders = [route, route.props.pluginConfig, route.props.service];
  const firstHolder = new Map<string, ApisixObject>();
  return holders.flatMap((holder) => {
    if (!holder) return [];
    const names = new Set(pluginsOf(holder).map(({ name }) => name));
    return [...names].flatMap((name) => {
      const by = firstHolder.get(name);
      if (!by) firstHolder.set(name, holder);
      return by ? [{ name, by, of: holder }] : [];
    });
  });
}

function effectivePlugins({ props }: ApisixRoute): Plugin[] {
  const all = [props.service?.props.plugins, props.pluginConfig?.props.plugins, props.plugins];
  return [
    ...new Map(all.flatMap((plugins) => plugins ?? []).map((plugin) => [plugin.name, plugin])).values(),
  ];
}

const serviceRules: readonly ObjectRule<ApisixService>[] = [
  {
    field: "upstream",
    check: ({ props }, surroundings) => ofOtherConfiguration(props.upstream, surroundings),
  },
];

const upstreamRules: readonly ObjectRule<ApisixUpstream>[] = [
  {
    field: "nodes",
    check: ({ props: { nodes } }) =>
      nodes.length === 0 ? { what: "no node: every request would get 503" } : undefined,
  },
  {
    field: "upstreamHost",
    check: ({ props: { passHost, upstreamHost } }) =>
      (passHost === "rewrite") === (upstreamHost !== undefined)
        ? undefined
        : { what: 'upstreamHost and passHost "rewrite" need each other', got: upstreamHost ?? passHost },
  },
  {
    field: "key",
    check: ({ props: { type, hashOn, key } }) =>
      type === "chash" && hashOn !== "consumer" && key === undefined
        ? { what: "chash needs a key: what it looks at" }
        : undefined,
  },
];

function ofOtherConfiguration(
  reference: ApisixObject | undefined,
  { objects }: Surroundings,
): Omit<Problem, "where"> | undefined {
  return !reference || objects.has(reference)
    ? undefined
    : { what: "it belongs to another ApisixConfiguration", got: reference.node.path };
}

function pluginListProblems(
  plugins: readonly Plugin[],
  { apisix, customPlugins }: Surroundings,
): ApisixProblem[] {
  const seen = new Set<string>();
  return plugins.flatMap(({ name }) => {
    const at = `plugins.${name}`;
    const problem = pluginNameProblem(name, apisix, customPlugins);
    const twice = seen.has(name);
    seen.add(name);
    return [
      ...(problem ? [{ at, ...problem }] : []),
      ...(twice ? [{ at, what: "the plugin is there twice: only one would be left" }] : []),
    ];
  });
}
