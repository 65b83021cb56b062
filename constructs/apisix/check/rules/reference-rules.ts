import type { Json } from "../../../../kit/json";
import type { ObjectList } from "../../schema/facts";
import { asList, asMap, type Configuration, type Entry } from "../configuration/configuration";
import { at, type Found, type Key } from "../configuration/finding";
import { upstreamsOf } from "../configuration/upstreams";
import { nounOf, whenMissing } from "./object-rules";

/** References that lead nowhere. */
export function referenceFindings(configuration: Configuration): Found[] {
  return referencesOf(configuration).flatMap(({ entry, path, list, id }): Found[] => {
    if (id === undefined || id === null || configuration.find(list, id)) return [];
    return [
      {
        // Without its proto, grpc-transcode passes requests on as they are.
        severity: list === "protos" ? "warning" : "error",
        at: at(entry, ...path),
        what: `there is no ${nounOf(list)} \`${id}\``,
        why: `APISIX looks for it at each request, and finds nothing: ${whenMissing[list]}`,
        fix: `Add it to ${list}, or correct the id`,
      },
    ];
  });
}

interface Reference {
  readonly entry: Entry;
  readonly path: readonly Key[];
  readonly list: ObjectList;
  readonly id: Json | undefined;
}

const options: Readonly<Record<string, ObjectList>> = {
  group_id: "consumer_groups",
  plugin_config_id: "plugin_configs",
  service_id: "services",
  upstream_id: "upstreams",
};

function referencesOf(configuration: Configuration): Reference[] {
  return [
    ...configuration.entries.flatMap((entry) =>
      Object.entries(options).map(([option, list]) => ({
        entry,
        path: [option],
        list,
        id: entry.value[option],
      })),
    ),
    ...upstreamsOf(configuration).map(({ entry, path, value }) => ({
      entry,
      path: [...path, "tls", "client_cert_id"],
      list: "ssls" as const,
      id: asMap(value.tls)?.client_cert_id,
    })),
    ...configuration.pluginUses
      .filter(({ disabled }) => !disabled)
      .flatMap(({ name, config, holder }): Reference[] => {
        const path = ["plugins", name];
        if (name === "grpc-transcode") {
          return [{ entry: holder, path: [...path, "proto_id"], list: "protos", id: config.proto_id }];
        }
        return name === "traffic-split"
          ? splitReferences(config.rules).map((found) => ({
              entry: holder,
              ...found,
              path: [...path, ...found.path],
            }))
          : [];
      }),
  ];
}

function splitReferences(rules: Json | undefined): Omit<Reference, "entry">[] {
  return (asList(rules) ?? []).flatMap((rule, index) =>
    (asList(asMap(rule)?.weighted_upstreams) ?? []).map((upstream, place) => ({
      path: ["rules", index, "weighted_upstreams", place, "upstream_id"],
      list: "upstreams" as const,
      id: asMap(upstream)?.upstream_id,
    })),
  );
}
