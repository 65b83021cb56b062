import { identityHeaders, userHeader } from "../../../gateway/identity-headers";
import type { Configuration, EffectiveRoute, PluginUse } from "../configuration/configuration";
import { at, type Found, listed } from "../configuration/finding";
import { type Guard, guardsOf } from "../configuration/guards";
import { headersOf, requestRewriters } from "../configuration/headers";

/**
 * Headers by which a client could pass for somebody else: any that reaches an upstream on some method of a route, and is
 * neither removed nor replaced on the way.
 */
export function identityFindings(configuration: Configuration): Found[] {
  const headers = believedHeaders(configuration);
  if (headers.length === 0) return [];
  const passages = configuration.routes
    .filter(({ upstream }) => upstream !== undefined)
    .flatMap((route) => passagesOf(route, headers, configuration));
  return groupsOf(passages).map((group) =>
    group[0].header === userHeader ? userFinding(group) : otherFinding(group),
  );
}

/** A header that reaches the upstream of a route. */
interface Passage {
  readonly route: EffectiveRoute;
  readonly header: string;
  /** The plugin that blocks it in other requests. */
  readonly guard?: Guard;
  /** On which requests, in words. */
  readonly when: string;
  /** Whether the gateway proves there that it is the gateway. */
  readonly withSecret: boolean;
}

/** The headers that somebody behind the gateway may believe, as far as the configuration tells. */
function believedHeaders({ text, pluginUses }: Configuration): string[] {
  const uses = (...names: string[]) => pluginUses.some(({ name }) => names.includes(name));
  // The headers that cors names are those that browsers may send.
  const others = pluginUses.filter(({ name }) => name !== "cors");
  const mentionsUser =
    uses("kit-bearer") ||
    /x-user(-secret)?(?![\w-])/i.test(JSON.stringify(others.map(({ config }) => config)));
  const setsTokens = mentionsUser || uses("openid-connect");
  return identityHeaders.filter((header) => {
    if (/jmap/i.test(header)) return mentionsUser && /jmap/i.test(text);
    return /^x-user(-secret)?$/i.test(header) ? mentionsUser : setsTokens;
  });
}

function passagesOf(
  route: EffectiveRoute,
  headers: readonly string[],
  configuration: Configuration,
): Passage[] {
  const uses = [...configuration.globalPlugins, ...route.plugins.values()].filter(
    ({ disabled }) => !disabled,
  );
  const guards = uses.flatMap((use) => guardsOf(use, route, configuration.apisix));
  const withSecret = setsSecret(uses);
  return headers.flatMap((header): Passage[] => {
    const own = guards.filter(({ headers }) => headers.has(header.toLowerCase()));
    if (own.some(({ exempt }) => exempt === undefined)) return [];
    const [guard] = own;
    return [{ route, header, withSecret, when: guard?.exempt ?? "", ...(guard && { guard }) }];
  });
}

function setsSecret(uses: readonly PluginUse[]): boolean {
  return uses.some(
    ({ name, config }) =>
      requestRewriters.includes(name) &&
      headersOf(config).some(
        ({ action, name: header }) => action !== "remove" && /^x-user-secret$/i.test(header),
      ),
  );
}

type Group = [Passage, ...Passage[]];

/** Passages that one change would close; those of `X-User` that nothing closes stay one by one. */
function groupsOf(passages: readonly Passage[]): Group[] {
  const groups = new Map<string, Group>();
  const others = new Map<EffectiveRoute, string>();
  for (const { route, header, when } of passages) {
    if (header !== userHeader) others.set(route, `${others.get(route) ?? ""} ${header} ${when}`);
  }
  for (const passage of passages) {
    const { route, header, guard, when, withSecret } = passage;
    const place = guard ? `${guard.use.holder.name} ${guard.use.name} ${when}` : route.entry.name;
    const key = header === userHeader ? `${withSecret} ${place}` : `others ${others.get(route)}`;
    const group = groups.get(key);
    if (group) group.push(passage);
    else groups.set(key, [passage]);
  }
  return [...groups.values()];
}

function userFinding(group: Group): Found {
  const [{ route, guard, when, withSecret }] = group;
  const secret = withSecret ? " together with the gateway's X-User-Secret" : "";
  const keeper = guard && nameOf(guard);
  const gain = withSecret
    ? "the secret makes the upstream believe it: whoever sends it is any user there, without a password"
    : "to an upstream that believes it, whoever sends it is any user there, without a password";
  return {
    severity: "error",
    at: guard ? at(guard.use.holder, "plugins", guard.use.name, "_meta", "filter") : at(route.entry),
    what: `an X-User that a client sends reaches ${upstreamsOf(group)}${secret} ${when}, through ${routesOf(group)}`
      .replace(/ +/g, " ")
      .replace(" ,", ","),
    why: guard
      ? `only ${keeper} keeps it out, and \`_meta.filter\` lets such requests past it; ${gain}`
      : gain,
    fix: guard
      ? "Remove the header by a proxy-rewrite without a filter, on every route or in a global rule"
      : `Name X-User in headers.remove of the proxy-rewrite that works on ${route.entry.name}, or of a global rule`,
  };
}

function otherFinding(group: Group): Found {
  const headers = [...new Set(group.map(({ header }) => header))];
  const [{ route, when }] = group;
  const sameWhen = group.every((passage) => passage.when === when);
  return {
    severity: "warning",
    at: at(route.entry),
    what: `${listed(headers)} of a client reach${headers.length === 1 ? "es" : ""} ${upstreamsOf(group)} ${sameWhen ? when : "on some requests"}, through ${routesOf(group)}`
      .replace(/ +/g, " ")
      .replace(" ,", ","),
    why: "an upstream, or a plugin, takes them for the gateway's own",
    fix: "Name them in headers.remove of a proxy-rewrite in a global rule",
  };
}

function nameOf({ use }: Guard): string {
  return use.name === "ext-plugin-pre-req" ? "RewriteXUserFilter of ext-plugin-pre-req" : use.name;
}

function upstreamsOf(group: Group): string {
  return listed([...new Set(group.map(({ route }) => route.upstream ?? ""))]);
}

function routesOf(group: Group): string {
  const names = [...new Set(group.map(({ route: { entry } }) => entry.id ?? entry.name))];
  const shown = names.length > 12 ? [...names.slice(0, 11), `${names.length - 11} more`] : names;
  return `the route${names.length > 1 ? "s" : ""} ${listed(shown)}`;
}
