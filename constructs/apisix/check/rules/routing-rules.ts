import type { JsonObject } from "../../../../kit/json";
import { canAnswer } from "../../plugins/plugin-rules";
import type { ApisixCapabilities } from "../../schema/capabilities";
import { asList, type Configuration, type EffectiveRoute } from "../configuration/configuration";
import { at, type Found, listed } from "../configuration/finding";
import { headersOf } from "../configuration/headers";

/** Where requests go: to no upstream, to either of two routes, past a plugin that another takes the place of. */
export function routingFindings(configuration: Configuration): Found[] {
  return [
    ...unreachableRoutes(configuration),
    ...withoutUpstream(configuration),
    ...splitsWithoutRule(configuration),
    ...overlaps(configuration),
    ...replacements(configuration),
  ];
}

/** Routes whose condition no request meets. */
function unreachableRoutes({ routes }: Configuration): Found[] {
  const finding = { severity: "error", why: "no request is for it, and all get 404" } as const;
  return routes.flatMap(({ entry, uris, hosts }): Found[] => {
    const option = (one: string, several: string) => (entry.value[several] === undefined ? one : several);
    return [
      ...(uris.length > 0 && !uris.some(isPath)
        ? [
            {
              ...finding,
              at: at(entry, option("uri", "uris")),
              what: "not a path",
              fix: "Begin it with `/`, and leave out the query: `vars` can ask for arguments",
            },
          ]
        : []),
      ...(hosts.length > 0 && hosts.every(hasPort)
        ? [
            {
              ...finding,
              at: at(entry, option("host", "hosts")),
              what: "a host with a port",
              fix: "Leave the port out",
            },
          ]
        : []),
    ];
  });
}

function isPath(uri: string): boolean {
  return /^(?:[/*][^?]*$|.*\$\{\{)/.test(uri);
}

function hasPort(host: string): boolean {
  return /^[^:[\]]+:\d+$/.test(host);
}

/** Splits of traffic without a rule, which says what is split. */
function splitsWithoutRule({ pluginUses }: Configuration): Found[] {
  return pluginUses
    .filter(
      ({ name, disabled, config }) =>
        name === "traffic-split" && !disabled && asList(config.rules)?.length === 0,
    )
    .map(({ holder }) => ({
      severity: "error",
      at: at(holder, "plugins", "traffic-split", "rules"),
      what: "it has no rule",
      why: "every request that comes to it gets 500",
      fix: "Add a rule, or take the plugin away",
    }));
}

function withoutUpstream({ routes, apisix }: Configuration): Found[] {
  const answers = ({ plugins }: EffectiveRoute) =>
    [...plugins.values()].some(
      ({ name, disabled, config }) =>
        !disabled &&
        canAnswer(name, apisix) &&
        // Without an upstream of its own it leaves requests to the route's.
        (name !== "traffic-split" || /"upstream(_id)?":/.test(JSON.stringify(config))),
    );
  return routes
    .filter(
      (route) => route.upstream === undefined && route.entry.value.script === undefined && !answers(route),
    )
    .map(({ entry }) => ({
      severity: "error",
      at: at(entry),
      what: "it has no upstream, its service has none, and no plugin answers",
      why: "every request gets 503",
      fix: "Give the route or its service an upstream_id",
    }));
}

/** Between routes for the same path, with the same priority, APISIX does not say which one takes a request. */
function overlaps({ routes, apisix }: Configuration): Found[] {
  const byPlace = new Map<string, EffectiveRoute[]>();
  const reported = new Set<string>();
  return routes.flatMap((route) =>
    route.uris.flatMap((uri): Found[] => {
      const place = `${route.entry.value.priority ?? 0} ${uri}`;
      const earlier = byPlace.get(place) ?? [];
      byPlace.set(place, earlier);
      const other = earlier.find((one) => one !== route && canTakeTheSame(one, route, apisix));
      earlier.push(route);
      const pair = `${other?.entry.index} ${route.entry.index}`;
      if (!other || reported.has(pair)) return [];
      reported.add(pair);
      return [
        {
          severity: "error",
          at: at(route.entry, route.entry.value.uris === undefined ? "uri" : "uris"),
          what: `${other.entry.name} takes the same requests for ${uri} with the same priority`,
          why: "APISIX does not say which of them answers, and so whose plugins a request passes",
          fix: "Tell them apart by methods, hosts or vars, or give one a higher priority",
        },
      ];
    }),
  );
}

function canTakeTheSame(
  one: EffectiveRoute,
  other: EffectiveRoute,
  { defaultRouter }: ApisixCapabilities,
): boolean {
  // Finding routes by their hosts first, APISIX prefers the longest that fits, and any to none.
  const byHost = defaultRouter === "radixtree_host_uri";
  return (
    intersect(one.methods, other.methods, (a, b) => a === b) &&
    (byHost
      ? shareHost(one, other)
      : intersect(one.hosts, other.hosts, (a, b) => covers(a, b) || covers(b, a))) &&
    ["vars", "filter_func", "remote_addr", "remote_addrs"].every((condition) => {
      const [a, b] = [one, other].map(({ entry }) => entry.value[condition]);
      return a === undefined || b === undefined || JSON.stringify(a) === JSON.stringify(b);
    })
  );
}

function shareHost({ hosts }: EffectiveRoute, other: EffectiveRoute): boolean {
  const lower = hosts.map((host) => host.toLowerCase());
  return hosts.length === 0
    ? other.hosts.length === 0
    : other.hosts.some((host) => lower.includes(host.toLowerCase()));
}

/** An empty list stands for every item there is. */
function intersect(
  one: readonly string[],
  other: readonly string[],
  same: (a: string, b: string) => boolean,
): boolean {
  return one.length === 0 || other.length === 0 || one.some((a) => other.some((b) => same(a, b)));
}

function covers(host: string, other: string): boolean {
  return host === other || host === "*" || (host.startsWith("*") && other.endsWith(host.slice(1)));
}

function replacements({ routes }: Configuration): Found[] {
  const reported = new Set<string>();
  return routes.flatMap(({ entry, replaced }) =>
    replaced.flatMap(({ use, by }): Found[] => {
      const lost = lostOptions(use.config, by.config);
      const pair = `${by.holder.name} ${use.holder.name} ${use.name}`;
      if (lost.length === 0 || reported.has(pair)) return [];
      reported.add(pair);
      return [
        {
          severity: "warning",
          at: at(by.holder, "plugins", by.name),
          what: `it replaces ${use.name} of ${use.holder.name} as a whole on ${entry.name}`,
          why: `APISIX does not merge the two: ${listed(lost)} ${lost.length > 1 ? "are" : "is"} lost`,
          fix: "Repeat here what is still wanted",
        },
      ];
    }),
  );
}

/** What one configuration of a plugin does and another does not, in words. */
function lostOptions(config: JsonObject, other: JsonObject): string[] {
  const left = new Set(headersOf(other).map(({ name }) => name.toLowerCase()));
  const verbs = { set: "setting", add: "adding", remove: "removal" } as const;
  return [
    ...Object.keys(config)
      .filter((option) => option !== "headers" && other[option] === undefined)
      .map((option) => `\`${option}\``),
    ...headersOf(config)
      .filter(({ name }) => !left.has(name.toLowerCase()))
      .map(({ action, name }) => `the ${verbs[action]} of the header ${name}`),
  ];
}
