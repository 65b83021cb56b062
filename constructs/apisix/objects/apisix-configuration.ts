import { Construct } from "constructs";
import { KitError, type Problem } from "../../../kit/errors";
import { constructsBelow } from "../../terraform/construct-tree";
import type { Secret } from "../../workload/secret";
import { pluginProblems } from "../plugins/plugin-rules";
import {
  type ApisixCapabilities,
  apisixCapabilities,
  isKnownApisix,
  oldestApisix,
} from "../schema/capabilities";
import { objectLists } from "../schema/facts";
import { schemaProblems } from "../schema/validate";
import {
  type ApisixProblem,
  type ConfigMap,
  type ConfigValue,
  isMap,
  valueProblems,
  withSecrets,
} from "../values/apisix-value";
import { renderYaml, type YamlMap } from "../values/yaml";
import { ApisixObject, isConfiguration, markConfiguration, type WrittenList } from "./apisix-object";
import { ApisixRoute } from "./apisix-route";
import { routeOverlaps } from "./apisix-route-overlap";
import { objectProblems, pluginsOf } from "./apisix-rules";
import { ApisixUpstream } from "./apisix-upstream";

export interface ApisixConfigurationProps {
  /** Release of the APISIX that reads it, as `3.18.0`. */
  readonly version: string;
  /** Names of plugins that are put into APISIX beside its own. @default none */
  readonly customPlugins?: readonly string[];
}

/**
 * A whole standalone configuration of APISIX: every route, service, upstream, plugin config and global rule below it in
 * the construct tree. https://apisix.apache.org/docs/apisix/deployment-modes/#standalone
 */
export class ApisixConfiguration extends Construct {
  readonly apisix: ApisixCapabilities;
  readonly #customPlugins: ReadonlySet<string>;

  constructor(scope: Construct, id: string, props: ApisixConfigurationProps) {
    super(scope, id);
    markConfiguration(this);
    this.apisix = apisixCapabilities(props.version);
    this.#customPlugins = new Set(props.customPlugins);
  }

  /** Everything that is wrong with it, each with the construct's path. */
  problems(): Problem[] {
    const { version } = this.apisix;
    if (!isKnownApisix(version)) {
      const allowed = `${oldestApisix} or later`;
      return [
        {
          where: `${this.node.path}.version`,
          what: "not a release of APISIX that the kit knows",
          got: version,
          allowed,
        },
      ];
    }
    const objects = this.#objects();
    const surroundings = {
      apisix: this.apisix,
      customPlugins: this.#customPlugins,
      objects: new Set(objects),
    };
    return [
      ...duplicateIds(objects),
      ...objects.flatMap((object) => {
        const own = objectProblems(object, surroundings);
        const written = documentProblems(object, this.apisix);
        // The rules say better than a schema what is wrong with an object as a whole.
        const more = own.length > 0 ? written.filter(({ at }) => at !== "") : written;
        return [...own, ...more].map((problem) => problemAt(object, problem));
      }),
      ...overlaps(objects),
      ...repeatedGlobalPlugins(objects),
      ...differingGroups(objects, this.apisix),
    ];
  }

  /**
   * apisix.yaml.
   *
   * @param secretText what to write for a secret: its value into a private file, or a placeholder
   * @throws KitError when there are problems
   */
  render(secretText: (secret: Secret) => string): string {
    const problems = this.problems();
    if (problems.length > 0) {
      throw new KitError(`ApisixConfiguration ${this.node.path} cannot be rendered`, problems);
    }
    const lists: Record<WrittenList, YamlMap[]> = {
      routes: [],
      services: [],
      upstreams: [],
      plugin_configs: [],
      global_rules: [],
    };
    for (const object of this.#objects()) {
      lists[object.kind].push(withSecrets(object.document(this.apisix), secretText));
    }
    return `${renderYaml({ ...lists })}#END\n`;
  }

  /** Names of the plugins in use: those that config.yaml must list. */
  pluginNames(): string[] {
    return [
      ...new Set(this.#objects().flatMap((object) => pluginsOf(object).map(({ name }) => name))),
    ].sort();
  }

  /** Hosts that requests are sent to. */
  upstreamHosts(): string[] {
    return this.#objects().flatMap((object) =>
      object instanceof ApisixUpstream ? object.props.nodes.map(({ host }) => host) : [],
    );
  }

  #objects(): ApisixObject[] {
    return constructsBelow(this, isConfiguration).filter((construct) => construct instanceof ApisixObject);
  }
}

