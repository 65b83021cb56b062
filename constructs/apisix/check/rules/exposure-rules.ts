import {
  asList,
  asMap,
  type Configuration,
  type EffectiveRoute,
  texts,
} from "../configuration/configuration";
import { at, type Found } from "../configuration/finding";

/** Plugins of the reference example that trust or harm whoever asks, and addresses that are for administrators. */
export function exposureFindings({ routes, pluginUses }: Configuration): Found[] {
  return [
    ...pluginUses
      .filter(({ name, disabled }) => name.startsWith("ext-plugin-") && !disabled)
      .flatMap(({ name, config, holder }) =>
        (asList(config.conf) ?? []).flatMap((item, index): Found[] =>
          asMap(item)?.name === "TokenRevokedFilter"
            ? [
                {
                  severity: "warning",
                  at: at(holder, "plugins", name, "conf", index),
                  what: "TokenRevokedFilter lets everybody in while Redis is away",
                  why: "it reads `sid` from a token that it has not verified, and takes no answer for `not revoked`: a session that has ended goes on",
                  fix: "Use the kit's kit-bearer with a revocation, which refuses then, or watch Redis",
                },
              ]
            : [],
        ),
      ),
    ...pluginUses
      .filter(({ name, disabled }) => name === "api-breaker" && !disabled)
      .map(
        ({ name, holder }): Found => ({
          severity: "warning",
          at: at(holder, "plugins", name),
          what: "whoever makes the upstream answer with an error some times shuts the path for everybody",
          why: "api-breaker counts for all clients together, by host and path",
          fix: "Take it away where clients are not known, or where their requests can make the upstream fail",
        }),
      ),
    ...routes.flatMap((route) => routeRules.flatMap((rule) => rule(route))),
  ];
}

const routeRules: readonly ((route: EffectiveRoute) => Found[])[] = [
  (route) => {
    if (!route.uris.some((uri) => /\/add-revoked-token$/.test(uri)) || verifiesLogoutToken(route)) return [];
    return [
      {
        severity: "warning",
        at: at(route.entry),
        what: "nothing checks the signature of a logout token here",
        why: "whoever reaches the address, and knows or guesses a `sid`, ends that user's session; with many of them he fills Redis",
        fix: "Use kit-backchannel-logout, or let only the identity provider's address in",
      },
    ];
  },
  (route) => {
    const exposed = route.plugins.has("public-api") || route.uris.some((uri) => /^\/apisix\//.test(uri));
    if (!exposed || isRestricted(route)) return [];
    return [
      {
        severity: "warning",
        at: at(route.entry),
        what: "an internal address of APISIX is open to everybody",
        why: "metrics and administration tell, or change, what runs behind the gateway",
        fix: "Add ip-restriction or an authentication plugin, or remove the route",
      },
    ];
  },
];

function verifiesLogoutToken(route: EffectiveRoute): boolean {
  return (
    isRestricted(route) ||
    [...route.plugins.values()].some(
      ({ name, config, disabled }) =>
        !disabled &&
        (name === "kit-backchannel-logout" ||
          (name.startsWith("serverless-") &&
            texts(config.functions).some((code) => /jwt_verify|verify/.test(code)))),
    )
  );
}

const restricting = [
  "ip-restriction",
  "openid-connect",
  "basic-auth",
  "key-auth",
  "jwt-auth",
  "hmac-auth",
  "forward-auth",
];

function isRestricted({ plugins, entry }: EffectiveRoute): boolean {
  return (
    entry.value.remote_addr !== undefined ||
    entry.value.remote_addrs !== undefined ||
    restricting.some((name) => plugins.get(name)?.disabled === false)
  );
}
