import type { ApisixRoute } from "./apisix-route";

export interface RouteOverlap {
  readonly route: ApisixRoute;
  /** The one that could take its requests as well. */
  readonly other: ApisixRoute;
  readonly uri: string;
}

/** Routes for the same path, priority, host and method. */
interface Bucket {
  readonly first: ApisixRoute;
  readonly firstByCondition: Map<string, ApisixRoute>;
}

/** Of a path and priority: by host, then method. */
type Index = Map<string, Map<string, Bucket>>;

const any = "*";

/**
 * Pairs of routes of which either could take a request: APISIX finds the longest path first, then looks at priorities,
 * and among equals does not say which it takes. At most one pair for each route and path. Routes are told apart by `vars`
 * or client addresses that differ, not by having them or not.
 *
 * Every route is looked up once for each of its paths, hosts and methods: no pair of routes is compared.
 */
export function routeOverlaps(routes: readonly ApisixRoute[]): RouteOverlap[] {
  const entries = routes.filter(({ props }) => props.enabled !== false).flatMap(entriesOf);
  const indexes = new Map<string, Index>();
  for (const entry of entries) register(entry, indexes);
  const reported = new Set<string>();
  return entries.flatMap(({ route, uri, hosts, methods, condition, place }) => {
    const index = indexes.get(place);
    const other = index && find(index, hosts, methods, condition, route);
    const key = other && `${other.objectId} ${route.objectId} ${uri}`;
    if (!other || !key || reported.has(key)) return [];
    // The same pair, met from the other side.
    reported.add(`${route.objectId} ${other.objectId} ${uri}`);
    return [{ route, other, uri }];
  });
}

interface Entry {
  readonly route: ApisixRoute;
  readonly uri: string;
  /** Path and priority. */
  readonly place: string;
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  readonly condition: string;
}

function entriesOf(route: ApisixRoute): Entry[] {
  const { methods, priority = 0, vars, remoteAddrs } = route.props;
  const conditions = [vars?.length ? vars : undefined, remoteAddrs && [...remoteAddrs].sort()];
  const condition = conditions.every((one) => one === undefined) ? "" : JSON.stringify(conditions);
  const hosts = route.hosts.map((host) => host.toLowerCase());
  return [...new Set(route.uris)].map((uri) => ({
    route,
    uri,
    place: `${priority} ${uri}`,
    hosts: hosts.length > 0 ? hosts : [any],
    methods: methods && methods.length > 0 ? methods : [any],
    condition,
  }));
}

function register({ route, place, hosts, methods, condition }: Entry, indexes: Map<string, Index>): void {
  const index = getOrAdd<Index>(indexes, place, () => new Map());
  for (const host of hosts) {
    const byMethod = getOrAdd<Map<string, Bucket>>(index, host, () => new Map());
    for (const method of methods) {
      const bucket = getOrAdd<Bucket>(byMethod, method, () => ({
        first: route,
        firstByCondition: new Map(),
      }));
      if (!bucket.firstByCondition.has(condition)) bucket.firstByCondition.set(condition, route);
    }
  }
}

function find(
  index: Index,
  hosts: readonly string[],
  methods: readonly string[],
  condition: string,
  route: ApisixRoute,
): ApisixRoute | undefined {
  for (const host of hosts.flatMap(covering)) {
    const byMethod = index.get(host);
    const names = methods[0] === any ? [...(byMethod?.keys() ?? [])] : [...methods, any];
    for (const method of byMethod ? names : []) {
      const bucket = byMethod?.get(method);
      const candidates =
        condition === ""
          ? [bucket?.first]
          : [bucket?.firstByCondition.get(condition), bucket?.firstByCondition.get("")];
      const other = candidates.find((candidate) => candidate !== undefined && candidate !== route);
      if (other) return other;
    }
  }
  return undefined;
}

/** The host, and what covers it: `*.b.c` and `*.c` for `a.b.c`, and every host. */
function covering(host: string): string[] {
  if (host === any) return [any];
  const labels = host.replace(/^\*\.?/, "").split(".");
  const wildcards = labels.map((_, index) => `*.${labels.slice(index + 1).join(".")}`).slice(0, -1);
  return [host, ...wildcards, any];
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