function problemAt(object: ApisixObject, { at, refused: _, ...problem }: ApisixProblem): Problem {
  return { where: at === "" ? object.node.path : `${object.node.path}.${at}`, ...problem };
}

function duplicateIds(objects: readonly ApisixObject[]): Problem[] {
  const first = new Map<string, ApisixObject>();
  return objects.flatMap((object) => {
    const key = `${object.kind} ${object.objectId}`;
    const other = first.get(key);
    if (!other) first.set(key, object);
    return other
      ? [
          problemAt(object, {
            at: "objectId",
            what: `${other.node.path} has this id too: APISIX would keep only the last`,
            got: object.objectId,
            fix: "Give one of them another objectId",
          }),
        ]
      : [];
  });
}

function overlaps(objects: readonly ApisixObject[]): Problem[] {
  return routeOverlaps(objects.filter((object) => object instanceof ApisixRoute)).map(
    ({ route, other, uri }) =>
      problemAt(route, {
        at: "uri",
        what: `${other.node.path} takes the same requests with the same priority`,
        got: uri,
        fix: "Tell them apart by method, host or vars, or give one a higher priority",
      }),
  );
}

/** APISIX 3.15 and later works with neither of two, earlier ones with both. */
function repeatedGlobalPlugins(objects: readonly ApisixObject[]): Problem[] {
  const first = new Map<string, ApisixObject>();
  return objects
    .filter(({ kind }) => kind === "global_rules")
    .flatMap((rule) =>
      pluginsOf(rule).flatMap(({ name }) => {
        const other = first.get(name);
        if (!other) first.set(name, rule);
        return other && other !== rule
          ? [
              problemAt(rule, {
                at: `plugins.${name}`,
                what: `${other.node.path} has this plugin for every request too`,
              }),
            ]
          : [];
      }),
    );
}

/** Of limit-count, whose groups share one counter. */
function differingGroups(objects: readonly ApisixObject[], apisix: ApisixCapabilities): Problem[] {
  const first = new Map<ConfigValue, { readonly object: ApisixObject; readonly options: string }>();
  return objects.flatMap((object) =>
    pluginsOf(object)
      .filter(({ name }) => name === "limit-count")
      .flatMap((plugin) => {
        const { _meta, ...config } = plugin.config(apisix);
        if (config.group === undefined) return [];
        const options = JSON.stringify(config);
        const other = first.get(config.group);
        if (!other) first.set(config.group, { object, options });
        return other && other.options !== options
          ? [
              problemAt(object, {
                at: "plugins.limit-count.group",
                what: `${other.object.node.path} has this group with other options: APISIX would drop one of them`,
                got: config.group,
              }),
            ]
          : [];
      }),
  );
}

/** What is wrong with what would be written: values, plugins, schemas. */
function documentProblems(object: ApisixObject, apisix: ApisixCapabilities): ApisixProblem[] {
  const document = object.document(apisix);
  const values = valueProblems(document);
  const plugins: [string, ConfigMap][] = isMap(document.plugins)
    ? Object.entries(document.plugins).flatMap(([name, config]) => (isMap(config) ? [[name, config]] : []))
    : [];
  return [
    ...values,
    ...plugins.flatMap(([name, config]) =>
      withPrefix(`plugins.${name}`, pluginProblems(name, config, apisix)),
    ),
    // A bad value is reported already: a schema would report it once more.
    ...(values.length > 0 ? [] : schemaViolations(object.kind, document, plugins, apisix)),
  ];
}

function schemaViolations(
  kind: WrittenList,
  document: ConfigMap,
  plugins: readonly [string, ConfigMap][],
  { version }: ApisixCapabilities,
): ApisixProblem[] {
  const written = (value: ConfigMap) => withSecrets(value, (secret) => secret.reveal());
  return [
    ...schemaProblems(objectLists[kind], written(document), version).map(fromSchema),
    ...plugins.flatMap(([name, config]) =>
      withPrefix(
        `plugins.${name}`,
        schemaProblems({ plugin: name }, written(config), version).map(fromSchema),
      ),
    ),
  ];
}

function fromSchema({ path, message }: { path: string; message: string }): ApisixProblem {
  return { at: path, what: message };
}

function withPrefix(at: string, problems: readonly ApisixProblem[]): ApisixProblem[] {
  return problems.map((problem) => ({ ...problem, at: problem.at === "" ? at : `${at}.${problem.at}` }));
}
