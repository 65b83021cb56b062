import { Construct } from "constructs";
import { KitError } from "../../../kit/errors";
import type { Plugin } from "../plugins/plugin/plugin";
import type { ApisixCapabilities } from "../schema/capabilities";
import type { ConfigMap } from "../values/apisix-value";

export interface ApisixObjectProps {
  /** Id in apisix.yaml: 1 to 64 letters, digits, `-`, `_`, `.`; unique among objects of its kind. @default the construct's */
  readonly objectId?: string;
}

/** Props of every object but a global rule. */
export interface DescribedProps extends ApisixObjectProps {
  /** Name for people and metrics, up to 256 characters. @default none */
  readonly name?: string;
  /** Up to 256 characters. @default none */
  readonly description?: string;
  /** Values without blanks. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

const configurationMark = Symbol("ApisixConfiguration");

/** Marks the construct below which objects belong to it. */
export function markConfiguration(configuration: Construct): void {
  Object.defineProperty(configuration, configurationMark, { value: true });
}

export function isConfiguration(construct: object): boolean {
  return configurationMark in construct;
}

/** The lists of apisix.yaml that the kit writes. */
export type WrittenList = "routes" | "services" | "upstreams" | "plugin_configs" | "global_rules";

/** An object of apisix.yaml. It belongs to the ApisixConfiguration that it is below. */
export abstract class ApisixObject extends Construct {
  abstract readonly kind: WrittenList;
  readonly objectId: string;

  /** @throws KitError outside of an ApisixConfiguration: it would be written nowhere */
  constructor(scope: Construct, id: string, { objectId = id }: ApisixObjectProps) {
    super(scope, id);
    this.objectId = objectId;
    if (!this.node.scopes.some(isConfiguration)) {
      throw new KitError(`${this.constructor.name} ${this.node.path} cannot be built`, [
        { where: this.node.path, what: "it is below no ApisixConfiguration, and would be written nowhere" },
      ]);
    }
  }

  /** The object as APISIX reads it, with its secrets still covered. */
  abstract document(apisix: ApisixCapabilities): ConfigMap;
}

export function described({ name, description, labels }: DescribedProps): ConfigMap {
  return { name, desc: description, labels };
}

export function pluginDocument(plugins: readonly Plugin[], apisix: ApisixCapabilities): ConfigMap {
  return Object.fromEntries(plugins.map((plugin) => [plugin.name, plugin.config(apisix)]));
}
